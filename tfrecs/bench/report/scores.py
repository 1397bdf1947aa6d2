"""The table of all models."""

from collections.abc import Iterable, Mapping
from functools import partial

from tfrecs.bench.problem import Problem
from tfrecs.bench.report.answer import PROPER
from tfrecs.bench.report.findings import Findings, Row
from tfrecs.bench.report.markup import (
    listed,
    p_in_words,
    scroll,
    seconds_in_words,
    text,
)
from tfrecs.bench.result import ORACLE, Result
from tfrecs.bench.table import HEADERS, metric_columns


def scores_table(problem: Problem, found: Findings, places: Mapping[str, int]) -> str:
    """Gives the table, the best model first.

    Args:
        problem: names the columns.
        found: the rows.
        places: of the models among all, for their classes.
    """
    columns = metric_columns(problem)
    best = {
        column: max(
            (round(row.summary.mean[column], 4) for row in found.competing),
            default=None,
        )
        for column in columns
    }
    row = partial(_row, found=found, best=best, places=places)
    lines = "".join(map(row, found.rows))
    width = len(columns) + 3 + bool(found.to_baseline)
    lines += _missing(found.missing, width)
    inside = (
        f"<table class='scores'><caption>{_caption(found)}</caption>"
        f"<thead><tr>{_head(columns, found)}</tr></thead><tbody>{lines}</tbody></table>"
    )
    return scroll("Table of all models", inside)


def _caption(found: Findings) -> str:
    told = (
        "★ is the best value of a column"
        + ". Small print below a value is the 95% interval of the mean over users"
        * (found.num_users > 1)
    )
    if any(row.num_seeds > 1 for row in found.rows):
        told += ". After ± is the standard deviation over seeds"
    if found.baseline is not None and found.to_baseline:
        told += (
            f". The difference to {PROPER[found.baseline]} has p values of a paired "
            "randomization test over users with Holm's correction"
        )
    return f"{text(told)}."


def _head(columns: list[str], found: Findings) -> str:
    names = [_short(column) for column in columns]
    if found.baseline is not None and found.to_baseline:
        names.append(f"{_short(found.metric)} to {PROPER[found.baseline]}")
    names = ["model", *names, "training", "epochs", "parameters"]
    return "".join(f'<th scope="col">{text(name)}</th>' for name in names)


def _short(column: str) -> str:
    metric, _, k = column.partition("@")
    return f"{HEADERS[metric]}@{k}"


def _row(
    row: Row,
    *,
    found: Findings,
    best: Mapping[str, float | None],
    places: Mapping[str, int],
) -> str:
    cells = [_value(row, column, best[column]) for column in best]
    if found.to_baseline:
        cells.append(_difference(row, found))
    cells.append(f"<td>{text(seconds_in_words(row.seconds))}</td>")
    cells.append(f"<td>{row.epochs:.0f}</td><td>{row.parameters:,}</td>")
    note = "<small>knows the truth</small>" if row.model == ORACLE else ""
    asked = len(row.summary.results)
    if row.num_seeds < asked:
        note += f"<small>{row.num_seeds} of {asked} seeds</small>"
    return (
        f'<tr class="m{places[row.model]}"><th scope="row">{text(row.model)}{note}</th>'
        f"{''.join(cells)}</tr>"
    )


def _value(row: Row, column: str, best: float | None) -> str:
    mean = round(row.summary.mean[column], 4)
    is_best = mean == best and row.model != ORACLE
    star = '<span class="star"><span class="hidden">best </span>★</span>' * is_best
    told = f"{mean:.4f}{star}"
    small = ""
    if row.num_seeds > 1:
        small += f"<small>± {row.summary.std[column]:.4f}</small>"
    if column in row.summary.ci95:
        low, high = row.summary.ci95[column]
        small += f"<small>{low:.4f}\u2013{high:.4f}</small>"
    return f"<td{' class=best' * is_best}>{told}{small}</td>"


def _difference(row: Row, found: Findings) -> str:
    if row.model not in found.to_baseline:
        return "<td></td>"
    c = found.to_baseline[row.model]
    sign = "▲" if c.test.difference > 0 else "▼"
    word = "higher" if c.test.difference > 0 else "lower"
    if not c.significant:
        sign, word = "≈", "not significant"
    return (
        f'<td>{c.test.difference:+.4f} <span class="hidden">{word} </span>'
        f'<span aria-hidden="true">{sign}</span>'
        f"<small>{text(p_in_words(c.p_value))}</small></td>"
    )


def _missing(results: Iterable[Result], width: int) -> str:
    """A row for each model and reason, with the seeds that it holds for."""
    seeds: dict[tuple[str, str], list[str]] = {}
    for result in results:
        seeds.setdefault((result.model, result.status), []).append(f"{result.seed}")
    return "".join(
        f'<tr class="missing"><th scope="row">{text(model)}{_of_seeds(of)}</th>'
        f'<td colspan="{width}"><span dir="auto">{text(status)}</span></td></tr>'
        for (model, status), of in seeds.items()
    )


def _of_seeds(seeds: list[str]) -> str:
    if seeds == ["0"]:
        return ""
    return f"<small>seed{'s' * (len(seeds) > 1)} {listed(seeds)}</small>"
