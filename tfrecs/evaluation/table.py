"""Metrics as a table in text and in HTML."""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

WHOLE = "whole list"


def metric_table(metrics: Mapping[str, float]) -> "pd.DataFrame":
    """Builds a row for each metric and a column for each cut-off."""
    import pandas as pd

    names = [name.partition("@") for name in metrics]
    columns = dict.fromkeys(f"@{k}" for _, at, k in names if at)
    if not all(at for _, at, _ in names):
        columns[WHOLE] = None
    rows = dict.fromkeys(metric for metric, _, _ in names)
    table = pd.DataFrame("", index=[*rows], columns=[*columns])
    for (metric, at, k), value in zip(names, metrics.values(), strict=True):
        table.loc[metric, f"@{k}" if at else WHOLE] = f"{value:.4f}"
    return table


def as_text(table: "pd.DataFrame") -> str:
    """Returns lines of aligned columns."""
    return "\n".join(line.rstrip() for line in table.to_string().splitlines())


def as_html(caption: str, table: "pd.DataFrame") -> str:
    """Returns an HTML table with a caption."""
    html: str = table.to_html(border=0)
    return html.replace(">", f"><caption>{escape(caption)}</caption>", 1)
