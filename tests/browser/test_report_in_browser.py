"""The report in a real browser: what is seen, and what is not run."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tfrecs.bench.measuring import measured
from tfrecs.bench.problem import load_problem
from tfrecs.bench.report import write_report
from tfrecs.bench.result import Result

HOSTILE = (
    """<img src=x onerror="window.hit=1">'&amp;<script>window.hit=1</script> 🎬 שלום"""
)
NAMES = ("lightfm", "popularity", *(f"model-{number}" for number in range(8)))

CONTRASTS = """() => {
  const channel = c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
  const luminance = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(channel);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
  };
  const found = {};
  for (const element of document.querySelectorAll(
      'h1, h2, h3, h4, p, small, th, td, caption, li, dt, dd, a, summary, label, '
      + '.tick, .star, svg text')) {
    if (!element.textContent.trim() || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const ink = luminance(element.closest('svg') ? style.fill : style.color);
    const paper = luminance(ground(element));
    const contrast = (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05);
    const key = `${element.tagName} ${element.textContent.slice(0, 20)}`;
    if (contrast < 4.5) found[key] = contrast;
  }
  return found;
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Of a report on many models, whose lists have a hostile title."""
    folder = tmp_path_factory.mktemp("report")
    rng = np.random.default_rng(0)
    pairs = np.argwhere(rng.random((40, 30)) < 0.3)
    rows = [f"{user},{item}" for user, item in pairs]
    log = folder / "log.csv"
    log.write_text("\n".join(["user_id,item_id", *rows]), encoding="utf-8")
    problem = load_problem(train=log, k=(3, 5))
    titles = pd.DataFrame({"title": [HOSTILE] * problem.train.num_items})
    problem = replace(problem, train=replace(problem.train, item_features=titles))
    results = []
    for number, name in enumerate(NAMES):
        scores = rng.random((40, problem.train.num_items))
        found = Result(name, 0, fit_seconds=0.1 * 2**number, curve={1: 0.1, 2: 0.2})
        results.append(measured(scores.__getitem__, problem, found))
    results.append(Result("neumf", 0, f"failed: {HOSTILE}"))
    path = folder / "report.html"
    write_report(path, problem, results, command="python -m tfrecs.bench", seconds=9)
    return path.as_uri()


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def test_nothing_is_asked_for_and_hostile_titles_run_nothing(
    page, address, console_errors, requests
):
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert requests == [address]
    assert console_errors == []
    assert page.evaluate("window.hit") is None
    assert page.locator("img, script").count() == 0
    name = page.locator(".card bdi").first.inner_text()
    assert re.fullmatch(re.escape(HOSTILE) + r" \[\d+\]", name)  # a shared title
    assert HOSTILE in page.locator(".missing").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(page, address, scheme):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(address)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) > 380) == (scheme == "light")
    assert page.evaluate(CONTRASTS) == {}


def test_the_keyboard_reaches_the_answer_and_picks_a_model(page, address):
    page.emulate_media(reduced_motion="reduce")
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    first, second = page.locator("#by-k .m0").first, page.locator("#by-k .m1").first

    def opacity(mark):
        return mark.evaluate("mark => getComputedStyle(mark).opacity")

    def stroke(mark):
        line = mark.locator("path").first
        return line.evaluate("line => getComputedStyle(line).stroke")

    before = stroke(second)
    page.locator("#pick-none").focus()
    page.keyboard.press("ArrowDown")
    assert (opacity(first), opacity(second)) == ("1", "0.2")
    page.keyboard.press("ArrowDown")
    assert (opacity(first), opacity(second)) == ("0.2", "1")
    assert stroke(second) != before
    row = page.locator("tr.m1 td").first
    plain = page.locator("tr.m0 td").first
    colour = "cell => getComputedStyle(cell).backgroundColor"
    assert row.evaluate(colour) != plain.evaluate(colour)


def test_a_phone_shows_all_without_a_wide_page(page, address):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(address)
    assert overflow(page) == 0
    for box in page.locator(".scroll").all():
        left, right = box.evaluate(
            "box => [box.getBoundingClientRect().left, "
            "box.getBoundingClientRect().right]"
        )
        assert 0 <= left < right <= 360
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('svg text')].map(text => "
        "parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"
        ".filter(size => size > .1))"
    )
    assert smallest > 10


def test_print_cuts_no_table_and_leaves_out_what_is_for_the_screen(page, address):
    page.set_viewport_size({"width": 695, "height": 1000})  # A4 between its margins
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(address)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    assert overflow(page) == 0
    for hidden in ("nav", ".picker", "details"):
        assert not page.locator(hidden).first.is_visible()
    assert page.locator(".scores").is_visible()
    assert page.evaluate(CONTRASTS) == {}
