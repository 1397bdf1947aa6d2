"""The command line of `python -m tfrecs.bench`."""

import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tfrecs._base.checks import check_choice
from tfrecs._base.command_line import (
    FAILED,
    INTERRUPTED,
    RAN,
    UsageError,
    check_installed,
    refuse,
)
from tfrecs.bench.command import check_output, environment
from tfrecs.bench.folder import REPORT, RESULTS, new_folder
from tfrecs.bench.looking import where_to_look
from tfrecs.bench.options import Options, parse
from tfrecs.bench.problem import Problem, load_problem
from tfrecs.bench.recipes import RECIPES
from tfrecs.bench.report import write_report
from tfrecs.bench.result import OK, Result, Tell, summarize, write_json
from tfrecs.bench.run import model_names, run
from tfrecs.data.datasets import DATASETS
from tfrecs.data.splits import SPLITS


def main(arguments: Sequence[str]) -> int:
    """Runs the bench and gives its exit status."""
    if list(arguments[:1]) == ["stream"]:
        from tfrecs.bench.stream.cli import main as stream

        return stream(arguments[1:])
    try:
        options = parse(arguments)
        if options.list:
            print(_listing())
            return RAN
        check_installed("bench", rich="rich", matplotlib="matplotlib")
        check_output(options.logdir, options.json)
        problem = load_problem(options)
        for name in options.models or ():
            check_choice("--models", name, model_names(problem))
        folder = new_folder(options.logdir, problem.dataset.name)
    except (UsageError, ValueError, TypeError, OSError) as error:
        return refuse("tfrecs.bench", error)
    except KeyboardInterrupt:
        return _interrupted("nothing was run")
    command = ["python", "-m", "tfrecs.bench", *arguments]
    return _bench(options, problem, folder, command)


def _interrupted(what: str) -> int:
    print(f"tfrecs.bench: interrupted; {what}", file=sys.stderr)
    return INTERRUPTED


def _bench(
    options: Options, problem: Problem, folder: Path, command: Sequence[str]
) -> int:
    """Trains, prints and writes; what was finished stays, whatever then happens."""
    from rich.console import Console

    progress = Console(stderr=True)
    began = time.perf_counter()
    results: list[Result] = []
    stopped: KeyboardInterrupt | OSError | None = None
    try:
        with progress.status("starting") as line:
            _train(options, problem, folder, command, results, line.update)
    except (KeyboardInterrupt, OSError) as error:
        stopped = error
        note = "stopped before all models were run"
        problem = replace(problem, notes=(*problem.notes, note))
    try:
        if results:
            _print(Console(), problem, results, options)
            with progress.status("writing the report"):
                write_report(
                    folder / REPORT,
                    problem,
                    results,
                    command=shlex.join(command),
                    seconds=time.perf_counter() - began,
                )
            _print_where(Console(), folder, options)
    except KeyboardInterrupt:
        return _interrupted("the report was not written")
    except OSError as error:
        stopped = error
    if isinstance(stopped, OSError):
        print(f"tfrecs.bench: {stopped}", file=sys.stderr)
        return FAILED
    if stopped is not None:
        return _interrupted("the rest was not run")
    failed = [r for r in results if r.status != OK and not r.skipped]
    return FAILED if failed else RAN


def _train(
    options: Options,
    problem: Problem,
    folder: Path,
    command: Sequence[str],
    results: list[Result],
    tell: Tell,
) -> None:
    """Adds each result as soon as it is there, to the JSON files too."""
    for result in run(
        problem,
        options.models,
        seeds=options.seeds,
        epochs=options.epochs,
        folder=folder,
        tell=tell,
    ):
        results.append(result)
        report = _report(problem, results, command)
        write_json(folder / RESULTS, report)
        if options.json is not None:
            write_json(options.json, report)


def _print_where(out: Any, folder: Path, options: Options) -> None:
    lines = [
        f"All metrics: {options.json or folder / RESULTS}",
        *where_to_look(folder, options.logdir),
    ]
    for line in lines:
        out.print(line, highlight=False, markup=False, soft_wrap=True)


def _print(out: Any, problem: Problem, results: list[Result], options: Options) -> None:
    from tfrecs.bench.table import failures, make_table

    summaries = summarize(results)
    say = partial(out.print, highlight=False, markup=False, soft_wrap=True)
    say(problem.in_one_line)
    for note in problem.notes:
        say(f"Note: {note}")
    table = make_table(problem, summaries)
    wanted = out.measure(table, options=out.options.update(max_width=1000)).maximum
    out.width = max(out.width, wanted)  # a narrow terminal wraps, and cuts nothing
    out.print(table)
    for failure in failures(summaries):
        say(failure, style="red")
    if options.seeds > 1:
        say(f"Mean ± standard deviation of {options.seeds} seeds.")
    say("* best of a column. fit s: training on all of train.")
    chosen = [result.selection_seconds for result in results if result.curve]
    if chosen:
        say(f"Epochs were chosen on a tenth of train, in {sum(chosen):.0f} s together.")


def _report(
    problem: Problem, results: list[Result], command: Sequence[str]
) -> dict[str, Any]:
    """The JSON file."""
    return {
        **problem.as_json(),
        "environment": environment(command),
        "results": [result.as_json() for result in results],
        "summary": [summary.as_json() for summary in summarize(results)],
    }


def _listing() -> str:
    return "\n".join(
        (
            f"data sets: {', '.join(DATASETS)}",
            f"models:    {', '.join(RECIPES)}",
            f"baselines: {', '.join(n for n in model_names() if n not in RECIPES)}",
            f"splits:    {', '.join(SPLITS)}, and the data set's own (ml-100k: ua)",
            "streams:   python -m tfrecs.bench stream --list",
        )
    )
