"""The map as a chart and as a table."""

import numpy as np
import pandas as pd
import pytest

import tfrecs
from tfrecs.app import map_chart as chart
from tfrecs.app.catalogue import catalogue_of
from tfrecs.app.options import parse
from tfrecs.reporting.posters.genres import contrast_with_white

TITLES = ["A", "B", "C", "D", "E"]
GENRES = ["War|Drama", "War", None, "Drama", "War"]
PLACES = np.array([[0, 0], [1, 0], [0, 3], [9, 9], [2, 0]], np.float32)


@pytest.fixture(scope="module")
def frame():
    features = pd.DataFrame({"title": TITLES, "genres": GENRES})
    train = tfrecs.Interactions.from_arrays([0] * 5, range(5), item_features=features)
    items = np.array([0, 1, 2, 4], np.int32)  # not D
    catalogue = catalogue_of(train, parse([]))
    return chart.map_frame(items, PLACES[items], catalogue, [0, 3], [4])


def test_the_frame_has_a_row_for_each_item_with_a_position(frame):
    assert frame["title"].tolist() == ["A", "B", "C", "E"]
    assert frame["genres"].tolist() == ["War, Drama", "War", "", "War"]
    assert frame["genre"].tolist() == ["War", "War", "others", "War"]
    assert frame["kind"].tolist() == ["liked", "other", "other", "recommended"]
    assert frame["x"].tolist() == [0, 1, 0, 2]


def test_only_the_most_frequent_genres_have_colours(frame, monkeypatch):
    drawn = chart.map_chart(frame).to_dict()
    colour = drawn["layer"][0]["encoding"]["color"]["scale"]
    colours = [chart.COLOURS[0], chart.ELSE_COLOUR]
    assert colour == {"domain": ["War", "others"], "range": colours}
    assert [mark[1:] for mark in chart.marks(frame)] == [
        (chart.RECOMMENDED_COLOUR, "recommended"),
        (chart.LIKED_COLOUR, "liked"),
        (colours[0], "War"),
        (colours[1], "others"),
    ]
    monkeypatch.setattr(chart, "COLOURS", ())
    plain = frame.assign(genre="others")
    assert chart.colours_of(plain) == {"others": chart.ELSE_COLOUR}


def contrast(colour):
    """Returns the contrast with white."""
    return contrast_with_white(*bytes.fromhex(colour[1:]))


@pytest.mark.parametrize("colour", [*chart.COLOURS, chart.ELSE_COLOUR])
def test_colours_have_contrast_on_white_and_on_black(colour):
    # WCAG 2.2, 1.4.11: 3 to 1; the dark theme's background is at most #1a1a1a.
    assert contrast(colour) >= 3
    assert contrast("#1a1a1a") / contrast(colour) >= 3


def test_the_chart_marks_the_kinds_and_has_a_description(frame):
    drawn = chart.map_chart(frame).to_dict()
    kinds = [layer["transform"][0]["filter"] for layer in drawn["layer"]]
    assert kinds == [f"datum.kind == '{k}'" for k in ("other", "recommended", "liked")]
    assert drawn["description"] == (
        "Map of 4 titles, similar ones close together: 1 liked, 1 recommended."
    )


def test_the_table_has_the_nearest_titles(frame):
    assert list(chart.map_rows(frame)) == [
        ("recommended", "E", "War", "B, A, C"),  # 1, 2 and sqrt(13) away
        ("liked", "A", "War, Drama", "B, E, C"),  # 1, 2 and 3 away
    ]
