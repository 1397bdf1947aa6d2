"""Feeds every reader and every data set with spoiled files, and checks what it does.

Each case takes small valid files (`_fuzz_samples.py`), spoils one of them
(`_fuzz_mutations.py`) and reads. The end must be a result or a refusal:

- a result that is right as far as can be checked without the reader: what changes
  nothing changed nothing; every id that was read stands in the file; skipping malformed
  rows gives what the file gives without their lines, and not skipping them is refused
  with the same count and place;
- or a ValueError or FileNotFoundError of one line that names the file or its folder.

Anything else is a failure: another exception, a warning, a crash, more than 20 seconds
of the processor, a file written or left behind. A case depends on `--seed` and its
number alone.

    python fuzz_readers.py --cases 100000 --json results/fuzz-readers.json
"""

import argparse
import logging
import os
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import _fuzz_mutations as ways
from _fuzz_oracles import (
    Failure,
    check_ids,
    check_refusal,
    check_skipped,
    content,
    text_of,
)
from _fuzz_samples import TARGETS, Target
from _report import finish, print_table

from tfrecs.bench.results_file import write_json
from tfrecs.data.datasets import Dataset

SECONDS = 20
MEMORY = 8 * 2**30
CHUNK = 1000
OUTCOMES = ("unchanged", "read", "refused", "failed")


@dataclass
class Report:
    """Outcomes by target, the first failures, and the slowest case."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[dict[str, Any]] = field(default_factory=list)
    slowest: float = 0.0

    def add(self, other: "Report") -> None:
        """Takes in what another process found."""
        self.counts.update(other.counts)
        self.failures += other.failures
        self.slowest = max(self.slowest, other.slowest)


def spoiled(rng: Random, target: Target) -> tuple[dict[str, bytes], bool]:
    """The target's files, one of them spoiled, and whether that must be harmless."""
    files = {n: _packed(rng, n, data) for n, data in target.files.items()}
    name = rng.choice(list(files))
    data = target.files[name]
    harmless = False
    if name.endswith(".parquet"):
        odd = rng.random() < 0.3
        data = ways.odd_table(rng, data) if odd else ways.spoil(rng, data, ways.ANY)
        return {**files, name: data}, harmless
    if rng.random() < 0.05:
        harmless = True
        data = rng.choice(ways.HARMLESS)(rng, data)
    elif not name.endswith(".gz") or rng.random() < 0.6:
        data = ways.spoil(rng, data, (*ways.ANY, *ways.TEXT))
    elif rng.random() < 0.2:
        harmless = True
        return {**files, name: ways.zipped_in_parts(rng, data)}, harmless
    else:
        way = rng.choice((ways.not_zipped, *[ways.zipped_and_spoiled] * 5))
        return {**files, name: way(rng, data)}, harmless
    return {**files, name: _packed(rng, name, data)}, harmless


def _packed(rng: Random, name: str, data: bytes) -> bytes:
    return ways.zipped(rng, data) if name.endswith(".gz") else data


def put(name: str, root: Path, files: dict[str, bytes]) -> Path:
    """Makes the target's folder hold these files alone."""
    folder = root / name.partition(",")[0].lstrip(".")
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    for file, data in files.items():
        (folder / file).write_bytes(data)
    return folder


def run_case(name: str, rng: Random, root: Path, untouched: tuple[Any, ...]) -> str:
    """The outcome of one case; raises what the reader raised if it must not."""
    files, harmless = spoiled(rng, TARGETS[name])
    folder = put(name, root, files)
    try:
        read = TARGETS[name].read(folder)
    except (ValueError, FileNotFoundError) as error:
        check_refusal(error, folder, harmless and name.startswith("."))
        return "refused"
    finally:
        left = {file.name: file.read_bytes() for file in folder.iterdir()}
        if left != files or any((root / "cache").glob("**/*")):
            raise Failure("a file was changed, written or left behind")
    same = content(read) == untouched
    if harmless and name.startswith(".") and not same:
        raise Failure("what changes nothing changed the result")
    if not name.startswith(".parquet"):
        data = read[0] if isinstance(read, tuple) else read
        check_ids(
            data.interactions if isinstance(data, Dataset) else data, text_of(files)
        )
    if name.endswith("skip"):
        check_skipped(next(folder.iterdir()), read)
    return "unchanged" if same else "read"


