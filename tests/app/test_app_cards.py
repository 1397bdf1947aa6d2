"""Items as HTML, in which titles are text, and their labels and pictures."""

import base64
from dataclasses import replace
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from html_tree import read
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import tfrecs
from tfrecs.app import thumbnails
from tfrecs.app.cards import Card, piece
from tfrecs.app.catalogue import catalogue_of
from tfrecs.app.options import parse

PIXEL = b"\x89PNG\r\n\x1a\n"
HOSTILE = "<img src=x onerror=\"alert(1)\">'&amp;'"


def catalogue(titles, images=None, **columns):
    count = len(titles)
    features = pd.DataFrame({"title": titles, **columns})
    train = tfrecs.Interactions.from_arrays(
        [0] * count, range(count), item_features=features
    )
    arguments = [] if images is None else ["--images", f"{images}"]
    return catalogue_of(train, parse(arguments))


def page(template, **values):
    return read(piece(template, **values))


def tags(tree):
    return [element.tag for element in tree.below]


@given(title=st.text(min_size=1), genre=st.text())
def test_no_title_or_genre_becomes_a_tag(title, genre):
    cards = [Card(0, reasons=(0, 1), badges=("only here",))]
    hostile = catalogue([title, "Plain"], genres=[genre, "Drama"])
    plain = catalogue(["Title", "Plain"], genres=["War", "Drama"])
    for template, values in (
        ("list.html", {"cards": cards, "label": title}),
        ("shelf.html", {"items": [0, 1], "label": title}),
    ):
        found = tags(page(template, catalogue=hostile, **values))
        assert {*found} <= {*tags(page(template, catalogue=plain, **values))}
        assert found.count("li") == len(values.get("items", cards))


def test_a_row_has_rank_title_year_genres_reasons_and_badges():
    items = catalogue(
        [HOSTILE, "Heat"], genres=["Crime|Drama", "War"], year=[1995, 1972]
    )
    cards = [Card(0, reasons=(1, 0), badges=("was 3",))]
    tree = page("list.html", cards=cards, catalogue=items, label="its <name>")
    [row] = tree.all("li")
    assert [" ".join(p.text.split()) for p in row.all("p")] == [
        f"1 {HOSTILE}",
        "1995 · Crime, Drama",
        f"Like Heat and {HOSTILE}",
        "was 3",
    ]
    assert tree.all("ol")[0].attributes["aria-label"] == "its <name>"


def test_items_without_pictures_are_drawn_in_the_colours_of_their_genres():
    items = catalogue([HOSTILE, "Heat"], genres=["Crime|Drama", ""])
    tree = page("shelf.html", items=[0, 1], catalogue=items, label="shelf")
    crime, heat = tree.all("div", "drawn")
    assert (crime.text, heat.text) == (HOSTILE, "Heat")
    colours = [tfrecs.reporting.posters.genre_colour(g) for g in ("Crime", "Drama")]
    assert crime.attributes["style"].endswith(colours[0])
    for strip, colour in zip(crime.all("i"), colours, strict=True):
        assert strip.attributes["style"].endswith(colour)
    assert "style" not in heat.attributes
    tree = page("list.html", cards=[Card(0)], catalogue=items, label="list")
    assert tree.all("div", "drawn")[0].text == ""  # the title is beside it


def test_pictures_are_found_by_column_or_by_id(tmp_path):
    for name in ("heat.png", "1.png", "4.jpg"):
        (tmp_path / name).write_bytes(PIXEL + name.encode())
    (tmp_path / "2.png").write_text("no picture")
    (tmp_path.parent / "out.png").write_bytes(PIXEL)
    titles = [f"Title {number}" for number in range(5)]
    by_id = catalogue(titles, tmp_path)
    assert by_id.picture(1).startswith("data:image/png;base64,")
    assert by_id.picture(4) is not None  # by its content, not by its name
    assert by_id.picture(0) is by_id.picture(2) is None
    image = ["heat.png", "../out.png", "2.png", "missing.png", "/etc/passwd"]
    by_column = catalogue(titles, tmp_path, image=image)
    found = [by_column.picture(item) for item in range(5)]
    assert base64.b64decode(found[0].split(",")[1]) == PIXEL + b"heat.png"
    assert found[1:] == [None, None, None, None]
    shelf = page("shelf.html", items=[0, 1], catalogue=by_column, label="shelf")
    [img] = shelf.all("img")
    assert (img.attributes["src"], img.attributes["alt"]) == (found[0], "Title 0")
    assert catalogue(titles, image=image).picture(0) is None  # no folder, no picture


