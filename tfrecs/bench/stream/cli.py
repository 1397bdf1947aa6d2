"""The command line of `python -m tfrecs.bench stream`."""

import sys
from collections.abc import Iterable, Mapping, Sequence
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
from tfrecs.bench.looking import tensorboard
from tfrecs.bench.result import OK, write_json
from tfrecs.bench.stream.folder import RESULTS, finished, open_folder
from tfrecs.bench.stream.options import StreamOptions, parse
from tfrecs.bench.stream.problem import StreamProblem, load_stream
from tfrecs.bench.stream.result import StreamResult
from tfrecs.bench.stream.rows import ROWS
from tfrecs.bench.stream.run import run
from tfrecs.data.datasets import DATASETS

PROGRAM = "tfrecs.bench stream"


def main(arguments: Sequence[str]) -> int:
    """Runs the models over the stream and gives the exit status."""
    try:
        options = parse(arguments)
        if options.list:
            print(f"data sets: {', '.join(DATASETS)}\nmodels:    {', '.join(ROWS)}")
            return RAN
        check_installed("bench", rich="rich", matplotlib="matplotlib")
        for name in options.models or ():
            check_choice("--models", name, ROWS)
        check_output(options.logdir, options.json)
        problem = load_stream(options)
        folder = open_folder(options.logdir, problem, options.resume)
        done = finished(folder, problem)
    except (UsageError, ValueError, TypeError, OSError) as error:
        return refuse(PROGRAM, error)
    command = ["python", "-m", "tfrecs.bench", "stream", *arguments]
    return _bench(options, problem, folder, done, command)


def _bench(
    options: StreamOptions,
    problem: StreamProblem,
    folder: Path,
    done: dict[str, StreamResult],
    command: Sequence[str],
) -> int:
    """Runs and prints; keeps what was finished when it is interrupted."""
    from rich.console import Console

    progress = Console(stderr=True)
    results: list[StreamResult] = []
    status = RAN
    about = {**problem.as_json(), "environment": environment(command)}
    with progress.status("starting") as line:
        try:
            for result in run(
                problem,
                options.models,
                done,
                folder=folder,
                every=options.every,
                tell=line.update,
            ):
                results.append(result)
                done[result.model] = result
                write_json(folder / RESULTS, _report(about, done.values()))
                if options.json is not None:
                    write_json(options.json, _report(about, results))
        except KeyboardInterrupt:
            status = INTERRUPTED
    _print(problem, results, folder, options)
    if status == INTERRUPTED:
        print(f"{PROGRAM}: interrupted; --resume goes on with it", file=sys.stderr)
        return status
    return FAILED if any(result.status != OK for result in results) else RAN


def _report(
    about: Mapping[str, Any], results: Iterable[StreamResult]
) -> dict[str, Any]:
    """The JSON file."""
    return {**about, "results": [result.as_json() for result in results]}


def _print(
    problem: StreamProblem,
    results: list[StreamResult],
    folder: Path,
    options: StreamOptions,
) -> None:
    from rich.console import Console

    from tfrecs.bench.stream.plot import draw
    from tfrecs.bench.stream.table import make_table

    out: Any = Console()
    say = partial(out.print, highlight=False, markup=False, soft_wrap=True)
    say(problem.in_one_line)
    for note in problem.notes:
        say(f"Note: {note}")
    table = make_table(results, problem.k)
    wanted = out.measure(table, options=out.options.update(max_width=1000)).maximum
    out.width = max(out.width, wanted)  # a narrow terminal wraps, and cuts nothing
    out.print(table)
    for result in results:
        if result.status != OK:
            say(f"{result.model}: {result.status}", style="red")
    say(
        "* best of a column. R: recall, of all events, of known users, and of new ones."
    )
    if any(result.found is not None for result in results):
        say(f"Moving averages: {draw(folder, problem, results)}")
    say(f"All metrics: {options.json or folder / RESULTS}")
    say(f"See the runs: {tensorboard(options.logdir)}")