def untouched_content(name: str, root: Path) -> tuple[Any, ...]:
    """What the target's files give as they are."""
    files = TARGETS[name].files.items()
    packed = {file: _packed(Random(0), file, data) for file, data in files}
    return content(TARGETS[name].read(put(name, root, packed)))


def run_cases(seed: int, cases: range) -> Report:
    """Runs some cases in this process."""
    report = Report()
    names = list(TARGETS)
    signal.signal(signal.SIGPROF, _too_long)  # of its own time, not of a busy machine's
    logging.getLogger("tfrecs").setLevel(logging.ERROR)  # of what is skipped on purpose
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        root = Path(folder)
        os.environ |= {"TFRECS_DATA": folder, "TFRECS_CACHE": str(root / "cache")}
        untouched = {name: untouched_content(name, root) for name in names}
        for case in cases:
            name = names[case % len(names)]
            began = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            try:
                outcome = run_case(
                    name, Random(f"{seed} {case}"), root, untouched[name]
                )
            except Exception as error:
                outcome = "failed"
                reason = f"{type(error).__name__}: {error}"
                report.failures.append({"case": case, "target": name, "error": reason})
            signal.setitimer(signal.ITIMER_PROF, 0)
            report.counts[name, outcome] += 1
            report.slowest = max(report.slowest, time.process_time() - began)
    return report


def _too_long(*_: Any) -> None:
    raise Failure(f"took more than {SECONDS} seconds")


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def run_all(seed: int, cases: int, jobs: int) -> Iterator[Report]:
    """The results after each part, run in processes that a crash cannot spread.

    A process that dies is a failure, and the end.
    """
    report = Report()
    starts = range(0, cases, CHUNK)
    chunks = [range(start, min(start + CHUNK, cases)) for start in starts]
    with ProcessPoolExecutor(jobs, get_context("spawn"), _limit) as pool:
        for done in as_completed([pool.submit(run_cases, seed, c) for c in chunks]):
            try:
                report.add(done.result())
            except BrokenProcessPool:
                report.failures.append({"error": "a process died"})
                yield report
                return
            yield report


def rows_of(report: Report) -> Iterator[tuple[Any, ...]]:
    """The number of each outcome by target, and of all."""
    total: Counter[str] = Counter()
    for name in TARGETS:
        counts = {outcome: report.counts[name, outcome] for outcome in OUTCOMES}
        total.update(counts)
        yield name, *counts.values()
    yield "all", *(total[outcome] for outcome in OUTCOMES)


def figures_of(report: Report, seed: int, taken: float) -> dict[str, Any]:
    """What the JSON file says."""
    rows = rows_of(report)
    return {
        "cases": report.counts.total(),
        "seed": seed,
        "seconds": round(taken, 1),
        "slowest_case_seconds": round(report.slowest, 2),
        "outcomes": [dict(zip(("target", *OUTCOMES), r, strict=True)) for r in rows],
        "failures": report.failures[:100],
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=100_000, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (%(default)s)")
    parser.add_argument(
        "--json", metavar="FILE", help="write the figures there as well"
    )
    options = parser.parse_args()
    began = time.perf_counter()
    for report in run_all(options.seed, options.cases, options.jobs):
        taken = time.perf_counter() - began
        figures = figures_of(report, options.seed, taken)
        if options.json:  # after each part, so that a run that is cut short has figures
            write_json(options.json, figures)
        summary = f"{figures['cases']} cases in {taken:.0f} s"
        print(f"{summary}, {len(report.failures)} failures", file=sys.stderr)
    print_table(("target", *OUTCOMES), rows_of(report))
    for failure in report.failures[:20]:
        print(failure)
    print(f"{summary}, the slowest took {report.slowest:.2f} s of the processor")
    finish(options, figures)
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
