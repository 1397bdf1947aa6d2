"""The table that a run ends with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tfrecs.bench.problem import Problem
from tfrecs.bench.result import OK, ORACLE, Summary

if TYPE_CHECKING:
    from rich.table import Table

HEADERS = {
    "precision": "P",
    "recall": "R",
    "ndcg": "NDCG",
    "micro_precision": "micro P",
    "micro_recall": "micro R",
}
"""Headers of metrics, for each k; the JSON file has all metrics."""


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Args:
        model: name.
        status: "ok", or why the model did not run.
        means: metric to its mean; None if it is not defined.
        others: cells after the metrics.
        stds: metric to its standard deviation over seeds; none for one seed.
        competes: whether the row's values can be the best of a column.
    """

    model: str
    status: str
    means: Mapping[str, float | None]
    others: Sequence[str] = ()
    stds: Mapping[str, float] = field(default_factory=dict)
    competes: bool = True

    def shown(self, metric: str) -> float | None:
        """Returns the mean as the table shows it."""
        mean = self.means.get(metric)
        return None if mean is None else round(mean, 4)

    def cell(self, metric: str, best: float | None) -> str:
        """Returns a metric's cell, with a star if it is the best of the column."""
        mean = self.shown(metric)
        if mean is None:
            return "[dim]-[/] "
        std = f"±{self.stds[metric]:.4f}" if metric in self.stds else ""
        if self.competes and mean == best:
            return f"[bold green]{mean:.4f}{std}*[/]"
        return f"{mean:.4f}{std} "


def make_table(
    metrics: Mapping[str, str], others: Sequence[str], rows: Sequence[Row]
) -> "Table":
    """Makes a table with a row for each model, the best value of a column starred.

    `metrics` has the header of each metric's column, and `others` the headers after.
    """
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("model", no_wrap=True)
    for header in (*metrics.values(), *others):
        table.add_column(header, justify="right", no_wrap=True)
    competing = [row for row in rows if row.status == OK and row.competes]
    shown = {m: [row.shown(m) for row in competing] for m in metrics}
    best = {
        metric: max((mean for mean in means if mean is not None), default=None)
        for metric, means in shown.items()
    }
    for row in rows:
        if row.status == OK:
            cells = [row.cell(metric, best[metric]) for metric in metrics]
            table.add_row(row.model, *cells, *row.others)
        else:
            reason = f"[red]{escape(row.status.partition(':')[0])}[/]"
            table.add_row(row.model, *["[dim]-[/]"] * len(metrics), reason)
    return table


def ranking_table(
    problem: Problem, summaries: Sequence[Summary]
) -> tuple["Table", list[str]]:
    """Makes the table of a ranking run, and lines that explain it.

    The oracle competes for no star.
    """
    rows = [_row(summary) for summary in summaries]
    lines = ["* best of a column. fit s: training on all of train."]
    if (seeds := max(len(summary.results) for summary in summaries)) > 1:
        lines.insert(0, f"Mean ± standard deviation of {seeds} seeds.")
    others = ("fit s", "epochs", "parameters")
    results = [result for summary in summaries for result in summary.results]
    if chosen := [result.selection_seconds for result in results if result.curve]:
        seconds = f"{sum(chosen):.0f} s together"
        lines.append(f"Epochs were chosen on {problem.held_out}, in {seconds}.")
    early = [summary for summary in summaries if summary.stopped_early]
    lines += [f"† out of time: {row.model} {row.stopped_early}" for row in early]
    return make_table(metric_columns(problem), others, rows), lines


def metric_columns(problem: Problem) -> dict[str, str]:
    """Returns the metrics in the table, with the headers of their columns."""
    metrics = ["precision", "recall", "ndcg"]
    if not problem.exclude_seen:
        metrics = ["micro_precision", "micro_recall", *metrics]
    return {f"{m}@{k}": f"{HEADERS[m]}@{k}" for k in problem.cutoffs for m in metrics}


def _row(summary: Summary) -> Row:
    if not summary.done:
        return Row(summary.model, summary.results[0].status, {})
    return Row(
        summary.model,
        OK,
        summary.mean,
        (
            f"{summary.seconds:.2f}",
            f"{summary.epochs:.0f}{'†' if summary.stopped_early else ''}",
            f"{summary.first.parameters:,}",
        ),
        stds=summary.std if summary.num_seeds > 1 else {},
        competes=summary.model != ORACLE,
    )
