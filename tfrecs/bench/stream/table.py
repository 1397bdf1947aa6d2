"""The table that a stream run ends with."""

from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from tfrecs.bench.stream.result import StreamResult

HEADERS = {
    "recall@{k}": "R@{k}",
    "dcg@{k}": "DCG@{k}",
    "mrr": "MRR",
    "known/recall@{k}": "known R@{k}",
    "new/recall@{k}": "new R@{k}",
}
"""Columns of the table; the JSON file has all metrics."""


def make_table(results: Sequence[StreamResult], k: int) -> Table:
    """Gives a table with a row for each model, the best value of a column starred."""
    columns = {name.format(k=k): title.format(k=k) for name, title in HEADERS.items()}
    best = {
        column: max((_rounded(r, column) for r in results), default=-1.0)
        for column in columns
    }
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("model", no_wrap=True)
    for title in (*columns.values(), "events/s", "fit s"):
        table.add_column(title, justify="right", no_wrap=True)
    for result in results:
        table.add_row(*_row(result, best))
    return table


def _row(result: StreamResult, best: Mapping[str, float]) -> list[str | Text]:
    if result.found is None:
        reason = result.status.partition(":")[0]
        return [
            result.model,
            *[Text("-", "dim")] * (len(best) + 1),
            Text(reason, "red"),
        ]
    cells: list[str | Text] = [result.model]
    for column, highest in best.items():
        mean = _rounded(result, column)
        if mean < 0:
            cells.append(Text("- ", "dim"))
        elif mean == highest:
            cells.append(Text(f"{mean:.4f}*", "bold green"))
        else:
            cells.append(f"{mean:.4f} ")
    rate = result.events_per_second
    return [
        *cells,
        "-" if rate is None else f"{rate:,.0f}",
        f"{result.fit_seconds:.2f}",
    ]


def _rounded(result: StreamResult, column: str) -> float:
    """As it is shown; -1 where there is nothing to show."""
    mean = result.metrics.get(column)
    return -1.0 if mean is None else round(mean, 4)
