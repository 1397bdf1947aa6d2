"""What is told of items, as HTML in which no title means anything."""

import base64
import re
from html import escape, unescape
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import tfrecs
from tfrecs.app import cards, pictures
from tfrecs.app.catalogue import catalogue_of
from tfrecs.reporting.posters import genre_colour

PIXEL = b"\x89PNG\r\n\x1a\n"
HOSTILE = '<img src=x onerror="alert(1)">\'&amp;'


def catalogue(titles, images=None, **columns):
    count = len(titles)
    train = tfrecs.Interactions.from_arrays(
        [0] * count,
        range(count),
        item_features=pd.DataFrame({"title": titles, **columns}),
    )
    return catalogue_of(
        train,
        title_col="title",
        genres_col="genres",
        image_col="image",
        images=None if images is None else f"{images}",
    )


class Reader(HTMLParser):
    """Collects tags with their attributes, and text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


@given(title=st.text(min_size=1), genre=st.text())
def test_no_title_or_genre_becomes_a_tag(title, genre):
    of = catalogue([title, "Plain"], genres=[genre, "Drama"])
    plain = catalogue(["Title", "Plain"], genres=["War", "Drama"])
    card = cards.Card(0, why=(0, 1), badges=("only here",))
    for make in (
        lambda which: cards.listing([card], which, "list"),
        lambda which: cards.shelf([0, 1], which, "shelf"),
    ):
        found = [tag for tag, _ in Reader(make(of)).tags]
        expected = [tag for tag, _ in Reader(make(plain)).tags]
        assert found.count("img") == expected.count("img")
        assert {*found} <= {*expected}


def test_a_row_tells_rank_title_year_genres_reasons_and_badges():
    of = catalogue([HOSTILE, "Heat"], genres=["Crime|Drama", "War"], year=[1995, 1972])
    html = cards.listing(
        [cards.Card(0, why=(1, 0), badges=("was 3",))], of, "its <name>"
    )
    told = "".join(Reader(html).texts)
    assert told == f"1 {HOSTILE}1995 · Crime, DramaLike Heat and {HOSTILE}was 3"
    [start] = [attrs for tag, attrs in Reader(html).tags if tag == "ol"]
    assert start["aria-label"] == "its <name>"


def test_a_card_is_drawn_with_its_title_where_it_stands_alone():
    of = catalogue([HOSTILE], genres=["Crime"])
    shelf, listing = cards.shelf([0], of, "s"), cards.listing([cards.Card(0)], of, "l")
    for html, told in ((shelf, HOSTILE), (listing, None)):
        [card] = [attrs for tag, attrs in Reader(html).tags if tag == "div"][:1]
        assert card["class"] == "drawn"
        assert genre_colour("Crime") in card["style"]
        assert card.get("aria-label") == told


def test_pictures_are_shown_by_column_or_by_id_and_bad_ones_are_drawn(tmp_path):
    for name in ("heat.png", "1.png", "4.jpg"):
        (tmp_path / name).write_bytes(PIXEL + name.encode())
    (tmp_path / "2.png").write_text("no picture")
    (tmp_path.parent / "out.png").write_bytes(PIXEL)
    titles = [f"Title {number}" for number in range(5)]
    by_id = catalogue(titles, tmp_path)
    assert by_id.picture(1).startswith("data:image/png;base64,")
    assert by_id.picture(4) is not None  # by what it is, not by its name
    assert by_id.picture(0) is by_id.picture(2) is None
    image = ["heat.png", "../out.png", "2.png", "missing.png", "/etc/passwd"]
    by_column = catalogue(titles, tmp_path, image=image)
    found = [by_column.picture(item) for item in range(5)]
    assert base64.b64decode(found[0].split(",")[1]) == PIXEL + b"heat.png"
    assert found[1:] == [None, None, None, None]
    html = cards.shelf([0, 1], by_column, "shelf")
    assert found[0] in html
    assert catalogue(titles, image=image).picture(0) is None  # no folder, no picture


def test_large_pictures_are_made_small_and_their_like_kept(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (600, 400, 3), np.uint8)
    for name in ("0.png", "1.jpg"):
        Image.fromarray(noise).save(tmp_path / name)
    kind = b"\xff\xd8\xff"
    (tmp_path / "2.jpg").write_bytes(kind + bytes(pictures.SMALL_BYTES))  # broken
    (tmp_path / "3.png").write_bytes(bytes(pictures.SMALL_BYTES))  # none at all
    of = catalogue([f"Title {number}" for number in range(4)], tmp_path)
    for item in (0, 1):
        start, code = of.picture(item).split(",")
        assert start == "data:image/jpeg;base64"
        data = base64.b64decode(code)
        assert Image.open(BytesIO(data)).size == (240, 360)
        assert len(data) < len((tmp_path / ("0.png", "1.jpg")[item]).read_bytes()) / 2
    assert (
        base64.b64decode(of.picture(2).split(",")[1])
        == (tmp_path / "2.jpg").read_bytes()
    )
    assert of.picture(3) is None
    first = of.picture(0)
    (tmp_path / "0.png").unlink()
    assert of.picture(0) == first


def test_pictures_of_too_many_pixels_are_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "MOST_PIXELS", 500 * 500 - 1)
    noise = np.random.default_rng(1).integers(0, 256, (500, 500, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "0.png")
    of = catalogue(["Title", "Other"], tmp_path)
    assert of.picture(0).startswith("data:image/png;")


def test_labels_are_distinct_and_the_most_popular_come_first():
    users, items = [0, 1, 2, 0, 1, 0], [2, 2, 2, 1, 1, 0]
    features = pd.DataFrame(
        {"title": ["Same", "Same", "Same", None], "year": [1990, 1990, 1991, 1992]},
        index=["a", "b", "c", "d"],
    )
    train = tfrecs.Interactions.from_arrays(
        users, np.array(["a", "b", "c"])[items], item_features=features
    )
    of = catalogue_of(
        train, title_col="title", genres_col="g", image_col="i", images=None
    )
    assert of.labels == ("Same (1990) [a]", "Same (1990) [b]", "Same (1991)")
    assert [*of.by_label] == [of.labels[2], of.labels[1], of.labels[0]]
    assert of.by_label["Same (1991)"] == 2


def test_a_title_that_looks_like_anothers_label_has_a_label_of_its_own():
    of = catalogue(["Same", "Same", "Same [1]"])
    assert of.labels == ("Same [0]", "Same [1] [1]", "Same [1] [2]")
    assert [of.by_label[label] for label in of.labels] == [0, 1, 2]


def test_a_title_is_found_by_its_label_or_by_a_part_of_it():
    train = tfrecs.Interactions.from_arrays(
        [0, 1, 0], [2, 2, 1],
        item_vocabulary=tfrecs.data.interactions.Vocabulary(range(4), "items"),
        item_features=pd.DataFrame({"title": ["A", "Alien", "Aliens", "Straße"]}),
    )  # fmt: skip
    of = catalogue_of(
        train, title_col="title", genres_col="g", image_col="i", images=None
    )
    asked = ["A", "a", "ALIEN", "Alien", "strasse", "none"]
    # A label comes before a part, and of parts the most popular title's.
    assert [of.find(text) for text in asked] == [0, 2, 2, 1, 3, None]


def test_items_without_features_are_called_by_their_ids(from_pairs):
    train = from_pairs([(0, 0), (1, 1)], 2, 2)
    of = catalogue_of(
        train, title_col="title", genres_col="genres", image_col="i", images=None
    )
    assert of.labels == ("0", "1")


@pytest.mark.parametrize("make", [cards.note, lambda text: cards.heading(text, [text])])
def test_notes_and_headings_are_text(make):
    assert HOSTILE in unescape(make(HOSTILE))
    assert "<img" not in make(HOSTILE)
    assert escape(HOSTILE) in make(HOSTILE)


def test_a_legend_is_text():
    read = Reader(cards.legend([("★", '"><b>', HOSTILE)]))
    assert [tag for tag, _ in read.tags] == ["ul", "li", "i", "bdi"]
    assert read.texts == ["★", HOSTILE]


def test_an_alert_is_read_out():
    assert re.match('<p class="tfrecs-alert" role="alert"', cards.note("!", "alert"))
    assert "role" not in cards.note("!")


def test_a_table_holds_its_cells_as_text():
    read = Reader(cards.table(["A", "B"], [(HOSTILE, "2"), ("3", "4")]))
    assert read.texts == ["A", "B", HOSTILE, "2", "3", "4"]
    assert [tag for tag, _ in read.tags].count("tr") == 3
