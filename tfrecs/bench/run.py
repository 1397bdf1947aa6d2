"""Runs every model that was asked for on one problem."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeAlias

from tfrecs._base.types import Scorer
from tfrecs.bench._quiet import load_tensorflow
from tfrecs.bench.baselines import BASELINES, BaselineError
from tfrecs.bench.bundles import Bundles
from tfrecs.bench.folder import BUNDLES
from tfrecs.bench.measuring import measured
from tfrecs.bench.problem import Problem
from tfrecs.bench.recipes import RECIPES, RECIPES_INCLUDING_SEEN
from tfrecs.bench.result import Result, Tell
from tfrecs.evaluation import ScoresUsers

Fit: TypeAlias = Callable[[int, Path, Tell], tuple[ScoresUsers | Scorer, Result]]
"""Takes a seed, a folder for logs and whom to tell; gives what to evaluate."""

ORACLE = "oracle"
"""The row of the true scores, where the data were generated."""


def model_names(problem: Problem | None = None) -> list[str]:
    """Names of all rows that a problem can have."""
    known = problem is not None and problem.dataset.oracle is not None
    return [*BASELINES, *([ORACLE] if known else []), *RECIPES]


def run(
    problem: Problem,
    names: tuple[str, ...] | None,
    *,
    seeds: int,
    epochs: int | None,
    folder: Path,
    tell: Tell,
) -> Iterator[Result]:
    """Gives a result for each model and seed, as soon as it is there.

    Args:
        problem: data and protocol.
        names: the models; None for all that fit the data.
        seeds: runs of each, with seeds 0, 1, ...
        epochs: passes over the data; None to choose them on validation data.
        folder: of the run; see `tfrecs.bench.folder`.
        tell: told what is going on.
    """
    load_tensorflow()
    bundles = Bundles(folder / BUNDLES, problem)
    for name in names or model_names(problem):
        fit = _fitter(name, problem, epochs)
        for seed in range(seeds):
            suffix = f"-seed{seed}" if seeds > 1 else ""
            tell(f"{name}{suffix}")
            result = _one(
                name,
                problem,
                fit,
                seed=seed,
                folder=folder / f"{name}{suffix}",
                asked=names is not None,
                tell=partial(_tell_of, tell, f"{name}{suffix}"),
                bundles=bundles,
            )
            if result.evaluation is not None:
                _log(folder / f"{name}{suffix}", problem, result)
            yield result


def _tell_of(tell: Tell, who: str, what: str) -> None:
    tell(f"{who}: {what}")


def _one(
    name: str,
    problem: Problem,
    fit: Fit,
    *,
    seed: int,
    folder: Path,
    asked: bool,
    tell: Tell,
    bundles: Bundles,
) -> Result:
    """Fits and evaluates one model; what goes wrong becomes its status."""
    why = _lacking(name, problem)
    if why is not None:
        if asked:
            return Result(name, seed, f"failed: {why}")
        return Result(name, seed, f"skipped: {why}", skipped=True)
    try:
        model, result = fit(seed, folder, tell)
        tell("evaluating")
        began = time.perf_counter()
        result = measured(model, problem, result)
        seconds = time.perf_counter() - began
        bundles.offer(model, result)
    except BaselineError as error:
        return Result(name, seed, str(error))
    except Exception as error:  # one model's failure must not take the others with it
        told = (type(error).__name__, str(error).strip().partition("\n")[0])
        return Result(name, seed, ": ".join(["failed", *filter(None, told)]))
    return replace(result, evaluate_seconds=seconds)


def _lacking(name: str, problem: Problem) -> str | None:
    """What a model needs of the data and they have not; None for nothing."""
    recipe = RECIPES.get(name)
    if recipe is not None and recipe.features and not problem.has_features:
        return "the data have no user or item features"
    if recipe is not None and recipe.buckets and problem.item_buckets is None:
        return "the data have no categories of items"
    return None


def _fitter(name: str, problem: Problem, epochs: int | None) -> Fit:
    """Gives what fits a model with a seed; what it compiles serves all seeds."""

    def fit_oracle(seed: int, folder: Path, tell: Tell) -> Any:
        return problem.dataset.oracle, Result(name, seed)

    def fit_baseline(seed: int, folder: Path, tell: Tell) -> Any:
        fitted = BASELINES[name](problem.train, seed)
        return fitted.score_users, Result(
            name,
            seed,
            fit_seconds=fitted.fit_seconds,
            epochs=fitted.epochs,
            parameters=fitted.parameters,
        )

    @cache
    def training() -> Any:
        from tfrecs.bench.train import Training

        recipes = RECIPES if problem.exclude_seen else RECIPES_INCLUDING_SEEN
        return Training(recipes[name], problem)

    def fit_model(seed: int, folder: Path, tell: Tell) -> Any:
        return training().train(
            name, seed=seed, epochs=epochs, logdir=folder, tell=tell
        )

    if name in BASELINES:
        return fit_baseline
    return fit_oracle if name == ORACLE else fit_model


def _log(folder: Path, problem: Problem, result: Result) -> None:
    """Writes the run's settings and test metrics for TensorBoard's HParams."""
    from tfrecs.callbacks import log_result

    run = {
        "model": result.model,
        "dataset": problem.dataset.name,
        "split": problem.split,
        "seed": result.seed,
        "epochs": result.epochs,
    }
    metrics = {f"test/{name}": value for name, value in result.metrics.items()}
    metrics["fit_seconds"] = result.fit_seconds
    log_result(folder, {**result.hparams, **run}, metrics)
