"""Shelves of entries as one page that needs nothing but itself."""

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from tfrecs.reporting.items import ItemFacts
from tfrecs.reporting.posters.drawing import drawn_card
from tfrecs.reporting.posters.style import STYLE


def page_of(
    heading: str, shelves: Sequence[tuple[str, Sequence[ItemFacts]]], *, from_web: bool
) -> str:
    """Gives the page's HTML.

    Args:
        heading: of the page, clean text.
        shelves: headings, clean text, and what stands below each.
        from_web: whether the browser may fetch pictures from elsewhere.
    """
    sections = "\n".join(
        _section(place, name, entries) for place, (name, entries) in enumerate(shelves)
    )
    pictures = "data: http: https:" if from_web else "data:"
    return f"""<!DOCTYPE html>
<html lang="en">
{head_of(heading, STYLE, pictures)}
<body>
<header><h1 dir="auto">{escape(heading)}</h1></header>
<main>
{sections}
</main>
</body>
</html>
"""


def head_of(title: str, style: str, pictures: str) -> str:
    """Gives a page's head.

    A policy in it has the browser refuse whatever is not in the page, scripts above
    all, and any style but this one.

    Args:
        title: clean text.
        style: the whole of the page's.
        pictures: where they may come from, as the policy words it.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"""<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src 'sha256-{digest}'; img-src {pictures}">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{style}</style>
</head>"""


def _section(place: int, name: str, entries: Sequence[ItemFacts]) -> str:
    cards = "\n".join(_card(entry) for entry in entries)
    inside = f"<ol>\n{cards}\n</ol>" if entries else "<p>Nothing yet.</p>"
    return (
        f'<section aria-labelledby="shelf-{place}">\n'
        f'<h2 id="shelf-{place}" dir="auto">{escape(name)}</h2>\n{inside}\n</section>'
    )


def _card(entry: ItemFacts) -> str:
    if entry.picture is None:
        picture = drawn_card(entry.title, entry.genres)
    else:
        picture = (
            f'<img src="{escape(entry.picture)}" alt="Picture of {escape(entry.title)}"'
            ' loading="lazy" decoding="async">'
        )
    genres = ", ".join(entry.genres)
    told = f'<h3 dir="auto">{escape(entry.title)}</h3>'
    if genres:
        told += f'<p dir="auto">{escape(genres)}</p>'
    if entry.details:
        rows = (
            f'<dt>{escape(name)}</dt><dd dir="auto">{escape(value)}</dd>'
            for name, value in entry.details
        )
        told += f"<dl>{''.join(rows)}</dl>"
    return f'<li><article>{picture}<div class="told">{told}</div></article></li>'
