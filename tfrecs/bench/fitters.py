"""Functions that fit the model or baseline of a row."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from tfrecs._base.types import Scorer
from tfrecs.bench.baselines import BASELINES
from tfrecs.bench.baselines.process import ends_by
from tfrecs.bench.chosen import NOTHING_CHOSEN, Chosen
from tfrecs.bench.problem import Problem
from tfrecs.bench.recipes import is_by_shape, recipes
from tfrecs.bench.reranked import RERANKED, fit_reranked
from tfrecs.bench.result import ORACLE, Progress, Result
from tfrecs.evaluation import ScoresUsers

if TYPE_CHECKING:
    from tfrecs.training.recipe import Recipe

Fit: TypeAlias = Callable[
    [int, Path, Progress, float | None], tuple[ScoresUsers | Scorer, Result]
]
"""Takes a seed, a folder for logs, the progress and a deadline by `time.monotonic`;
returns what to evaluate, and a result without an evaluation."""


def fitter_of(
    name: str, problem: Problem, epochs: int | None, chosen: Chosen = NOTHING_CHOSEN
) -> Fit:
    """Returns a function that fits a model; it is compiled once for all seeds."""
    baseline, values = chosen.baselines.get(name, (name, {}))

    def fit_oracle(seed: int, folder: Path, progress: Progress, deadline: Any) -> Any:
        return problem.dataset.oracle, Result(name, seed)

    def fit_baseline(seed: int, folder: Path, progress: Progress, deadline: Any) -> Any:
        progress("fitting")
        with ends_by(deadline):
            fitted = BASELINES[baseline](problem.train, seed, **values)
        return fitted.score_users, Result(
            name,
            seed,
            fit_seconds=fitted.fit_seconds,
            epochs=fitted.epochs,
            parameters=fitted.parameters,
        )

    def settings(seed: int, folder: Path, progress: Progress, deadline: Any) -> Any:
        return {
            "seed": seed,
            "epochs": epochs,
            "logdir": folder,
            "progress": progress,
            "deadline": deadline,
        }

    recipe = cache(partial(_recipe, name, problem, chosen))

    @cache
    def training() -> Any:
        from tfrecs.bench.train import Training

        return Training(recipe(), problem)

    def fit_model(*given: Any) -> Any:
        if recipe().validate_every is not None:
            return training().train(name, **settings(*given))
        from tfrecs.bench.train import train_planned

        return train_planned(name, recipe(), problem, **settings(*given))

    if baseline in BASELINES:
        return fit_baseline
    if name == RERANKED:
        return lambda seed, _, progress, __: fit_reranked(problem, seed, progress)
    return fit_oracle if name == ORACLE else fit_model


def _recipe(name: str, problem: Problem, chosen: Chosen) -> "Recipe":
    """Returns the recipe of a model: the chosen one, or the usual one for the data."""
    if name in chosen.models:
        return chosen.models[name]
    known = recipes(exclude_seen=problem.exclude_seen)[name]
    if not is_by_shape(name, problem.train):
        return known
    from tfrecs.bench.train import metadata_of
    from tfrecs.training.tuning.tune import recipe_by_shape

    metadata = metadata_of(known, problem)
    shape = recipe_by_shape(known, problem.train, metadata)
    return replace(shape, validate_every=None)
