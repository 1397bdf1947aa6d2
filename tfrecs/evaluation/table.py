"""Metrics as a small table, in text and in HTML."""

from collections.abc import Mapping, Sequence
from html import escape

WHOLE = "whole list"


def as_rows(metrics: Mapping[str, float]) -> list[list[str]]:
    """Gives a row for each metric and a column for each cut-off, below a header."""
    cells: dict[str, dict[str, str]] = {}
    columns = dict.fromkeys(f"@{name.split('@')[1]}" for name in metrics if "@" in name)
    if not all("@" in name for name in metrics):
        columns[WHOLE] = None
    for name, value in metrics.items():
        metric, at, k = name.partition("@")
        cells.setdefault(metric, {})[f"@{k}" if at else WHOLE] = f"{value:.4f}"
    rows = [
        [metric, *(row.get(c, "") for c in columns)] for metric, row in cells.items()
    ]
    return [["", *columns], *rows]


def as_text(rows: Sequence[Sequence[str]]) -> str:
    """Gives lines of aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *values in rows:
        cells = [value.rjust(w) for value, w in zip(values, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join(lines)


def as_html(caption: str, rows: Sequence[Sequence[str]]) -> str:
    """Gives a table with a caption."""
    header, *body = (["<tr>", *_cells(row), "</tr>"] for row in rows)
    head = "".join(header).replace("td>", "th>")
    lines = "".join("".join(row) for row in body)
    return (
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead>{head}</thead><tbody>{lines}</tbody></table>"
    )


def _cells(row: Sequence[str]) -> list[str]:
    first, *values = row
    return [f"<th>{escape(first)}</th>", *(f"<td>{escape(v)}</td>" for v in values)]
