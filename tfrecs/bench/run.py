"""A ranking run: every model and baseline on one problem."""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from tfrecs._base.checks import check_choice
from tfrecs._base.types import Scorer
from tfrecs.bench.baselines import BASELINES, BaselineError
from tfrecs.bench.bundles import Bundles
from tfrecs.bench.folder import BUNDLES, REPORT, new_folder, next_steps
from tfrecs.bench.measuring import measured
from tfrecs.bench.options import data_arguments
from tfrecs.bench.problem import Problem, load_problem
from tfrecs.bench.quiet import load_tensorflow
from tfrecs.bench.recipes import BY_SHAPE, is_large, is_quick, recipes
from tfrecs.bench.report import write_report
from tfrecs.bench.result import ORACLE, Progress, Result, Run, failure, summarize
from tfrecs.bench.table import ranking_table
from tfrecs.data.datasets import DATASETS
from tfrecs.data.splits import SPLITS
from tfrecs.evaluation import ScoresUsers

Fit: TypeAlias = Callable[[int, Path, Progress], tuple[ScoresUsers | Scorer, Result]]
"""Takes a seed, a folder for logs and the progress; returns what to evaluate."""


def model_names(problem: Problem | None = None) -> list[str]:
    """Returns the names of all rows that a problem can have."""
    known = problem is not None and problem.dataset.oracle is not None
    return [*BASELINES, *([ORACLE] if known else []), *recipes()]


def listing() -> str:
    """Returns the names of data sets, models, baselines and splits."""
    return "\n".join(
        (
            f"data sets: {', '.join(DATASETS)}",
            f"models:    {', '.join(recipes())}",
            f"baselines: {', '.join(BASELINES)}",
            f"splits:    {', '.join(SPLITS)}, and the data set's own (ml-100k: ua)",
            "streams:   python -m tfrecs.bench stream --list",
        )
    )


def start(options: argparse.Namespace, command: str) -> Run:
    """Reads the data that the options name, and makes the folder of the run.

    Raises:
        ValueError: if an option or the data are invalid.
        OSError: if the data are missing or the folder cannot be made.
    """
    problem = load_problem(**data_arguments(options, "test", "split"))
    for name in options.models or ():
        check_choice("models", name, model_names(problem))
    folder = new_folder(options.logdir, problem.dataset.name)
    began = time.perf_counter()

    def finish(problem: Problem, results: Sequence[Result]) -> list[str]:
        write_report(
            folder / REPORT,
            problem,
            results,
            command=command,
            seconds=time.perf_counter() - began,
        )
        return next_steps(folder, options.logdir)

    return Run(
        problem,
        folder,
        results=lambda progress: run(
            problem,
            options.models,
            seeds=options.seeds,
            epochs=options.epochs,
            folder=folder,
            progress=progress,
        ),
        summary=lambda results: {"summary": [s.as_json() for s in summarize(results)]},
        table=lambda results: ranking_table(problem, summarize(results)),
        finish=finish,
    )


def run(
    problem: Problem,
    names: tuple[str, ...] | None,
    *,
    seeds: int,
    epochs: int | None,
    folder: Path,
    progress: Progress,
) -> Iterator[Result]:
    """Yields the result of each model and seed as soon as it is known.

    Without `names` it runs all models that suit the data. Without `epochs` it chooses
    their number on validation data. Seeds are 0, 1, ...
    """
    load_tensorflow()
    bundles = Bundles(folder / BUNDLES, problem)
    quick_alone = names is None and is_large(problem.train)
    for name in names or model_names(problem):
        fit = _fitter(name, problem, epochs)
        for seed in range(seeds):
            title = f"{name}-seed{seed}" if seeds > 1 else name
            progress(title)
            missing = _missing(name, problem)
            if not missing and quick_alone and not is_quick(name, problem.train):
                missing = f"long on data of this size: ask with --models {name}"
            if missing:
                status = f"{'failed' if names else 'skipped'}: {missing}"
                yield Result(name, seed, status, skipped=not names)
                continue

            def show(what: str, title: str = title) -> None:
                progress(f"{title}: {what}")

            result = _one(name, problem, fit, seed, folder / title, show, bundles)
            if result.evaluation is not None:
                _log(folder / title, problem, result)
            yield result


def _one(
    name: str,
    problem: Problem,
    fit: Fit,
    seed: int,
    folder: Path,
    progress: Progress,
    bundles: Bundles,
) -> Result:
    """Fits and evaluates one model; an error becomes its status."""
    try:
        model, result = fit(seed, folder, progress)
        progress("evaluating")
        began = time.perf_counter()
        result = measured(model, problem, result)
        seconds = time.perf_counter() - began
        bundles.offer(model, result)
    except BaselineError as error:
        return Result(name, seed, str(error))
    except Exception as error:  # one model's failure must not end the run
        return Result(name, seed, failure(error))
    return replace(result, evaluate_seconds=seconds)


def _missing(name: str, problem: Problem) -> str | None:
    """Returns what a model needs that the data do not have, if anything."""
    recipe = recipes().get(name)
    if recipe is not None and recipe.features and not problem.has_features:
        return "the data have no user or item features"
    if recipe is not None and recipe.buckets and problem.item_buckets is None:
        return "the data have no categories of items"
    return None


def _fitter(name: str, problem: Problem, epochs: int | None) -> Fit:
    """Returns a function that fits a model; it is compiled once for all seeds."""

    def fit_oracle(seed: int, folder: Path, progress: Progress) -> Any:
        return problem.dataset.oracle, Result(name, seed)

    def fit_baseline(seed: int, folder: Path, progress: Progress) -> Any:
        fitted = BASELINES[name](problem.train, seed)
        return fitted.score_users, Result(
            name,
            seed,
            fit_seconds=fitted.fit_seconds,
            epochs=fitted.epochs,
            parameters=fitted.parameters,
        )

    def fit_by_shape(seed: int, folder: Path, progress: Progress) -> Any:
        from tfrecs.bench.train import train_by_shape

        recipe = recipes()[name]
        return train_by_shape(
            name,
            recipe,
            problem,
            seed=seed,
            epochs=epochs,
            logdir=folder,
            progress=progress,
        )

    @cache
    def training() -> Any:
        from tfrecs.bench.train import Training

        return Training(recipes(exclude_seen=problem.exclude_seen)[name], problem)

    def fit_model(seed: int, folder: Path, progress: Progress) -> Any:
        return training().train(
            name, seed=seed, epochs=epochs, logdir=folder, progress=progress
        )

    if name in BASELINES:
        return fit_baseline
    if name in BY_SHAPE and is_large(problem.train):
        return fit_by_shape
    return fit_oracle if name == ORACLE else fit_model


def _log(folder: Path, problem: Problem, result: Result) -> None:
    """Writes the settings and test metrics for TensorBoard's HParams."""
    from tfrecs.callbacks import log_result

    about = {
        "model": result.model,
        "dataset": problem.dataset.name,
        "split": problem.split,
        "seed": result.seed,
        "epochs": result.epochs,
    }
    metrics = {f"test/{name}": value for name, value in result.metrics.items()}
    metrics["fit_seconds"] = result.fit_seconds
    log_result(folder, {**result.hparams, **about}, metrics)
