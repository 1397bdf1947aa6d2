"""Drawn cards: their colours, and titles cut into lines."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecs.data.datasets.movielens_100k import GENRES
from tfrecs.reporting.posters import genre_colour
from tfrecs.reporting.posters.drawing import contrast_with_white, drawn_card
from tfrecs.reporting.text import direction, wrap


def channels(colour: str) -> tuple[int, int, int]:
    assert re.fullmatch("#[0-9a-f]{6}", colour)
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))


@pytest.mark.parametrize(
    ("colour", "contrast"),
    [
        ((255, 255, 255), 1),  # 1.05 / 1.05
        ((0, 0, 0), 21),  # 1.05 / 0.05
        ((255, 0, 0), 1.05 / (0.05 + 0.2126)),
        ((0, 0, 255), 1.05 / (0.05 + 0.0722)),
        ((10, 10, 10), 1.05 / (0.05 + 10 / 255 / 12.92)),  # the linear foot
        ((119, 119, 119), 4.48),  # the grey that WCAG's tools know as just too pale
    ],
)
def test_contrast_with_white(colour, contrast):
    assert contrast_with_white(*colour) == pytest.approx(contrast, abs=0.005)


@given(st.text())
def test_white_letters_can_be_read_on_any_genre(genre):
    assert contrast_with_white(*channels(genre_colour(genre))) >= 4.5


def test_genres_differ_and_are_no_mud():
    colours = {genre_colour(genre) for genre in GENRES}
    assert len(colours) == len(GENRES)
    for colour in colours:
        assert max(channels(colour)) - min(channels(colour)) > 60
        assert contrast_with_white(*channels(colour)) < 9


def test_a_genre_has_the_same_colour_in_every_process():
    code = "from tfrecs.reporting.posters import genre_colour as g; print(g('Drama'), g('War'))"
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()[0]
        for seed in ("1", "2")
    }
    assert told == {genre_colour("Drama")} == {genre_colour(" dRAMA ")}


def test_a_card_shows_all_its_genres_and_depends_on_nothing_else():
    card = drawn_card("Heat", ["Crime", "Drama"])
    assert card == drawn_card("Heat", ["Crime", "Drama"])
    assert card.count(f'fill="{genre_colour("Crime")}"') == 2  # ground and strip
    assert card.count(f'fill="{genre_colour("Drama")}"') == 1
    assert card != drawn_card("Heat", ["Drama", "Crime"])
    assert genre_colour("Crime") not in drawn_card("Heat", [])


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Heat", ["Heat"]),
        ("The Good, the Bad and the Ugly", ["The Good,", "the Bad", "and the", "Ugly"]),
        ("Supercalifragilistic", ["Supercalif", "ragilistic"]),
        ("A Supercalifragilistic B", ["A", "Supercalif", "ragilistic", "B"]),
        ("the Extra-Terrestrial", ["the", "Extra-Terr", "estrial"]),
        ("The Bow-and-Arrow", ["The", "Bow-and-", "Arrow"]),
        ("Spider-Man-Two", ["Spider-", "Man-Two"]),
        ("七人の侍七人", ["七人の侍七", "人"]),  # two columns each
        ("one two three four five six", ["one two", "three four", "five six"]),
        ("a b c d e f g h i j k l m n o p q r s t u v w x", None),
    ],
)
def test_titles_are_cut_at_spaces_where_they_can(text, lines):
    found = wrap(text, width=10, lines=4)
    if lines is None:
        assert len(found) == 4
        assert found[-1].endswith("…")
    else:
        assert found == lines


def test_what_belongs_together_is_not_cut():
    family = "👩\u200d👩\u200d👧"  # three women joined to one sign, six columns at most
    assert wrap(family * 3, width=6, lines=9) == [family] * 3
    assert (
        wrap("👋🏽" * 3, width=6, lines=9) == ["👋🏽"] * 3
    )  # a hand and its skin tone
    assert wrap("e\u0301" * 4, width=2, lines=9) == ["e\u0301e\u0301"] * 2


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1))
def test_lines_together_are_the_text(text):
    words = text.split()
    lines = wrap(" ".join(words), width=14, lines=10**6)
    assert "".join("".join(lines).split()) == "".join(words)


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("Heat", "ltr"),
        ("שלום", "rtl"),
        ("2001: مرحبا", "rtl"),
        ("… Heat שלום", "ltr"),
        ("123", "ltr"),
        ("", "ltr"),
    ],
)
def test_the_first_letter_tells_the_direction(text, way):
    assert direction(text) == way
