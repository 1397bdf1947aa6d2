"""Time and memory to read ratings from CSV, beside pandas and polars.

Files of distinct pairs, `user_id,item_id,rating,timestamp`, and the same with one
malformed row in the middle, which is skipped. pandas and polars read the table and code
both columns of ids; `read_interactions` also sorts the vocabularies, converts and
checks all columns, and looks for repeated pairs. Times are the median of turns in one
process, after one to warm up: on the clock, and of the processor, which other programs
disturb less. Memory is the peak of one read in a process of its own, above what the
imports take.
`python benchmarks/read_speed.py [--rows 3000000,10000000] [--json FILE]`.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from _report import (
    finish,
    forget_peak,
    in_child,
    in_turns,
    medians,
    parser,
    print_table,
    resident_mib,
    seconds,
)
from pyarrow import csv

from tfrecs.data.readers import read_interactions

ITEMS, PER_USER = 30_000, 100
OURS, SKIP, PANDAS, POLARS = WAYS = (
    "read_interactions",
    "one malformed row",
    "pandas",
    "polars",
)


def write(folder: Path, rows: int) -> dict[str, Path]:
    """Writes a clean file, and one with a malformed row; returns them by name."""
    rng = np.random.default_rng(0)
    users = rows // PER_USER
    many = rows + rows // 2  # some repeat
    pairs = (users * rng.random(many)).astype(np.int64) * ITEMS
    pairs = np.unique(pairs + (ITEMS * rng.random(many) ** 2).astype(np.int64))
    pairs = rng.permutation(pairs)[:rows]
    columns = {
        "user_id": pairs // ITEMS,
        "item_id": pairs % ITEMS,
        "rating": rng.integers(1, 11, rows) / 2,
        "timestamp": rng.integers(10**9, 16 * 10**8, rows),
    }
    clean, malformed = folder / "clean.csv", folder / "malformed.csv"
    csv.write_csv(pa.table(columns), clean)
    content = clean.read_bytes()
    middle = content.index(b"\n", len(content) // 2) + 1
    malformed.write_bytes(content[:middle] + b"17,4\n" + content[middle:])
    return {"clean": clean, "malformed": malformed}


def ways(files: dict[str, Path]) -> dict[str, Callable[[], Any]]:
    """Returns the ways to read."""

    def by_pandas() -> Any:
        frame = pd.read_csv(files["clean"])
        return frame, pd.factorize(frame.user_id), pd.factorize(frame.item_id)

    def by_polars() -> Any:
        return pl.read_csv(files["clean"]).with_columns(
            pl.col("user_id", "item_id").rank("dense")
        )

    return {
        OURS: lambda: read_interactions(files["clean"]),
        SKIP: lambda: read_interactions(files["malformed"], malformed="skip"),
        PANDAS: by_pandas,
        POLARS: by_polars,
    }


def times(files: dict[str, Path], repeats: int) -> dict[str, dict[str, list[float]]]:
    """Returns the seconds of each way, on the clock and of the processor."""
    of_processor: dict[str, list[float]] = {}

    def measure(way: tuple[str, Callable[[], Any]]) -> float:
        name, read = way
        began = time.process_time()
        on_clock = seconds(read)
        of_processor.setdefault(name, []).append(time.process_time() - began)
        return on_clock

    taken = in_turns(
        {n: (n, read) for n, read in ways(files).items()}, repeats, measure
    )
    return {"clock": taken, "processor": {n: s[1:] for n, s in of_processor.items()}}


def peak(files: dict[str, Path], name: str) -> float:
    """Returns the peak of resident memory of one way, in MiB."""
    run = ways(files)[name]
    before = resident_mib()[0]
    forget_peak()
    run()
    return resident_mib()[1] - before


def measure(rows: int, repeats: int) -> dict[str, Any]:
    """Returns all figures of a number of rows."""
    with tempfile.TemporaryDirectory() as folder:
        files = write(Path(folder), rows)
        taken = in_child(times, files, repeats)
        middle = {kind: medians(of_kind) for kind, of_kind in taken.items()}
        return {
            "file_mib": files["clean"].stat().st_size / 2**20,
            "seconds": taken,
            "median_seconds": middle,
            "of_pandas": {k: m[OURS] / m[PANDAS] for k, m in middle.items()},
            "of_polars": {k: m[OURS] / m[POLARS] for k, m in middle.items()},
            "malformed_of_clean": {k: m[SKIP] / m[OURS] for k, m in middle.items()},
            "peak_mib": {n: in_child(peak, files, n) for n in WAYS},
        }


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--rows", default="3000000,10000000", help="(%(default)s)")
    options = made.parse_args()
    sizes = map(int, options.rows.split(","))
    found = {f"{rows:,}": measure(rows, options.repeats) for rows in sizes}
    print_table(
        ("rows", "way", "s clock", "s processor", "peak MiB"),
        [
            (
                rows,
                name,
                *(f"{of[name]:.2f}" for of in figures["median_seconds"].values()),
                f"{figures['peak_mib'][name]:.0f}",
            )
            for rows, figures in found.items()
            for name in WAYS
        ],
    )
    finish(options, {"found": found})


if __name__ == "__main__":
    main()
