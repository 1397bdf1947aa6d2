"""Functions that fit the model or baseline of a row."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from tfrecs._base.types import Scorer
from tfrecs.bench.baselines import BASELINES
from tfrecs.bench.baselines.process import ends_by
from tfrecs.bench.problem import Problem
from tfrecs.bench.recipes import BY_SHAPE, is_large, recipes
from tfrecs.bench.result import ORACLE, Progress, Result
from tfrecs.evaluation import ScoresUsers

Fit: TypeAlias = Callable[
    [int, Path, Progress, float | None], tuple[ScoresUsers | Scorer, Result]
]
"""Takes a seed, a folder for logs, the progress and a deadline by `time.monotonic`;
returns what to evaluate, and a result without an evaluation."""


def fitter_of(name: str, problem: Problem, epochs: int | None) -> Fit:
    """Returns a function that fits a model; it is compiled once for all seeds."""

    def fit_oracle(seed: int, folder: Path, progress: Progress, deadline: Any) -> Any:
        return problem.dataset.oracle, Result(name, seed)

    def fit_baseline(seed: int, folder: Path, progress: Progress, deadline: Any) -> Any:
        progress("fitting")
        with ends_by(deadline):
            fitted = BASELINES[name](problem.train, seed)
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

    def fit_by_shape(*given: Any) -> Any:
        from tfrecs.bench.train import train_by_shape

        return train_by_shape(name, recipes()[name], problem, **settings(*given))

    @cache
    def training() -> Any:
        from tfrecs.bench.train import Training

        return Training(recipes(exclude_seen=problem.exclude_seen)[name], problem)

    def fit_model(*given: Any) -> Any:
        return training().train(name, **settings(*given))

    if name in BASELINES:
        return fit_baseline
    if name in BY_SHAPE and is_large(problem.train):
        return fit_by_shape
    return fit_oracle if name == ORACLE else fit_model
