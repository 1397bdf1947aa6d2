"""The table that a bench run ends with."""

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from tfrecs.bench.problem import Problem
from tfrecs.bench.result import OK, Summary

HEADERS = {
    "precision": "P",
    "recall": "R",
    "ndcg": "NDCG",
    "micro_precision": "micro P",
    "micro_recall": "micro R",
}
"""Columns of the table, for each k; the JSON file has all metrics."""


def make_table(problem: Problem, summaries: Sequence[Summary]) -> Table:
    """Gives a table with a row for each model, the best value of a column starred.

    The oracle, which knows the truth, competes for no star.
    """
    columns = metric_columns(problem)
    competing = [s for s in summaries if s.mean and s.model != "oracle"]
    best = {
        c: max((round(s.mean[c], 4) for s in competing), default=None) for c in columns
    }

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("model", no_wrap=True)
    for column in columns:
        metric, _, k = column.partition("@")
        table.add_column(f"{HEADERS[metric]}@{k}", justify="right", no_wrap=True)
    for header in ("fit s", "epochs", "parameters"):
        table.add_column(header, justify="right", no_wrap=True)
    for summary in summaries:
        table.add_row(*_row(summary, columns, best))
    return table


def metric_columns(problem: Problem) -> list[str]:
    """The metrics that a table shows."""
    metrics = ["precision", "recall", "ndcg"]
    if not problem.exclude_seen:
        metrics = ["micro_precision", "micro_recall", *metrics]
    return [f"{metric}@{k}" for k in problem.cutoffs for metric in metrics]


def failures(summaries: Sequence[Summary]) -> list[str]:
    """A line for each model that has no numbers, with the reason."""
    return [
        f"{result.model}, seed {result.seed}: {result.status}"
        for summary in summaries
        for result in summary.results
        if result.status != OK
    ]


def _row(
    summary: Summary, columns: Sequence[str], best: dict[str, float | None]
) -> list[str | Text]:
    done = [result for result in summary.results if result.status == OK]
    if not done:
        reason = summary.results[0].status.partition(":")[0]
        return [summary.model, *[Text("-", "dim")] * len(columns), Text(reason, "red")]
    cells: list[str | Text] = [summary.model]
    for column in columns:
        mean = round(summary.mean[column], 4)
        text = f"{mean:.4f}"
        if len(done) > 1:
            text += f"±{summary.std[column]:.4f}"
        is_best = summary.model != "oracle" and mean == best[column]
        cells.append(Text(f"{text}*", "bold green") if is_best else f"{text} ")
    seconds = sum(result.fit_seconds for result in done) / len(done)
    epochs = sum(result.epochs for result in done) / len(done)
    return [*cells, f"{seconds:.2f}", f"{epochs:.0f}", f"{done[0].parameters:,}"]
