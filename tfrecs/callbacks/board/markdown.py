"""Text that TensorBoard's markdown shows as it is, and tables of it."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from tfrecs.reporting.text import clean

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


def literal(value: Any) -> str:
    """Gives a value as one line that markdown and HTML show and do not read.

    ASCII punctuation, with which everything that they read starts, is written as
    numeric character references.

    Example:
        >>> literal("<b>1|2</b>")
        '&#60;b&#62;1&#124;2&#60;&#47;b&#62;'
    """
    return _PUNCTUATION.sub(lambda found: f"&#{ord(found[0])};", clean(value))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Gives a table in markdown; cells are markdown, so make them `literal`."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
