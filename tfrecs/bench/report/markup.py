"""Small pieces of HTML. All text goes through `text`, whoever wrote it."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from tfrecs.reporting.text import clean


def text(value: Any) -> str:
    """A value as text of the page, which executes nothing."""
    return escape(clean(value))


def section(key: str, heading: str, inside: str) -> str:
    """A part of the page, which its heading names."""
    return (
        f'<section id="{key}" aria-labelledby="{key}-heading">\n'
        f'<h2 id="{key}-heading">{text(heading)}</h2>\n{inside}\n</section>'
    )


def scroll(label: str, inside: str, kind: str = "") -> str:
    """What may be wider than the page: it scrolls in itself, by keyboard as well."""
    return (
        f'<div class="scroll {kind}" role="region" aria-label="{text(label)}" '
        f'tabindex="0">{inside}</div>'
    )


def table(
    caption: str, headers: Sequence[str], rows: Iterable[Sequence[str]], kind: str = ""
) -> str:
    """A table of texts whose first column heads its rows."""
    head = "".join(f'<th scope="col">{text(header)}</th>' for header in headers)
    return (
        f'<table class="{kind}"><caption>{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, rows))}</tbody>"
        "</table>"
    )


def _row(cells: Sequence[str]) -> str:
    first, *others = cells
    values = "".join(f"<td>{text(cell)}</td>" for cell in others)
    return f'<tr><th scope="row" dir="auto">{text(first)}</th>{values}</tr>'


def listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    Example:
        >>> listed(["a"]), listed(["a", "b", "c"])
        ('a', 'a, b and c')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def seconds_in_words(seconds: float) -> str:
    """A time as people say it.

    Example:
        >>> seconds_in_words(0.0004), seconds_in_words(2.345), seconds_in_words(59.97)
        ('less than 0.001 s', '2.3 s', '1 min 0 s')
    """
    if 0 < seconds < 0.001:
        return "less than 0.001 s"
    if seconds < 1:
        return f"{seconds:.1g} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def p_in_words(p_value: float) -> str:
    """A p value: "p = 0.034", "p < 0.001"."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"
