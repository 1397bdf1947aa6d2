"""What share of the machine's limit training reaches.

Arithmetic: matrix factorization of ML-100K with all items as negatives, through `fit`,
beside a large float32 matmul and the three matmuls of its own shapes (6 FLOPs for each
user, item and factor). Memory: RowwiseAdagrad on tables of a million rows, beside
copying 256 MB and beside gathering rows of 256 bytes at random. All are warmed up and
take turns; medians. What `fit` itself costs: `fit_beside_loop.py`.
`python benchmarks/machine_limit.py [--repeats 7] [--json FILE]`.
"""

import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import step_time
import tensorflow as tf
from _report import finish, in_child, in_turns, medians, parser, print_table
from fit_beside_loop import compiled, feed_of

from tfrecs import Interactions, build_mf
from tfrecs.bench.problem import load_problem
from tfrecs.training.fit import fit_batches

USERS = 128  # of a batch, as `fit` has it
DIMS = (32, 64, 128)
LARGE = 2048
LOOPS = 64  # small matmuls in one call
ROWS = 10**6
EPOCHS = 20  # of the call that is timed


def matmuls(*shapes: tuple[int, int, int], loops: int) -> Callable[[], Any]:
    """Products `[a, b]` by `[b, c]`, again and again in one call compiled by XLA."""
    pairs = [
        (tf.random.normal((loops, a, b)), tf.random.normal((b, c)))
        for a, b, c in shapes
    ]

    @tf.function(jit_compile=True)
    def run() -> Any:
        def body(i: Any, _: Any) -> Any:  # not the same product twice
            return i + 1, [tf.matmul(left[i], right) for left, right in pairs]

        first = [tf.zeros((a, c)) for a, _, c in shapes]
        return tf.while_loop(lambda i, _: i < loops, body, [tf.constant(0), first])

    return lambda: int(run()[0])  # XLA leaves out what `run` does not give


def arithmetic(train: Interactions, repeats: int) -> dict[str, Any]:
    """GFLOP/s of matmuls and of training, and shares."""
    large = tf.random.normal((LARGE, LARGE))
    ways: dict[str, Callable[[], Any]] = {
        "large, XLA": matmuls((LARGE, LARGE, LARGE), loops=1),
        "large, TensorFlow": lambda: tf.matmul(large, large)[0, 0].numpy(),
    }
    flops = dict.fromkeys(ways, 2 * LARGE**3)
    feed, n = feed_of(train, EPOCHS), train.num_items
    for d in DIMS:
        shapes = [(USERS, d, n), (USERS, n, d), (d, USERS, n)]
        ways[f"its matmuls, d={d}"] = matmuls(*shapes, loops=LOOPS)
        flops[f"its matmuls, d={d}"] = LOOPS * 6 * USERS * n * d
        build = partial(build_mf, embedding_dim=d, dropout=0.5)
        ways[f"MF, d={d}"] = partial(fit_batches, compiled(build, train), feed, 1)
        flops[f"MF, d={d}"] = int(feed.cardinality()) * 6 * USERS * n * d
    taken = in_turns(ways, repeats)
    rate = {way: flops[way] / x / 1e9 for way, x in medians(taken).items()}
    limit = max(rate["large, XLA"], rate["large, TensorFlow"])
    print_table(
        ["", "GFLOP/s", "of the large matmul", "of its matmuls"],
        [
            (
                way,
                f"{x:.1f}",
                f"{x / limit:.0%}",
                f"{x / rate['its matmuls' + way[2:]]:.0%}" if way[:2] == "MF" else "-",
            )
            for way, x in rate.items()
        ],
    )
    return {"seconds": taken, "gflops": rate}


def bandwidth(repeats: int) -> dict[str, float]:
    """GB/s of NumPy: a copy, read and written, and rows read into a small buffer."""
    rng = np.random.default_rng(0)
    table = np.ones((ROWS, step_time.DIM), np.float32)  # 256 MB
    copy, rows = np.ones_like(table), np.empty((step_time.BATCH, step_time.DIM), "f4")
    ids = rng.integers(ROWS, size=(LOOPS, step_time.BATCH))

    def gather() -> None:
        for some in ids:
            np.take(table, some, axis=0, out=rows, mode="clip")

    ways = {"copy": partial(np.copyto, copy, table), "gather rows": gather}
    moved = {"copy": 2 * table.nbytes, "gather rows": LOOPS * rows.nbytes}
    taken = medians(in_turns(ways, repeats))
    return {way: moved[way] / x / 1e9 for way, x in taken.items()}


def memory(repeats: int) -> dict[str, float]:
    """GB/s of NumPy, and of a step's rows: each read once and written once."""
    rate = in_child(bandwidth, repeats)
    moved = 2 * 2 * step_time.BATCH * step_time.DIM * 4  # in two tables
    for way in ("RowwiseAdagrad", step_time.FLOOR):
        times = in_child(step_time.measure, way, ROWS, 5 * repeats)["seconds"]
        rate[way] = moved / statistics.median(times) / 1e9
    print_table(
        ["", "GB/s", "of gathering"],
        [
            (way, f"{x:.2f}", f"{x / rate['gather rows']:.0%}")
            for way, x in rate.items()
        ],
    )
    return rate


def main() -> None:
    options = parser(__doc__, repeats=7).parse_args()
    keras.utils.set_random_seed(0)
    train = load_problem().train
    found = {
        "arithmetic": arithmetic(train, options.repeats),
        "gigabytes_per_second": memory(options.repeats),
    }
    finish(options, found)


if __name__ == "__main__":
    main()
