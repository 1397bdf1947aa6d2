"""The app as people meet it: started, clicked through, and ended."""

import os
import re
import signal
import socket
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest

import tfrecs

pytest.importorskip("streamlit", reason="streamlit is not installed")

HOSTILE = "<img src=x onerror=\"document.title='run'\"> *a* $b$ [c](d) 'e' 🎬 עברית"
MARKED = ":red[Marked] **bold** `code`"
TITLES = [HOSTILE, MARKED, *(f"Film {number}" for number in range(2, 60))]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """Two models that learned nothing, of people who had the hostile titles."""
    folder = tmp_path_factory.mktemp("bundles")
    rng = np.random.default_rng(0)
    items = np.concatenate([[0, 1, *rng.choice(range(2, 60), 6, False)]] * 4)
    train = tfrecs.Interactions.from_arrays(
        np.repeat(["ann", "bob", "<i>cy</i>", "dan"], 8),
        (items + np.repeat([0, 0, 20, 30], 8)) % 60,
        item_vocabulary=tfrecs.data.interactions.Vocabulary(range(60), "items"),
        item_features=pd.DataFrame(
            {"title": TITLES, "genres": ["Drama|<b>War</b>", "Comedy"] * 30}
        ),
    )
    for seed, name in enumerate(["first", "second *model*"]):
        keras.utils.set_random_seed(seed)
        model = tfrecs.build_mf(4, 60, embedding_dim=8, init_std=1.0)
        tfrecs.Recommender(model, train).save(folder / name)
    return folder


@pytest.fixture(scope="module")
def app(browser, bundles):
    """The address of the app, which is ended as a user would end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tfrecs.app", "--bundle", f"{bundles}"]
    running = subprocess.Popen(
        [*command, "--port", f"{port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    try:
        lines = iter(running.stdout.readline, "")
        assert any(f"http://localhost:{port}" in line for line in lines)
        yield f"http://localhost:{port}"
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
        assert running.returncode == 130
        assert "Traceback" not in out + err
    finally:
        running.kill()
        running.communicate()


def lists(page):
    """The texts of the lists, once the page has come to rest.

    A script of the page ends, and the next one starts, a moment after each other, and
    lists appear one by one: at rest they are the same half a second later.
    """
    found = None
    for _ in range(60):
        page.wait_for_selector('[data-test-script-state="notRunning"]')
        before, found = found, page.get_by_test_id("list").all_inner_texts()
        if found and found == before:
            return found
        page.wait_for_timeout(500)
    raise TimeoutError(f"the lists still change: {found}")


def until_other(page, before):
    """The texts of the lists, once they are other ones and at rest."""
    for _ in range(60):
        found = lists(page)
        if found != before:
            return found
    raise TimeoutError(f"the lists are still {before}")


def choose(page, label, text):
    box = page.get_by_label(label, exact=True)
    box.click()
    box.fill(text)
    page.get_by_role("option", name=text, exact=True).click()


def test_the_app_is_clicked_through(page, app, console_errors, requests):
    page.goto(app)
    ann = lists(page)
    assert len(ann) == 3
    assert "Like " in ann[0]

    choose(page, "Person", "dan")
    dan = until_other(page, ann)
    assert page.url.endswith("?user=dan")

    for label in ("Popularity penalty", "Diversity"):
        before = lists(page)
        slider = page.get_by_role("slider", name=label)
        slider.press("End")
        moved = until_other(page, before)
        assert " was " in moved[0]
        slider.press("Home")
        assert until_other(page, moved) == dan

    page.get_by_text("My own picks").click()
    page.wait_for_selector("[data-testid='list']", state="detached")
    choose(page, "Titles that you like", HOSTILE)
    one = lists(page)
    choose(page, "Titles that you like", "Film 7")
    both = until_other(page, one)
    titles = [re.findall(r"(?m)^\d+ (.*)$", text) for text in both]
    assert [len(found) for found in titles] == [10] * 3
    assert not any({HOSTILE, "Film 7"} & {*found} for found in titles)
    assert "liked=0" in page.url

    page.get_by_text("Similar titles", exact=True).click()
    until_other(page, both)
    page.get_by_text("Map", exact=True).click()
    page.wait_for_selector("[data-testid='stVegaLiteChart'] svg, canvas")
    page.get_by_text("The map as a table").click()
    page.wait_for_selector("td:has-text('recommended')")

    assert console_errors == []
    elsewhere = [url for url in requests if not re.match(f"{app}|data:|blob:", url)]
    assert elsewhere == []


def test_hostile_titles_and_names_are_text(page, app, console_errors):
    page.goto(f"{app}/?user=%3Ci%3Ecy%3C/i%3E")
    assert any(HOSTILE in text for text in lists(page))
    page.get_by_role("heading", name="second *model*", exact=True).wait_for()
    page.get_by_role("slider", name="Length of lists").press("End")
    page.get_by_text("My own picks").click()
    for title in (HOSTILE, MARKED):
        choose(page, "Titles that you like", title)
        picked = page.get_by_test_id("stMultiSelect").filter(has_text=title)
        picked.get_by_text(title, exact=True).wait_for()
    assert page.evaluate("document.title") == "Recommendations side by side"
    assert page.locator("img[src='x']").count() == 0
    assert page.get_by_role("link", name="c", exact=True).count() == 0
    assert console_errors == []
