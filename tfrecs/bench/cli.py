"""The command line of `python -m tfrecs.bench`, for both kinds of run."""

import argparse
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tfrecs._base.command_line import (
    FAILED,
    INTERRUPTED,
    RAN,
    check_installed,
    refuse,
)
from tfrecs._base.environment import environment
from tfrecs.bench import run as ranking
from tfrecs.bench.folder import RESULTS
from tfrecs.bench.options import parse, resumed, reworded
from tfrecs.bench.result import OK, Run
from tfrecs.bench.results_file import check_output, write_json
from tfrecs.bench.resume import read_command
from tfrecs.bench.stream import run as stream
from tfrecs.bench.stream.options import parse as parse_stream

if TYPE_CHECKING:
    from tfrecs.bench.heartbeat import Heartbeat


class Kind(NamedTuple):
    """A kind of run.

    Args:
        program: name before its errors.
        start: takes the options and the command; reads the data and makes the folder.
        after_interrupt: message after an interruption.
    """

    program: str
    parse: Callable[[Sequence[str]], argparse.Namespace]
    listing: Callable[[], str]
    start: Callable[[argparse.Namespace, str], Run]
    after_interrupt: str


RANKING = Kind(
    "tfrecs.bench",
    parse,
    ranking.listing,
    ranking.start,
    "the rest was not run",
)
STREAM = Kind(
    "tfrecs.bench stream",
    parse_stream,
    stream.listing,
    stream.start,
    "--resume continues it",
)


def main(arguments: Sequence[str]) -> int:
    """Runs the bench and returns its exit status."""
    is_stream = list(arguments[:1]) == ["stream"]
    kind = STREAM if is_stream else RANKING
    command = shlex.join(["python", "-m", "tfrecs.bench", *arguments])
    try:
        options = kind.parse(arguments[is_stream:])
        if kind is RANKING and options.resume is not None:
            command, earlier = read_command(Path(options.resume))
            options = resumed(options, earlier)
    except ValueError as error:
        return refuse(kind.program, error)
    if options.list:
        print(kind.listing())
        return RAN
    try:
        check_installed("bench", rich="rich", matplotlib="matplotlib")
        check_output(options.logdir, options.json)
        from tfrecs.bench.heartbeat import Heartbeat

        heart = Heartbeat()
        with heart.during("reading the data"):
            run = starting(kind, options)(options, command)
    except (ValueError, TypeError, OSError) as error:
        return refuse(kind.program, reworded(error, options))
    except KeyboardInterrupt:
        return _interrupted(kind, "nothing was run")
    return _run(kind, run, options, command, heart)


def starting(
    kind: Kind, options: argparse.Namespace
) -> Callable[[argparse.Namespace, str], Run]:
    """Returns the start of a run, which is another one for tuning."""
    if kind is RANKING and options.tune is not None:
        from tfrecs.bench.tuning.run import start

        return start
    return kind.start


def _run(
    kind: Kind,
    run: Run,
    options: argparse.Namespace,
    command: str,
    heart: "Heartbeat",
) -> int:
    """Runs all rows, prints and writes; keeps finished rows whatever happens."""
    results = list(run.kept)
    stopped: KeyboardInterrupt | OSError | None = None
    heart.limit = run.seconds
    try:
        _say([run.problem.in_one_line, *_facts(run), *_notes(run)])
        _collect(run, results, options, command, heart)
    except (KeyboardInterrupt, OSError) as error:
        stopped = error
        note = "stopped before all models were run"
        run.problem = replace(run.problem, notes=(*run.problem.notes, note))
    try:
        if results:
            _say(_notes(run)[-1:] if stopped else ())
            _print(run, results)
            with heart.during("writing the report"):
                lines = run.finish(run.problem, results)
            _say([f"All metrics: {options.json or run.folder / RESULTS}", *lines])
    except KeyboardInterrupt:
        return _interrupted(kind, "the report was not written")
    except OSError as error:
        stopped = error
    if isinstance(stopped, OSError):
        print(f"{kind.program}: {stopped}", file=sys.stderr)
        return FAILED
    if stopped is not None:
        return _interrupted(kind, kind.after_interrupt + run.how_to_resume)
    return FAILED if any(result.failed for result in results) else RAN


def _collect(
    run: Run,
    results: list[Any],
    options: argparse.Namespace,
    command: str,
    heart: "Heartbeat",
) -> None:
    """Adds each result as soon as it is known, to the JSON files as well."""
    about = {
        **run.problem.as_json(),
        "environment": {"command": command, **environment()},
    }

    def write() -> None:
        rows = [result.as_json() for result in results]
        content = {**about, "results": rows, **run.summary(results)}
        write_json(run.folder / RESULTS, content)
        if options.json is not None:
            write_json(options.json, content)

    if results:
        heart.report(f"rows that an earlier part of the run finished: {len(results)}")
        write()
    with heart.during("starting") as progress:
        for result in run.results(progress):
            results.append(result)
            write()
            heart.report(result.in_one_line)


def _print(run: Run, results: Sequence[Any]) -> None:
    from rich.console import Console

    out: Any = Console()
    table, remarks = run.table(results)
    wanted = out.measure(table, options=out.options.update(max_width=1000)).maximum
    out.width = max(out.width, wanted)  # a narrow terminal wraps, and cuts nothing
    out.print(table)
    failures = [r for r in results if r.status != OK]
    _say([f"{result.title}: {result.status}" for result in failures], style="red")
    _say(remarks)


def _facts(run: Run) -> list[str]:
    facts: Mapping[str, str] = run.problem.facts
    return [f"Read {subject}: {found}" for subject, found in facts.items()]


def _notes(run: Run) -> list[str]:
    return [f"Note: {note}" for note in run.problem.notes]


def _say(lines: Sequence[str], style: str = "none") -> None:
    from rich.console import Console

    out = Console()
    for line in lines:
        out.print(line, style=style, highlight=False, markup=False, soft_wrap=True)


def _interrupted(kind: Kind, what: str) -> int:
    print(f"{kind.program}: interrupted; {what}", file=sys.stderr)
    return INTERRUPTED
