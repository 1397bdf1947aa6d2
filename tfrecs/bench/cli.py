"""The command line of `python -m tfrecs.bench`, for both kinds of run."""

import argparse
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tfrecs._base.command_line import (
    FAILED,
    INTERRUPTED,
    RAN,
    UsageError,
    check_installed,
    refuse,
)
from tfrecs.bench.folder import RESULTS
from tfrecs.bench.options import reworded
from tfrecs.bench.result import OK, Progress
from tfrecs.bench.results_file import check_output, environment, write_json
from tfrecs.bench.run import Ranking
from tfrecs.bench.stream.run import Streaming

if TYPE_CHECKING:
    from rich.table import Table


class Run(Protocol):
    """A run: `Ranking` or `Streaming`.

    Args:
        options: result of `parse`.
        command: the command line.
    """

    program: str
    remedy: str
    problem: Any
    folder: Path

    def __init__(self, options: argparse.Namespace, command: str) -> None: ...

    @staticmethod
    def parse(arguments: Sequence[str]) -> argparse.Namespace:
        """Parses the command line; raises UsageError."""
        ...

    @staticmethod
    def listing() -> str:
        """Returns the names for `--list`."""
        ...

    def results(self, progress: Progress) -> Iterator[Any]:
        """Yields the result of each row as soon as it is known."""
        ...

    def as_json(self, results: Sequence[Any]) -> dict[str, Any]:
        """Returns the results for the JSON file."""
        ...

    def table(self, results: Sequence[Any]) -> "Table":
        """Makes the table of the results."""
        ...

    def remarks(self, results: Sequence[Any]) -> list[str]:
        """Returns lines that explain the table."""
        ...

    def finish(self, results: Sequence[Any]) -> list[str]:
        """Writes the report or plot; returns lines about them and the next steps."""
        ...


def main(arguments: Sequence[str]) -> int:
    """Runs the bench and returns its exit status."""
    is_stream = list(arguments[:1]) == ["stream"]
    kind: type[Run] = Streaming if is_stream else Ranking
    command = shlex.join(["python", "-m", "tfrecs.bench", *arguments])
    try:
        options = kind.parse(arguments[is_stream:])
    except UsageError as error:
        return refuse(kind.program, error)
    if options.list:
        print(kind.listing())
        return RAN
    try:
        check_installed("bench", rich="rich", matplotlib="matplotlib")
        check_output(options.logdir, options.json)
        run = kind(options, command)
    except (ValueError, TypeError, OSError) as error:
        return refuse(kind.program, reworded(error, options))
    except KeyboardInterrupt:
        return _interrupted(kind, "nothing was run")
    return _run(run, options, command)


def _run(run: Run, options: argparse.Namespace, command: str) -> int:
    """Runs all rows, prints and writes; keeps finished rows whatever happens."""
    from rich.console import Console

    show = Console(stderr=True)
    results: list[Any] = []
    stopped: KeyboardInterrupt | OSError | None = None
    try:
        with show.status("starting") as line:
            _collect(run, results, options, command, line.update)
    except (KeyboardInterrupt, OSError) as error:
        stopped = error
        note = "stopped before all models were run"
        run.problem = replace(run.problem, notes=(*run.problem.notes, note))
    try:
        if results:
            _print(run, results)
            with show.status("writing the report"):
                lines = run.finish(results)
            _say([f"All metrics: {options.json or run.folder / RESULTS}", *lines])
    except KeyboardInterrupt:
        return _interrupted(run, "the report was not written")
    except OSError as error:
        stopped = error
    if isinstance(stopped, OSError):
        print(f"{run.program}: {stopped}", file=sys.stderr)
        return FAILED
    if stopped is not None:
        return _interrupted(run, run.remedy)
    return FAILED if any(result.failed for result in results) else RAN


def _collect(
    run: Run,
    results: list[Any],
    options: argparse.Namespace,
    command: str,
    progress: Progress,
) -> None:
    """Adds each result as soon as it is known, to the JSON files as well."""
    about = {**run.problem.as_json(), "environment": environment(command)}
    for result in run.results(progress):
        results.append(result)
        report = {**about, **run.as_json(results)}
        write_json(run.folder / RESULTS, report)
        if options.json is not None:
            write_json(options.json, report)


def _print(run: Run, results: Sequence[Any]) -> None:
    from rich.console import Console

    _say([run.problem.in_one_line, *(f"Note: {note}" for note in run.problem.notes)])
    out, table = Console(), run.table(results)
    wanted = out.measure(table, options=out.options.update(max_width=1000)).maximum
    out.width = max(out.width, wanted)  # a narrow terminal wraps, and cuts nothing
    out.print(table)
    failures = [r for r in results if r.status != OK]
    _say([f"{result.title}: {result.status}" for result in failures], style="red")
    _say(run.remarks(results))


def _say(lines: Sequence[str], style: str = "none") -> None:
    from rich.console import Console

    out = Console()
    for line in lines:
        out.print(line, style=style, highlight=False, markup=False, soft_wrap=True)


def _interrupted(run: "Run | type[Run]", what: str) -> int:
    print(f"{run.program}: interrupted; {what}", file=sys.stderr)
    return INTERRUPTED
