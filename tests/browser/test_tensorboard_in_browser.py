"""What a bench run wrote, in the tabs of TensorBoard."""

import json
import time
from urllib.request import urlopen

import pytest
from _films import NUM_ITEMS, TITLES

RUNS = {"gmf", "gmf/fit", "gmf/select", "mf", "mf/fit", "mf/select", "popularity"}


@pytest.fixture(scope="module")
def address(bench_run, server):
    """TensorBoard, started as the run says, once it has read all runs."""
    with server(bench_run.told("TensorBoard"), bench_run.folder) as found:
        for _ in range(300):
            with urlopen(f"{found}/data/runs") as answer:
                names = json.load(answer)
            if len(names) == len(RUNS):
                break
            time.sleep(0.1)
        assert {name.partition("/")[2] for name in names} == RUNS
        yield found


@pytest.fixture
def tab(address, page, requests):
    """Opens a tab; what it asks for must be of this machine."""

    def opened(name):
        page.goto(f"{address}/#{name}")
        return page

    yield opened
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.hacked") is None
    local = (address, address.replace("localhost", "127.0.0.1"), "data:", "blob:")
    assert [url for url in requests if not url.startswith(local)] == []


def seen(page, text):
    page.get_by_text(text).first.wait_for()


def test_scalars_are_curves_by_run(tab):
    page = tab("scalars")
    for group in ("learning_rate", "train", "validation", "validation sample", "test"):
        seen(page.locator("tf-category-paginated-view"), group)
    seen(page, "learning_rate/main")


def test_hyperparameters_stand_beside_the_metrics(tab):
    page = tab("hparams")
    for text in ("Trial ID", "embedding_dim", "test/ndcg@10", "ml-latest-small"):
        seen(page, text)


def test_the_projector_shows_titles(tab):
    page = tab("projector")
    page.wait_for_selector("iframe")
    outer = page.frame_locator("iframe")
    projector = outer.frame_locator("iframe")
    projector.get_by_text(f"Points: {NUM_ITEMS}").wait_for()
    search = projector.locator("vz-projector-inspector-panel input").first
    search.fill("i")
    search.press("Enter")
    found = projector.locator("vz-projector-inspector-panel .matches-list")
    found.get_by_text("Film 9").wait_for()
    names = found.inner_text().splitlines()
    assert {title for title in TITLES if "i" in title.lower()} <= set(names)


def test_the_card_and_recommendations_are_text_with_titles_as_they_are(tab):
    page = tab("text")
    seen(page, "training interactions")
    seen(page, "Recommended now.")
    for title in TITLES[:1] + TITLES[2:]:  # in histories, whatever is recommended
        page.get_by_text(title, exact=True).first.wait_for()


def test_the_graph_is_two_towers_and_an_interaction(tab):
    drawn = tab("graphs").locator("svg#svg")
    for part in ("user_tower", "item_tower", "interaction"):
        drawn.get_by_text(part, exact=True).first.wait_for(state="attached")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("distributions", "vector norms of items, by popularity"),
        ("histograms", "vector norms of users, by activity"),
        ("pr_curves", "precision and recall by length of lists"),
    ],
)
def test_other_tabs_have_content(tab, name, text):
    seen(tab(name), text)
