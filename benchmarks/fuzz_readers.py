"""Feeds every reader and every data set with spoiled files, and checks what it does.

Each case takes small valid files (`_fuzz_samples.py`), spoils one of them
(`_fuzz_mutations.py`) and reads. The end must be a result or a refusal:

- a result that is right as far as this can be told without the reader: what changes
  nothing changed nothing; every id that was read stands in the file; skipping malformed
  rows gives what the file gives without their lines, and not skipping them is refused
  with the same count and place;
- or a ValueError or FileNotFoundError of one line that names the file or its folder.

Anything else is a failure: another exception, a warning, a crash, more than 20 seconds,
a file written or left behind. A case depends on `--seed` and its number alone.

    python benchmarks/fuzz_readers.py --cases 100000 --json results/fuzz-readers.json
"""

import argparse
import gzip
import json
import logging
import os
import re
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import _fuzz_mutations as ways
from _fuzz_samples import TARGETS, Target
from _report import finish, print_table

from tfrecs.datasets import Dataset
from tfrecs.datasets._fetch import DataNotFoundError
from tfrecs.interactions import Interactions
from tfrecs.readers import read_interactions

SECONDS = 20
MEMORY = 8 * 2**30
CHUNK = 250
OUTCOMES = ("unchanged", "read", "refused", "failed")


class Failure(Exception):
    """What a reader must never do."""


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


def content(read: Any) -> tuple[Any, ...]:
    """What was read, as plain values, in an order that does not matter."""
    if isinstance(read, tuple):
        read = read[0]
    data = read.interactions if isinstance(read, Dataset) else read
    columns = [data.users.ids[data.user_ids], data.items.ids[data.item_ids]]
    columns += [c for c in (data.ratings, data.timestamps) if c is not None]
    rows = list(zip(*(c.tolist() for c in columns), strict=True))
    features = [f for f in (data.user_features, data.item_features) if f is not None]
    return (rows, *(f.astype("string").to_csv() for f in features))


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


def text_of(files: dict[str, bytes]) -> str:
    """All that stands in the files, as text."""
    parts = []
    for name, data in files.items():
        try:
            plain = gzip.decompress(data) if name.endswith(".gz") else data
        except Exception:  # a reader that reads this nevertheless will be found out
            plain = b""
        parts.append(plain.decode("utf-8", "surrogateescape"))
    return "\n".join(parts)


def occurs(id_: Any, text: str, numbers: set[float]) -> bool:
    """Whether an id stands in the text, however it is spelled there."""
    if isinstance(id_, bool | int | float):
        return str(id_) in text or float(id_) in numbers or str(id_).lower() in text
    bare = text.replace('"', "")  # as CSV has it: "a"b is ab, and """" is one quote
    return id_.replace('"', "") in bare or json.dumps(id_)[1:-1] in text


