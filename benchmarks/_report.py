"""What the benchmarks share: options, times, memory, a table and a JSON file."""

import argparse
import multiprocessing
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import Any

from tfrecs.bench.results_file import write_json


def parser(doc: str | None, repeats: int = 5) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    made = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--repeats", type=int, default=repeats, help="(%(default)s)")
    made.add_argument("--json", metavar="FILE", help="write the figures there as well")
    return made


def seconds(run: Callable[[], Any]) -> float:
    """Wall-clock time of one call."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def in_turns(
    ways: Mapping[str, Any],
    repeats: int,
    measure: Callable[[Any], float] = seconds,
    after_round: Callable[[dict[str, list[float]]], None] = lambda taken: None,
) -> dict[str, list[float]]:
    """Seconds of each way, measured once to warm up and then by turns.

    After each round of turns `after_round` is told what was taken until then.
    """
    for name, way in ways.items():
        progress(f"warming up {name}")
        measure(way)
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(repeats):
        for name, way in ways.items():
            progress(f"round {number + 1} of {repeats}: {name}")
            taken[name].append(measure(way))
        after_round(taken)
    progress("")
    return taken


def progress(text: str) -> None:
    """Says what is going on, on a terminal: the last line is written over."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def medians(taken: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The median of each way."""
    return {way: statistics.median(times) for way, times in taken.items()}


def in_child(measure: Callable[..., Any], *args: Any) -> Any:
    """What `measure` gives in a fresh process, which takes its memory with it."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(measure, *args).result()


def resident_mib() -> tuple[float, float]:
    """Resident memory now, and its peak since `forget_peak`, as Linux tells it.

    Not by `getrusage`, whose peak is the parent's if that one had more.
    """
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    told = dict(line.split(":", 1) for line in lines)
    now, peak = (int(told[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, peak


def forget_peak() -> None:
    """Makes the peak of resident memory what is held now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def print_table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Prints rows under a header, the first column to the left."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        first = row[0].ljust(widths[0])
        rest = [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([first, *rest]), flush=True)


def machine() -> dict[str, Any]:
    """Where the figures are from."""
    model = platform.processor()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line for line in lines if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    found = {name: _version(name) for name in ("tensorflow", "jax", "keras", "numpy")}
    return {
        "processor": model,
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {name: version for name, version in found.items() if version},
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def finish(options: argparse.Namespace, figures: Mapping[str, Any]) -> None:
    """Names the machine, and writes the figures where `--json` says."""
    where = machine()
    print(f"{where['cpus']} CPUs, {where['processor']}")
    if options.json:
        keep(options, figures)
        print(f"All figures: {options.json}")


def keep(options: argparse.Namespace, figures: Mapping[str, Any]) -> None:
    """Writes what is known so far where `--json` says."""
    if options.json:
        write_json(options.json, {"machine": machine(), **figures})
