"""Literal text and tables in TensorBoard's markdown."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from tfrecs.reporting.text import clean

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


def literal(value: Any) -> str:
    """Returns a value as one line that markdown and HTML show unchanged.

    All ASCII punctuation, which starts every markup, becomes character references.

    Example:
        >>> literal("<b>1|2</b>")
        '&#60;b&#62;1&#124;2&#60;&#47;b&#62;'
    """
    return _PUNCTUATION.sub(lambda found: f"&#{ord(found[0])};", clean(value))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table in markdown; cells are markdown too, so make them `literal`."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
