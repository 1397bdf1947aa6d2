"""Pieces of HTML for the page, from templates that escape all text."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from markupsafe import Markup

from tfrecs.reporting.pages import render
from tfrecs.reporting.posters.genres import CARD_STYLE, drawn_card

TEMPLATES = Path(__file__).with_name("templates")

STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8") + CARD_STYLE


@dataclass(frozen=True)
class Card:
    """An item of a list.

    Args:
        item: its index.
        reasons: indices of the liked items that explain it.
        badges: short notes, such as "was 12".
    """

    item: int
    reasons: tuple[int, ...] = ()
    badges: tuple[str, ...] = ()


def html(template: str, **values: Any) -> None:
    """Adds a template of this room to the page."""
    st.html(piece(template, **values))


def piece(template: str, **values: Any) -> Markup:
    """Renders a template of this room; see `tfrecs.reporting.pages.render`."""
    return render(TEMPLATES / template, drawn_card=drawn_card, **values)


def note(text: str) -> None:
    """Adds a line of text to the page."""
    html("note.html", text=text)


def alert(text: str) -> None:
    """Adds a warning to the page, in one line, which screen readers read out."""
    html("alert.html", text=" ".join(text.split()))