def test_large_pictures_are_made_small_and_cached(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (600, 400, 3), np.uint8)
    for name in ("0.png", "1.jpg"):
        Image.fromarray(noise).save(tmp_path / name)
    broken = b"\xff\xd8\xff" + bytes(thumbnails.SMALL_BYTES)
    (tmp_path / "2.jpg").write_bytes(broken)
    (tmp_path / "3.png").write_bytes(bytes(thumbnails.SMALL_BYTES))  # no picture
    items = catalogue([f"Title {number}" for number in range(4)], tmp_path)
    for item in (0, 1):
        start, code = items.picture(item).split(",")
        assert start == "data:image/jpeg;base64"
        data = base64.b64decode(code)
        assert Image.open(BytesIO(data)).size == (240, 360)
        assert len(data) < len((tmp_path / ("0.png", "1.jpg")[item]).read_bytes()) / 2
    assert base64.b64decode(items.picture(2).split(",")[1]) == broken
    assert items.picture(3) is None
    first = items.picture(0)
    (tmp_path / "0.png").unlink()
    assert items.picture(0) == first


def test_pictures_of_too_many_pixels_are_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(thumbnails, "MOST_PIXELS", 500 * 500 - 1)
    noise = np.random.default_rng(1).integers(0, 256, (500, 500, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "0.png")
    assert catalogue(["A", "B"], tmp_path).picture(0).startswith("data:image/png;")


def test_labels_are_distinct_and_the_most_popular_come_first():
    users, items = [0, 1, 2, 0, 1, 0], [2, 2, 2, 1, 1, 0]
    features = pd.DataFrame(
        {"title": ["Same", "Same", "Same", None], "year": [1990, 1990, 1991, 1992]},
        index=["a", "b", "c", "d"],
    )
    train = tfrecs.Interactions.from_arrays(
        users, np.array(["a", "b", "c"])[items], item_features=features
    )
    found = catalogue_of(train, parse([]))
    assert found.labels == ("Same (1990) [a]", "Same (1990) [b]", "Same (1991)")
    assert [*found.by_label] == [found.labels[2], found.labels[1], found.labels[0]]
    assert found.by_label["Same (1991)"] == 2
    bare = catalogue_of(replace(train, item_features=None), parse([]))
    assert bare.labels == ("a", "b", "c")


def test_a_title_is_found_by_its_label_or_by_a_part_of_it():
    train = tfrecs.Interactions.from_arrays(
        [0, 1, 0], [2, 2, 1],
        item_vocabulary=tfrecs.data.interactions.Vocabulary(range(4), "items"),
        item_features=pd.DataFrame({"title": ["A", "Alien", "Aliens", "Straße"]}),
    )  # fmt: skip
    found = catalogue_of(train, parse([]))
    texts = ["A", "a", "ALIEN", "Alien", "strasse", "none"]
    # A label comes before a part, and of parts the most popular title's.
    assert [found.find(text) for text in texts] == [0, 2, 2, 1, 3, None]


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("note.html", {"text": HOSTILE}, ["p"]),
        ("alert.html", {"text": HOSTILE}, ["p"]),
        (
            "heading.html",
            {"name": HOSTILE, "facts": [HOSTILE]},
            ["div", "h3", "p", "span"],
        ),
        ("legend.html", {"marks": [("★", '"><b>', HOSTILE)]}, ["ul", "li", "i", "bdi"]),
        (
            "table.html",
            {"headers": ["A"], "rows": [(HOSTILE,)]},
            ["div", "table", "thead", "tr", "th", "tbody", "tr", "td"],
        ),
    ],
)
def test_all_texts_are_escaped(template, values, expected):
    tree = page(template, **values)
    assert tags(tree) == expected
    assert HOSTILE in tree.text
    alert = tree.below[0].attributes.get("role") == "alert"  # for screen readers
    assert alert == (template == "alert.html")
