"""Titles of any kind as text that a page can hold and a card can show."""

import re
import unicodedata
from typing import Any

LONGEST = 300
"""Characters of a text that are shown; a page is no place for more."""


_UNSHOWN = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")


def clean(value: Any) -> str:
    """Gives a value as one line of text; "" for what is missing.

    What no page may hold (control characters, halves of surrogate pairs) becomes the
    replacement character, as a browser would show it.
    """
    import pandas as pd

    if not isinstance(value, str | int):  # quick, since it is asked of each title
        if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
            return ""
    text = f"{value:g}" if isinstance(value, float) else f"{value}"
    text = _UNSHOWN.sub("\ufffd", text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def id_text(value: Any) -> str:
    """Gives a raw id as text: all digits of a number, or others would look the same."""
    return clean(f"{value:.17g}" if isinstance(value, float) else value)


def direction(text: str) -> str:
    """Tells by its first letter how a text runs, "ltr" or "rtl"."""
    kinds = (unicodedata.bidirectional(letter) for letter in text)
    first = next((kind for kind in kinds if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


def wrap(text: str, *, width: int, lines: int) -> list[str]:
    """Cuts a text into lines, at spaces where it can.

    Args:
        text: one line, of `clean`.
        width: of a line, in Latin letters; a Chinese one or an emoji takes two.
        lines: the most lines; what does not fit ends in an ellipsis.
    """
    rows = [""]
    for word in text.split():
        if rows[-1] and _width(f"{rows[-1]} {word}") <= width:
            rows[-1] += f" {word}"
            continue
        for part in _parts(word, width):
            rows.append(part)
    rows = rows[1:]
    if len(rows) > lines:
        rows = [*rows[: lines - 1], f"{_parts(rows[lines - 1], width - 1)[0]}…"]
    return rows


def _parts(word: str, width: int) -> list[str]:
    """Cuts a word that is wider than a line: after hyphens, else between letters."""
    parts = [""]
    for piece in re.split("(?<=-)", word):
        for unit in [piece] if _width(piece) <= width else _characters(piece):
            if parts[-1] and _width(parts[-1] + unit) > width:
                parts.append("")
            parts[-1] += unit
    return parts


def _characters(word: str) -> list[str]:
    """Letters with the marks, joiners and skin tones that belong to them."""
    found: list[str] = []
    for letter in word:
        mark = unicodedata.category(letter) in ("Mn", "Me", "Mc", "Cf", "Sk")
        if found and (mark or found[-1][-1] == "\u200d"):
            found[-1] += letter
        else:
            found.append(letter)
    return found


def _width(text: str) -> int:
    return sum(
        0
        if unicodedata.category(letter) in ("Mn", "Me", "Cf")
        else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )
