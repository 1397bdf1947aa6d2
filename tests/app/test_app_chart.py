"""The map: what is drawn for whom, and its text."""

import numpy as np
import pandas as pd
import pytest

import tfrecs
from tfrecs.app import chart
from tfrecs.app.catalogue import catalogue_of

TITLES = ["A", "B", "C", "D", "E"]
GENRES = ["War|Drama", "War", None, "Drama", "War"]
PLACES = np.array([[0, 0], [1, 0], [0, 3], [9, 9], [2, 0]], np.float32)


@pytest.fixture(scope="module")
def frame():
    features = pd.DataFrame({"title": TITLES, "genres": GENRES})
    train = tfrecs.Interactions.from_arrays([0] * 5, range(5), item_features=features)
    catalogue = catalogue_of(
        train, title_col="title", genres_col="genres", image_col="i", images=None
    )
    items = np.array([0, 1, 2, 4], np.int32)  # not D
    return chart.map_frame(
        items, PLACES[items], catalogue, liked=[0, 3], recommended=[4]
    )


def test_the_frame_tells_of_each_item_that_has_a_place(frame):
    assert frame["title"].tolist() == ["A", "B", "C", "E"]
    assert frame["genres"].tolist() == ["War, Drama", "War", "", "War"]
    assert frame["genre"].tolist() == ["War", "War", "others", "War"]
    assert frame["kind"].tolist() == ["liked", "other", "other", "recommended"]
    assert frame["x"].tolist() == [0, 1, 0, 2]


def test_only_the_most_frequent_genres_have_colours(frame, monkeypatch):
    drawn = chart.map_chart(frame).to_dict()
    colour = drawn["layer"][0]["encoding"]["color"]["scale"]
    told = [chart.COLOURS[0], chart.ELSE_COLOUR]
    assert colour == {"domain": ["War", "others"], "range": told}
    assert [mark[1:] for mark in chart.marks(frame)] == [
        (chart.RECOMMENDED_COLOUR, "recommended"),
        (chart.LIKED_COLOUR, "liked"),
        (told[0], "War"),
        (told[1], "others"),
    ]
    monkeypatch.setattr(chart, "COLOURS", ())
    plain = frame.assign(genre="others")
    assert chart.colours_of(plain) == {"others": chart.ELSE_COLOUR}


def luminance(colour):
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("colour", [*chart.COLOURS, chart.ELSE_COLOUR])
def test_colours_are_seen_on_white_and_on_black(colour):
    # WCAG 2.2, 1.4.11: 3 to 1; the dark theme's ground is #1a1a1a at the lightest.
    assert 1.05 / (luminance(colour) + 0.05) >= 3
    assert (luminance(colour) + 0.05) / (luminance("#1a1a1a") + 0.05) >= 3


def test_the_chart_marks_the_kinds_and_says_what_it_shows(frame):
    drawn = chart.map_chart(frame).to_dict()
    kinds = [layer["transform"][0]["filter"] for layer in drawn["layer"]]
    assert kinds == [f"datum.kind == '{k}'" for k in ("other", "recommended", "liked")]
    assert drawn["description"] == (
        "Map of 4 titles, like ones close together; 1 liked and 1 "
        "recommended ones are on it."
    )


def test_the_table_tells_what_is_close(frame):
    assert list(chart.map_rows(frame)) == [
        ("recommended", "E", "War", "B, A, C"),  # 1, 2 and sqrt(13) away
        ("liked", "A", "War, Drama", "B, E, C"),  # 1, 2 and 3 away
    ]