def check_ids(data: Interactions, text: str) -> None:
    numbers = {float(n) for n in re.findall(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?", text) if _is_number(n)}  # fmt: skip # noqa: E501
    for ids in (data.users.ids[data.user_ids], data.items.ids[data.item_ids]):
        for id_ in set(ids.tolist()):
            if not occurs(id_, text, numbers):
                raise Failure(f"the id {id_!r} does not stand in the file")


def _is_number(text: str) -> bool:
    try:
        return bool(float(text)) or True
    except ValueError:
        return False


def check_skipped(path: Path, read: tuple[Any, Any]) -> None:
    """Compares with reading strictly, and with the file without the malformed lines."""
    data, malformed = read
    told = ""
    try:
        strict = read_interactions(path)
    except ValueError as error:
        told = str(error)
    if malformed is None:
        if told or content(strict) != content(data):
            raise Failure(f"nothing was skipped, but read strictly it gives {told!r}")
        return
    if told != str(malformed):
        raise Failure(f"skipped {malformed!s}, but read strictly it gives {told!r}")
    kind = Path(path.name.removesuffix(".gz")).suffix
    raw = (
        gzip.decompress(path.read_bytes())
        if path.suffix == ".gz"
        else path.read_bytes()
    )
    if kind == ".parquet" or (kind in (".csv", ".tsv") and b'"' in raw):
        return  # its rows have no lines, or may have several
    lines = re.split(rb"(?<=\n)" if kind in (".jsonl", ".ndjson", ".txt") else rb"(?<=\n)|(?<=\r)(?!\n)", raw)  # fmt: skip # noqa: E501
    kept = [line for n, line in enumerate(lines, 1) if n not in malformed.places]
    clean = path.with_name(f"clean{kind}")
    clean.write_bytes(b"".join(kept))
    try:
        if content(read_interactions(clean)) != content(data):
            raise Failure("without the malformed lines the file gives something else")
    finally:
        clean.unlink()


def run_case(name: str, rng: Random, root: Path, untouched: tuple[Any, ...]) -> str:
    """The outcome of one case; raises what the reader raised if it must not."""
    target = TARGETS[name]
    folder = root / name.partition(",")[0].lstrip(".")
    folder.mkdir(exist_ok=True)
    files, harmless = spoiled(rng, target)
    for file in folder.iterdir():
        file.unlink()
    for file, data in files.items():
        (folder / file).write_bytes(data)
    try:
        read = target.read(folder)
    except (ValueError, FileNotFoundError) as error:
        _check_refusal(error, folder, harmless and name.startswith("."))
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


def _check_refusal(error: Exception, folder: Path, harmless: bool) -> None:
    message = str(error)
    if type(error) not in (ValueError, FileNotFoundError, DataNotFoundError):
        raise Failure(f"{type(error).__name__}: {message[:300]}") from error
    if (
        len(message.splitlines()) != 1
        or str(folder) not in message
        or len(message) > 3000
    ):
        raise Failure(f"not one line that names the file: {message[:300]!r}") from error
    if harmless:
        raise Failure(f"refused what changes nothing: {message[:300]!r}") from error


def untouched_content(name: str, root: Path) -> tuple[Any, ...]:
    target = TARGETS[name]
    folder = root / name.partition(",")[0].lstrip(".")
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    for file, data in target.files.items():
        (folder / file).write_bytes(_packed(Random(0), file, data))
    return content(target.read(folder))


def run_cases(seed: int, cases: range) -> Report:
    """Runs some cases in this process."""
    report = Report()
    names = list(TARGETS)
    signal.signal(signal.SIGALRM, _too_long)
    logging.getLogger("tfrecs").setLevel(logging.ERROR)  # of what is skipped on purpose
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        root = Path(folder)
        os.environ |= {"TFRECS_DATA": folder, "TFRECS_CACHE": str(root / "cache")}
        untouched = {name: untouched_content(name, root) for name in names}
        for case in cases:
            name = names[case % len(names)]
            began = time.perf_counter()
            signal.alarm(SECONDS)
            try:
                outcome = run_case(
                    name, Random(f"{seed} {case}"), root, untouched[name]
                )
            except Exception as error:
                outcome = "failed"
                told = f"{type(error).__name__}: {error}"
                report.failures.append({"case": case, "target": name, "error": told})
            signal.alarm(0)
            report.counts[name, outcome] += 1
            report.slowest = max(report.slowest, time.perf_counter() - began)
    return report


def _too_long(*_: Any) -> None:
    raise Failure(f"took more than {SECONDS} seconds")


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def run_all(seed: int, cases: int, jobs: int) -> Report:
    """Runs all cases, in processes of their own, so that a crash is a failure too."""
    report = Report()
    chunks = [range(start, min(start + CHUNK * 8, cases)) for start in range(0, cases, CHUNK * 8)]  # fmt: skip # noqa: E501
    with ProcessPoolExecutor(jobs, get_context("spawn"), _limit) as pool:
        running = {pool.submit(run_cases, seed, chunk): chunk for chunk in chunks}
        for done, chunk in running.items():
            try:
                report.add(done.result())
            except BrokenProcessPool:
                told = f"a process died in one of the cases from {chunk.start} on"
                report.failures.append({"case": chunk.start, "error": told})
                break
    return report


def rows_of(report: Report) -> Iterator[tuple[Any, ...]]:
    for name in TARGETS:
        yield name, *(report.counts[name, outcome] for outcome in OUTCOMES)
    yield "all", *(sum(n for (_, o), n in report.counts.items() if o == outcome) for outcome in OUTCOMES)  # fmt: skip # noqa: E501


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip # noqa: E501
    parser.add_argument("--cases", type=int, default=100_000, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (%(default)s)")
    parser.add_argument(
        "--json", metavar="FILE", help="write the figures there as well"
    )
    options = parser.parse_args()
    began = time.perf_counter()
    report = run_all(options.seed, options.cases, options.jobs)
    taken = time.perf_counter() - began
    rows = list(rows_of(report))
    print_table(("target", *OUTCOMES), rows)
    for failure in report.failures[:20]:
        print(failure)
    print(f"{options.cases} cases in {taken:.0f} s, the slowest {report.slowest:.2f} s")
    finish(
        options,
        {
            "cases": options.cases,
            "seed": options.seed,
            "seconds": round(taken, 1),
            "slowest_case_seconds": round(report.slowest, 2),
            "outcomes": [
                dict(zip(("target", *OUTCOMES), row, strict=True)) for row in rows
            ],
            "failures": report.failures[:100],
        },
    )
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
