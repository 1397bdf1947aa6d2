"""Colours and patterns of genres, and the cards that are drawn in them."""

import colorsys
import hashlib
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from tfrecs.reporting.pages import TEMPLATES, render

CONTRAST = 4.5
"""Of white letters on any card, as WCAG 2.1 asks of text (success criterion 1.4.3)."""

CARD_STYLE = TEMPLATES.joinpath("card.css").read_text(encoding="utf-8")
"""CSS of drawn cards, for every page that has some."""


def genre_colour(genre: str) -> str:
    """Returns the colour of a genre, which depends on its name alone.

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
    """Returns the contrast of white on a colour, from 1 (on white) to 21 (on black).

    Formula:
        1.05 / (0.05 + 0.2126 r + 0.7152 g + 0.0722 b), of linear r, g and b in [0, 1]

    References:
        WCAG 2.1, "relative luminance" and "contrast ratio".
    """
    r, g, b = (_linear(value / 255) for value in (red, green, blue))
    return 1.05 / (0.05 + 0.2126 * r + 0.7152 * g + 0.0722 * b)


def genre_rules(genres: Iterable[str]) -> str:
    """Returns the CSS that paints elements with the attribute of `genre_attribute`."""
    rules = {genre_attribute(g): genre_style(g) for g in genres}
    return "".join(f"[{name}] {{ {style} }}\n" for name, style in rules.items())


def genre_attribute(genre: str) -> Markup:
    """Returns an attribute that `genre_rules` selects by: a digest of the name."""
    return Markup(f'data-genre="{_digest(genre)[:6].hex()}"')


def genre_style(genre: str) -> str:
    """Returns a genre's background in CSS: its colour, and two darker rings."""
    x, y, r, x2, y2, r2 = _digest(genre)[2:8]
    rings = ", ".join(_ring(*ring) for ring in ((x, y, r), (x2, y2, r2)))
    return f"background: {rings}, {genre_colour(genre)}"


def drawn_card(title: str, genres: Sequence[str]) -> Markup:
    """Draws a card with inline styles, for pages that allow them.

    Args:
        title: one line of text; "" if it stands beside the card.
        genres: none or more. The first one paints the ground, all of them a strip.
    """
    return render(
        TEMPLATES / "card.html",
        title=title,
        genres=genres,
        paint=lambda genre: Markup('style="{}"').format(genre_style(genre)),
    )


def _ring(x: int, y: int, size: int) -> str:
    """Returns a ring in a box of 2 by 3, from three numbers below 256."""
    radius = 26.5 + size / 8  # of the outer edge, in percent of the width
    inner = 100 - 1300 / radius
    return (
        f"radial-gradient({radius:.0f}% {radius / 1.5:.0f}% at {x / 2.55:.0f}% "
        f"{y / 2.64:.0f}%, #0000 {inner - 1:.0f}%, #00000024 {inner:.0f}% 99%, #0000)"
    )


def _digest(genre: str) -> bytes:
    """Returns the same bytes for a name in every process, unlike `hash`."""
    name = genre.strip().casefold().encode("utf-8", "replace")
    return hashlib.sha256(name).digest()


def _linear(value: float) -> float:
    return (
        value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
    )
