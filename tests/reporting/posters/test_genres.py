"""Genres: their colours and backgrounds, and cards in them."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecs.data.datasets.movielens_100k import GENRES
from tfrecs.reporting.posters import genre_colour
from tfrecs.reporting.posters.genres import (
    contrast_with_white,
    drawn_card,
    genre_attribute,
    genre_rules,
    genre_style,
)


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
    code = (
        "from tfrecs.reporting.posters import genre_colour as g; "
        "print(g('Drama'), g('War'))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()[0]
        for seed in ("1", "2")
    }
    assert found == {genre_colour("Drama")} == {genre_colour(" dRAMA ")}


def test_a_card_shows_all_its_genres_and_depends_on_nothing_else():
    card = drawn_card("Heat", ["Crime", "Drama"])
    assert card == drawn_card("Heat", ["Crime", "Drama"])
    assert card.count(genre_colour("Crime")) == 2  # ground and strip
    assert card.count(genre_colour("Drama")) == 1
    assert card != drawn_card("Heat", ["Drama", "Crime"])
    assert genre_colour("Crime") not in drawn_card("Heat", [])


@given(st.text())
def test_a_genre_is_one_background_whatever_its_name_holds(genre):
    style = genre_style(genre)
    assert re.fullmatch(r"background: [\w(), .%#-]+", style)
    assert genre_rules([genre, genre]) == f"[{genre_attribute(genre)}] {{ {style} }}\n"
    assert re.fullmatch('data-genre="[0-9a-f]{12}"', genre_attribute(genre))
