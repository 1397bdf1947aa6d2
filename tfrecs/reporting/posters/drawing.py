"""Cards that are drawn where there is no picture, in the colours of the genres."""

import colorsys
import hashlib
from collections.abc import Sequence
from html import escape

from tfrecs.reporting.text import direction, wrap

CONTRAST = 4.5
"""Of white letters on any card, as WCAG 2.1 asks of text (success criterion 1.4.3)."""

NO_GENRE = "#56606b"
"""The colour of what has no genre."""


def genre_colour(genre: str) -> str:
    """Gives the colour of a genre, by its name alone: the same on every page.

    White letters on it have a contrast of at least `CONTRAST`.

    Example:
        >>> genre_colour("Drama") == genre_colour(" drama")
        True
    """
    hue, saturation = _digest(genre)[:2]
    lightness = 0.46
    while True:
        colour = colorsys.hls_to_rgb(hue / 256, lightness, 0.45 + saturation / 768)
        red, green, blue = (round(255 * part) for part in colour)
        if contrast_with_white(red, green, blue) >= CONTRAST:
            return f"#{red:02x}{green:02x}{blue:02x}"
        lightness -= 0.01


def contrast_with_white(red: int, green: int, blue: int) -> float:
    """Gives the contrast of white on a colour, from 1 (on white) to 21 (on black).

    Formula:
        1.05 / (0.05 + 0.2126 r + 0.7152 g + 0.0722 b), of linear r, g and b in [0, 1]

    References:
        WCAG 2.1, "relative luminance" and "contrast ratio".
    """
    r, g, b = (_linear(value / 255) for value in (red, green, blue))
    return 1.05 / (0.05 + 0.2126 * r + 0.7152 * g + 0.0722 * b)


def drawn_card(title: str, genres: Sequence[str]) -> str:
    """Draws a card as inline SVG, of its title and genres alone.

    Args:
        title: one line of text.
        genres: none or more; the first gives the ground, all give a strip below.
    """
    colours = [genre_colour(genre) for genre in genres] or [NO_GENRE]
    rows = wrap(title, width=14, lines=6)
    top = 148 - 13 * (len(rows) - 1)
    way = direction(title)
    text = "".join(
        f'<text x="100" y="{top + 26 * row}" direction="{way}">{escape(line)}</text>'
        for row, line in enumerate(rows)
    )
    return (
        f'<svg viewBox="0 0 200 300" role="img" aria-label="{escape(title)}">'
        f'<rect width="200" height="300" fill="{colours[0]}"/>'
        f"{_motif((*genres, '')[0])}{_strip(colours)}{text}</svg>"
    )


def _motif(genre: str) -> str:
    """Two rings of the genre's own, darker than the ground as letters need it."""
    x, y, r, x2, y2, r2 = _digest(genre)[2:8]
    rings = ((x, y, r), (x2, y2, r2))
    return "".join(
        f'<circle cx="{200 * x // 255}" cy="{290 * y // 255}" r="{40 + r // 4}" '
        'fill="none" stroke="#000" stroke-opacity=".14" stroke-width="26"/>'
        for x, y, r in rings
    )


def _strip(colours: Sequence[str]) -> str:
    """The colours of all genres side by side at the foot, parted by white lines."""
    width = 200 / len(colours)
    return "".join(
        f'<rect x="{place * width:g}" y="284" width="{width:g}" height="16" '
        f'fill="{colour}" stroke="#fff"/>'
        for place, colour in enumerate(colours)
    )


def _digest(genre: str) -> bytes:
    """Bytes of a name's own; Python's hash would differ from run to run."""
    name = genre.strip().casefold().encode("utf-8", "replace")
    return hashlib.sha256(name).digest()


def _linear(value: float) -> float:
    return (
        value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
    )
