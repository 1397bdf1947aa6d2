"""The table of a tuning run: validation and test, before and after."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tfrecs.bench.result import Result

if TYPE_CHECKING:
    from rich.table import Table

    from tfrecs.training.tuning.trials import Trial, Tuned

TUNED = "tuned-"
"""Prefix of the row with the best settings."""


def tuning_table(
    searches: Mapping[str, "Tuned"], results: Sequence[Result], k: int
) -> tuple["Table", list[str]]:
    """Makes the table, and lines with the settings, what mattered and failures."""
    from rich import box
    from rich.table import Table

    on_test = {result.model: result.metrics for result in results}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("model", no_wrap=True)
    headers = ("trials", "pruned", "failed", "minutes")
    metrics = (f"validation NDCG@{k}", f"test NDCG@{k}", f"test R@{k}")
    for header in (*headers, *metrics):
        table.add_column(header, justify="right", no_wrap=True)
    for name, search in searches.items():
        counts = (len(search.trials), search.count("pruned"), len(search.failures))
        minutes = sum(trial.seconds for trial in search.trials) / 60
        rows = [on_test.get(row, {}) for row in (name, f"{TUNED}{name}")]
        table.add_row(
            name,
            *map(str, counts),
            f"{minutes:.1f}",
            _change(_score(search.default), _score(search.best)),
            *(_change(*(row.get(f"{x}@{k}") for row in rows)) for x in METRICS),
        )
    lines = ["Each cell: default -> best trial. Validation chose; test was not used."]
    for search in searches.values():
        lines += remarks(search)
    return table, lines


METRICS = ("ndcg", "recall")


def remarks(search: "Tuned") -> list[str]:
    """Returns lines about the best settings, what mattered, and failures."""
    lines = []
    if search.best is not None:
        values = {**search.best.values, **_epochs(search.best)}
        lines.append(f"{search.name}, best: {_listed(values)}")
    if search.importances:
        shares = {name: f"{x:.0%}" for name, x in search.importances.items()}
        lines.append(f"{search.name}, what mattered: {_listed(shares)}")
    for trial in search.failures:
        lines.append(f"{search.name}, trial {trial.number}: {trial.status}")
    return lines


def _epochs(trial: "Trial") -> dict[str, Any]:
    return {} if trial.epochs is None else {"epochs": trial.epochs}


def _listed(values: Mapping[str, Any]) -> str:
    shown = {
        name: f"{x:.3g}" if isinstance(x, float) else str(x)
        for name, x in values.items()
    }
    return ", ".join(f"{name} {x}" for name, x in shown.items())


def _score(trial: "Trial | None") -> float | None:
    return None if trial is None else trial.score


def _change(before: float | None, after: float | None) -> str:
    shown = ("-" if x is None else f"{x:.4f}" for x in (before, after))
    return " -> ".join(shown)
