"""The page and its widgets, run without a browser."""

import sys

import numpy as np
import pytest

from tfrecs.app.cli import SCRIPT

testing = pytest.importorskip("streamlit.testing.v1", reason="streamlit is missing")


PART, PLACES = np.array([0, 1, 2], np.int32), np.eye(3, 2, dtype=np.float32)


@pytest.fixture
def page(bundles, monkeypatch):
    """Runs the page for bundles, the widgets' state, and the address's parameters."""

    def run(folder="run", state=(), **asked):
        monkeypatch.setattr(sys, "argv", ["app", "--bundle", f"{bundles / folder}"])
        test = testing.AppTest.from_file(f"{SCRIPT}", default_timeout=60)
        for name, value in asked.items():
            test.query_params[name] = value
        for name, value in dict(state).items():
            test.session_state[name] = value
        return test.run()

    return run


def html(test):
    """Returns the page's own HTML, one text for each element."""
    texts = [element.proto.body for element in test.get("html")]
    return [text for text in texts if not text.startswith("<style>")]


def lists(test):
    return [text for text in html(test) if 'data-testid="list"' in text]


def test_a_person_sees_a_list_of_each_model(page):
    test = page()
    assert not test.exception
    assert test.title[0].value == "Recommendations, side by side"
    assert len(lists(test)) == 3
    heads = "".join(html(test))
    for name in ("one", "two", "popularity"):
        assert f'<h3 dir="auto">{name}</h3>' in heads
    assert "validation ndcg@5 0.250" in heads
    assert "36 interactions of 6 people with 20 titles" in heads
    assert test.query_params["user"] == "person 0"


def test_the_address_chooses_the_person(page):
    first, second = page(), page(user="person 3")
    assert second.selectbox(key="user").value == "person 3"
    assert lists(first) != lists(second)
    test = page(user="<b>nobody</b>")
    assert "Nobody in the data has the id &lt;b&gt;nobody&lt;/b&gt;." in html(test)[-1]
    assert lists(test) == []


def test_an_address_with_picks_shows_the_known_ones(page):
    test = page(liked=["3", "0", "3", "999", "<script>"])
    picked = ["Film 🎬 (1993)", '<b>Bold</b> & "quoted" (1990)']
    assert test.multiselect(key="picks").value == picked
    assert len(lists(test)) == 3
    assert test.query_params["liked"] == ["3", "0"]


def test_sliders_move_the_lists_and_back(page):
    test = page()
    before = lists(test)
    for key in ("popularity", "diversity"):
        moved = lists(test.slider(key=key).set_value(1.0).run())
        assert moved != before
        assert " was " in "".join(moved)
        assert lists(test.slider(key=key).set_value(0.0).run()) == before
    longer = lists(test.slider(key="k").set_value(15).run())
    assert [text.count("<li>") for text in before] == [10] * 3
    assert [text.count("<li>") for text in longer] == [14] * 3  # of 20, 6 are known


def test_picks_replace_the_person_and_both_are_kept(page):
    test = page(user="person 4")
    theirs = lists(test.slider(key="popularity").set_value(0.5).run())
    test.session_state["who"] = "My own picks"
    assert lists(test.run()) == []
    own = lists(test.multiselect(key="picks").set_value(["Title 8 (1998)"]).run())
    assert len(own) == 3
    assert own != theirs
    test.session_state["who"] = "Someone in the data"
    assert lists(test.run()) == theirs
    assert test.slider(key="popularity").value == 0.5
    test.session_state["who"] = "My own picks"
    assert lists(test.run()) == own


def test_titles_beyond_the_options_can_be_typed(page, monkeypatch):
    monkeypatch.setattr("tfrecs.app.widgets.MOST_OPTIONS", 3)
    test = page(liked=["3", "19"])
    films = ["Film 🎬 (1993)", "Title 19 (2009)"]
    assert test.multiselect(key="picks").value == films
    test.session_state["picks"] = [*films, "bold", "<no>"]
    test.run()
    assert not test.exception
    picked = test.multiselect(key="picks").value
    assert picked == [*films, '<b>Bold</b> & "quoted" (1990)']
    assert "No title contains &lt;no&gt;." in "".join(html(test))
    assert test.query_params["liked"] == ["3", "19", "0"]


def test_a_title_beyond_the_options_is_compared(page, monkeypatch):
    monkeypatch.setattr("tfrecs.app.widgets.MOST_OPTIONS", 3)
    for asked, shown in (("title 19", "Title 19 (2009)"), ("<none>", None)):
        test = page(state={"view": "Similar titles", "similar": asked})
        assert not test.exception
        alert = "No title contains &lt;none&gt;." in "".join(html(test))
        assert alert == (shown is None)
        assert shown in (None, test.selectbox(key="similar").value)
        assert len(lists(test)) == 3


def test_models_can_be_hidden(page):
    test = page()
    shown = lists(test.multiselect(key="models").set_value(["two"]).run())
    assert len(shown) == 1
    assert 'aria-label="two"' in shown[0]
    assert "only here" not in shown[0]


def test_similar_titles_and_the_map_are_shown(page):
    test = page()
    test.session_state["view"] = "Similar titles"
    test.run()
    assert len(lists(test)) == 3
    assert "cosine" in lists(test)[0]
    test.session_state["view"] = "Map"
    test.run()
    assert not test.exception
    assert lists(test) == []
    assert ": 6 liked, 10 recommended." in html(test)[-3]
    assert html(test)[-1].count("<tr>") == 1 + 6 + 10


def test_the_map_says_that_it_is_partial(page, monkeypatch):
    partial = "Less popular titles are left out."
    assert partial not in "".join(html(page(state={"view": "Map"})))
    monkeypatch.setattr("tfrecs.app.views._map", lambda model, of: (PART, PLACES))
    part = "".join(html(page(state={"view": "Map"})))
    assert partial in part
    assert "Map of 3 titles" in part


def test_a_missing_bundle_is_an_alert(page):
    broken = page(folder="missing")
    assert "missing: no such folder." in html(broken)[-1]
    assert not broken.exception
