"""A ranking run: every model and baseline on one problem."""

import argparse
import math
import shlex
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from tfrecs._base.checks import check_choice
from tfrecs._base.environment import environment
from tfrecs.bench.baselines import BASELINES, BaselineError
from tfrecs.bench.baselines.fitted import OutOfTime
from tfrecs.bench.budget import LARGE_DATA_MINUTES, Budget
from tfrecs.bench.bundles import Bundles
from tfrecs.bench.chosen import NOTHING_CHOSEN, Chosen, read_chosen
from tfrecs.bench.fitters import Fit, fitter_of
from tfrecs.bench.folder import BUNDLES, REPORT, RESULTS, new_folder, next_steps
from tfrecs.bench.measuring import measured
from tfrecs.bench.mlflow_runs import MlflowRuns
from tfrecs.bench.options import METADATA, data_arguments
from tfrecs.bench.problem import Problem, load_problem
from tfrecs.bench.quiet import load_tensorflow
from tfrecs.bench.recipes import is_large, recipes, share_of_time
from tfrecs.bench.report import write_report
from tfrecs.bench.result import Progress, Result, Run, failure, summarize
from tfrecs.bench.results_file import write_json
from tfrecs.bench.resume import read_finished, write_finished
from tfrecs.bench.rows import BY_NAME, Row, model_names, rows_of
from tfrecs.bench.table import ranking_table
from tfrecs.data.datasets import DATASETS
from tfrecs.data.splits import SPLITS


def listing() -> str:
    """Returns the names of data sets, models, baselines and splits."""
    return "\n".join(
        (
            f"data sets: {', '.join(DATASETS)}",
            f"models:    {', '.join(recipes())}",
            f"baselines: {', '.join(BASELINES)}",
            f"by name:   {', '.join(BY_NAME)} (only if asked for)",
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
    began = time.monotonic()
    store = None if options.mlflow is None else MlflowRuns(options.mlflow)
    problem = load_problem(**data_arguments(options, "test", "split", *METADATA))
    chosen = NOTHING_CHOSEN if options.recipes is None else read_chosen(options.recipes)
    for name in options.models or ():
        check_choice("models", name, (*model_names(problem), *chosen.models))
    minutes = _limit(options.minutes, problem)
    rows = rows_of(problem, options.models, options.seeds, limited=minutes is not None)
    folder, kept = _folder(options, problem, rows, command)

    def finish(problem: Problem, results: Sequence[Result]) -> list[str]:
        took = time.monotonic() - began
        write_report(folder / REPORT, problem, results, command=command, seconds=took)
        lines = [] if store is None else [store.log(folder, problem, results)]
        return [*lines, *next_steps(folder, options.logdir)]

    return Run(
        problem,
        folder,
        results=lambda progress: run(
            problem,
            rows,
            epochs=options.epochs,
            minutes=minutes,
            began=began,
            chosen=chosen,
            folder=folder,
            progress=progress,
            kept=kept,
        ),
        summary=lambda results: {"summary": [s.as_json() for s in summarize(results)]},
        table=lambda results: ranking_table(problem, summarize(results)),
        finish=finish,
        seconds=None if minutes is None else 60 * minutes,
        kept=kept,
        how_to_resume=f"; --resume {shlex.quote(str(folder))} continues it",
    )


def _folder(
    options: argparse.Namespace, problem: Problem, rows: Sequence[Row], command: str
) -> tuple[Path, list[Result]]:
    """Returns a new folder, or the one to resume and its finished rows."""
    if options.resume is not None:
        titles = {(row.name, row.seed): row.title for row in rows}
        folder = Path(options.resume)
        return folder, read_finished(folder, problem, titles)
    folder = new_folder(options.logdir, problem.dataset.name)
    about = {**problem.as_json(), "environment": {"command": command, **environment()}}
    write_json(folder / RESULTS, {**about, "results": [], "summary": []})
    return folder, []


def _limit(minutes: float | None, problem: Problem) -> float | None:
    """Returns the minutes of all rows: those asked for, or the default of the data."""
    if minutes is None:
        return LARGE_DATA_MINUTES if is_large(problem.train) else None
    return None if math.isinf(minutes) else minutes


def run(
    problem: Problem,
    rows: Sequence[Row],
    *,
    epochs: int | None,
    minutes: float | None = None,
    began: float | None = None,
    chosen: Chosen = NOTHING_CHOSEN,
    folder: Path,
    progress: Progress,
    kept: Sequence[Result] = (),
) -> Iterator[Result]:
    """Yields the result of each row as soon as it is known, except of those kept.

    Without `epochs` it chooses their number on validation data. The minutes count from
    `began`, or now. `chosen` has settings in place of the usual ones.
    """
    load_tensorflow()
    bundles = Bundles(folder / BUNDLES, problem)
    bundles.restore(kept)
    done = {(result.model, result.seed) for result in kept}
    rows = [row for row in rows if (row.name, row.seed) not in done]
    budget = Budget(
        minutes,
        [share_of_time(row.name) for row in rows if not row.missing],
        began=time.monotonic() if began is None else began,
    )
    fitter = lru_cache(maxsize=1)(
        partial(fitter_of, problem=problem, epochs=epochs, chosen=chosen)
    )
    for row in rows:
        if row.missing:
            status = f"{'failed' if row.asked else 'skipped'}: {row.missing}"
            yield row.without_numbers(status)
            continue
        progress(f"{row.title}: starting")
        shutil.rmtree(folder / row.title, ignore_errors=True)  # of a killed process
        result = _one(row, problem, fitter(row.name), folder, progress, bundles, budget)
        if result.evaluation is not None:
            _log(folder / row.title, problem, result)
            write_finished(folder / row.title, result)
        yield result


def _one(
    row: Row,
    problem: Problem,
    fit: Fit,
    folder: Path,
    progress: Progress,
    bundles: Bundles,
    budget: Budget,
) -> Result:
    """Fits and evaluates one model; an error becomes its status."""

    def show(what: str) -> None:
        progress(f"{row.title}: {what}")

    try:
        deadline = budget.next_deadline()
        model, result = fit(row.seed, folder / row.title, show, deadline)
        show("evaluating")
        began = time.perf_counter()
        result = measured(model, problem, result)
        seconds = time.perf_counter() - began
        bundles.offer(model, result)
        budget.evaluated(time.perf_counter() - began)
    except OutOfTime as error:
        return row.without_numbers(f"{error} (--minutes {budget.minutes:g})")
    except BaselineError as error:
        return Result(row.name, row.seed, str(error))
    except Exception as error:  # one model's failure must not end the run
        return Result(row.name, row.seed, failure(error))
    return replace(result, evaluate_seconds=seconds)


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
