"""The rows of a ranking run, in the order in which they run."""

from typing import NamedTuple

from tfrecs.bench.baselines import BASELINES
from tfrecs.bench.problem import Problem
from tfrecs.bench.recipes import HISTORIES, in_order, is_large, is_quick, recipes
from tfrecs.bench.reranked import RERANKED
from tfrecs.bench.result import ORACLE, Result

NEXT_ITEM = (*HISTORIES, "recent-popularity", "markov", "history-knn")
"""Rows that learn what comes next."""

BY_NAME = (RERANKED,)
"""Rows that run only where they are asked for."""


class Row(NamedTuple):
    """A model and seed to run.

    Args:
        name: name of the model.
        seed: the seed.
        title: name of its folder.
        missing: why it cannot run; empty if it can.
        asked: whether it was asked for by name.
    """

    name: str
    seed: int
    title: str
    missing: str
    asked: bool

    def without_numbers(self, reason: str) -> Result:
        """Returns the result of a row that did not run, which fails if asked for."""
        return Result(self.name, self.seed, reason, skipped=not self.asked)


def model_names(problem: Problem | None = None) -> list[str]:
    """Returns the names of all rows that a problem can have."""
    known = problem is not None and problem.dataset.oracle is not None
    return [*BASELINES, *([ORACLE] if known else []), *recipes(), *BY_NAME]


def rows_of(
    problem: Problem, names: tuple[str, ...] | None, seeds: int, *, limited: bool
) -> list[Row]:
    """Returns the rows in the order in which they run.

    Rows that learn the next item run by default where the test data are later.
    """
    every = [
        name
        for name in model_names(problem)
        if name not in BY_NAME and (problem.is_by_time or name not in NEXT_ITEM)
    ]
    rows = []
    for name in names or (in_order(every) if limited else every):
        missing = _missing(name, problem)
        if not missing and names is None:
            missing = _left_out(name, problem)
        for seed in range(seeds):
            title = f"{name}-seed{seed}" if seeds > 1 else name
            rows.append(Row(name, seed, title, missing, names is not None))
    return rows


def _missing(name: str, problem: Problem) -> str:
    """Returns what a model needs that the data do not have; empty for nothing."""
    if name == "recent-popularity" and problem.train.timestamps is None:
        return "the data have no times"
    if name == RERANKED and not problem.exclude_seen:
        return "a second stage ranks unseen items alone"
    recipe = recipes().get(name)
    if recipe is not None and recipe.features and not problem.has_features:
        return "the data have no user or item features"
    if recipe is not None and recipe.buckets and problem.item_buckets is None:
        return "the data have no categories of items"
    return ""


def _left_out(name: str, problem: Problem) -> str:
    """Returns why a row does not run unless it is asked for; empty if it does."""
    if is_large(problem.train) and not is_quick(name, problem.train):
        return f"long on data of this size: ask with --models {name}"
    return ""
