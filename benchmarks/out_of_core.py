"""Interactions larger than memory: prepared as shards, streamed, trained on.

Writes a skewed synthetic log to Parquet (users are text, items are numbers), prepares
it, streams one epoch of batches with shared negatives without a model, and trains
matrix factorization (d = 32, RowwiseAdagrad, softmax over 1,024 uniform negatives) on
some hundreds of batches. Each is a process of its own; peaks are of its whole resident
memory, and CPU seconds of all its threads and imports (compiling, for the last one),
which tell more than seconds on a busy machine. Files lie in a temporary folder
(`TMPDIR`) and are deleted.
`python benchmarks/out_of_core.py [--interactions 100000000] [--repeats 20] [--json F]`.
"""

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from _report import finish, in_child, parser, print_table, resident_mib, seconds

from tfrecs.data.shards import open_shards, prepare_shards
from tfrecs.training.batches.shards import sharded_shared_negatives_batches

ROWS_OF_FILE, ROWS_AT_ONCE = 10**7, 10**6
BATCH, NEGATIVES, DIM = 8192, 1024, 32


def write(folder: Path, interactions: int, users: int, items: int) -> dict[str, Any]:
    """Writes the log: few users and items have most of the interactions."""
    rng = np.random.default_rng(0)
    names = pa.array(f"user-{n:09d}" for n in rng.permutation(users))
    numbers = rng.permutation(items)

    def piece(rows: int) -> pa.Table:
        user = (users * rng.random(rows) ** 2).astype(np.int64)
        item = (items * rng.random(rows) ** 3).astype(np.int64)
        return pa.table({"user_id": names.take(user), "item_id": numbers[item]})

    def write_all() -> None:
        for first in range(0, interactions, ROWS_OF_FILE):
            left = min(ROWS_OF_FILE, interactions - first)
            path = folder / f"log-{first // ROWS_OF_FILE:05d}.parquet"
            with pq.ParquetWriter(path, piece(0).schema) as writer:
                for start in range(0, left, ROWS_AT_ONCE):
                    writer.write_table(piece(min(ROWS_AT_ONCE, left - start)))

    return found(seconds(write_all), interactions, folder)


def prepare(log: Path, folder: Path) -> dict[str, Any]:
    """Prepares the shards."""
    took = seconds(lambda: prepare_shards(sorted(log.iterdir()), folder, seed=0))
    shards = open_shards(folder)
    sizes = {
        name: getattr(shards, name) for name in ("num_users", "num_items", "num_shards")
    }
    return {**found(took, shards.num_interactions, folder), **sizes}


def stream(folder: Path) -> dict[str, Any]:
    """Goes over an epoch of batches, without a model."""
    data = sharded_shared_negatives_batches(
        open_shards(folder), seed=0, batch_size=BATCH, num_negatives=NEGATIVES
    )
    took = seconds(lambda: data.reduce(0, lambda number, _: number + 1))
    return found(took, int(data.cardinality()) * BATCH)


def train(folder: Path, repeats: int) -> dict[str, Any]:
    """Trains for some executions of several steps, the first left out of the time."""
    import keras

    from tfrecs import build_mf
    from tfrecs.optimizers import RowwiseAdagrad
    from tfrecs.training.fit import STEPS_PER_EXECUTION, compile_for, fit_batches
    from tfrecs.training.plan import Negatives, Plan

    shards = open_shards(folder)
    data = sharded_shared_negatives_batches(
        shards, seed=0, batch_size=BATCH, num_negatives=NEGATIVES
    ).take(STEPS_PER_EXECUTION * (1 + repeats))
    plan = Plan("softmax", Negatives("shared"))
    model = build_mf(shards.num_users, shards.num_items, embedding_dim=DIM)
    trained = compile_for(model, plan, RowwiseAdagrad(0.05))
    times: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: times.append(time.perf_counter())
    )
    history = fit_batches(trained, data, 1, callbacks=[clock])
    rows = STEPS_PER_EXECUTION * BATCH * repeats
    return {
        **found(times[-1] - times[0], rows),
        "seconds_per_step": statistics.median(np.diff(times)) / STEPS_PER_EXECUTION,
        "loss": history.history["loss"][-1],
    }


def found(took: float, rows: int, folder: Path | None = None) -> dict[str, Any]:
    """Figures of this process, and of what it wrote."""
    size = sum(p.stat().st_size for p in folder.iterdir()) / 2**20 if folder else 0
    return {
        "seconds": took,
        "cpu_seconds": time.process_time(),
        "interactions": rows,
        "interactions_per_second": rows / took,
        "peak_mib": resident_mib()[1],
        "written_mib": size,
    }


def main() -> None:
    options = parser(__doc__, repeats=20)
    options.add_argument(
        "--interactions", type=int, default=10**8, help="(%(default)s)"
    )
    options.add_argument("--users", type=int, default=10**6, help="(%(default)s)")
    options.add_argument("--items", type=int, default=2 * 10**5, help="(%(default)s)")
    options = options.parse_args()
    sizes = (options.interactions, options.users, options.items)
    with tempfile.TemporaryDirectory(prefix="tfrecs-out-of-core-") as name:
        needed, free = 50 * options.interactions, shutil.disk_usage(name).free
        if free < needed:
            raise SystemExit(
                f"{name} must have {needed:,} bytes free, and has {free:,}"
            )
        log, shards = Path(name) / "log", Path(name) / "shards"
        log.mkdir()
        figures = {
            "write the log": in_child(write, log, *sizes),
            "prepare": in_child(prepare, log, shards),
            "stream an epoch": in_child(stream, shards),
            "train": in_child(train, shards, options.repeats),
        }
    print_table(
        ["", "interactions", "s", "CPU s", "M/s", "peak MiB", "MiB on disk"],
        [
            (
                name,
                f"{x['interactions']:,}",
                f"{x['seconds']:.1f}",
                f"{x['cpu_seconds']:.1f}",
                f"{x['interactions_per_second'] / 1e6:.2f}",
                f"{x['peak_mib']:.0f}",
                f"{x['written_mib']:.0f}",
            )
            for name, x in figures.items()
        ],
    )
    finish(options, {"users": options.users, "items": options.items, "found": figures})


if __name__ == "__main__":
    main()
