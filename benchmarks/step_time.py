"""One training step of a two-table model, as the tables grow.

A dot product of two 64-wide embeddings, 2,048 pairs drawn uniformly at random and never
twice, binary cross-entropy, a compiled `train_step`. Compared: `tfrecs.optimizers` on
`tfrecs.models.layers.Embedding`, with and without XLA, with Keras's Adam and Adagrad on
Keras's Embedding (up to a million rows), compiled by XLA and as Keras runs on a CPU if
it is not asked for XLA, and with NumPy, which does no more than read
and write the same rows: what cache misses cost. Each is in a process of its own, warmed
up; the figures are medians. State is the optimizer's, as a multiple of the tables.
`python benchmarks/step_time.py [--rows 10000,1000000] [--ways A,B] [--repeats 50]
[--json FILE]`; ten million rows take 16 GB.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from _report import finish, in_child, parser, print_table, seconds

from tfrecs.models.layers import Embedding
from tfrecs.optimizers import LazyAdam, RowwiseAdagrad, SparseSGD

BATCH, DIM = 2048, 64
WARM_UP = 5  # steps, the first of which compiles
MOST_SECONDS = 20  # after which a way that is slow is not repeated
FLOOR = "NumPy reads and writes the rows"


@dataclass(frozen=True)
class Way:
    """How to train.

    Args:
        embedding: class of the two tables.
        optimizer: makes the optimizer.
        xla: whether the step is compiled by XLA.
        most_rows: of a table; larger ones are left out.
    """

    embedding: type[keras.layers.Embedding]
    optimizer: Callable[[], keras.optimizers.Optimizer]
    xla: bool = True
    most_rows: int = 10**9


WAYS = {
    "RowwiseAdagrad": Way(Embedding, RowwiseAdagrad),
    "LazyAdam": Way(Embedding, LazyAdam),
    "SparseSGD": Way(Embedding, SparseSGD),
    "RowwiseAdagrad without XLA": Way(Embedding, RowwiseAdagrad, xla=False),
    "LazyAdam without XLA": Way(Embedding, LazyAdam, xla=False),
    "SparseSGD without XLA": Way(Embedding, SparseSGD, xla=False),
    "keras Adagrad": Way(
        keras.layers.Embedding, keras.optimizers.Adagrad, most_rows=10**6
    ),
    "keras Adam": Way(keras.layers.Embedding, keras.optimizers.Adam, most_rows=10**6),
    "keras Adagrad without XLA": Way(
        keras.layers.Embedding, keras.optimizers.Adagrad, xla=False, most_rows=10**6
    ),
    "keras Adam without XLA": Way(
        keras.layers.Embedding, keras.optimizers.Adam, xla=False, most_rows=10**6
    ),
}
PAIRS = (  # stock, and ours beside it; without XLA is how Keras runs on a CPU
    *(
        ("keras Adagrad", "RowwiseAdagrad"),
        ("keras Adagrad without XLA", "RowwiseAdagrad"),
    ),
    *(("keras Adam", "LazyAdam"), ("keras Adam without XLA", "LazyAdam")),
    *(("keras Adam", "RowwiseAdagrad"), ("keras Adam without XLA", "RowwiseAdagrad")),
)


def measure(name: str, rows: int, repeats: int) -> dict[str, Any]:
    """Gives `seconds` of steps, and `state` as a multiple of the tables."""
    rng = np.random.default_rng(0)
    run, state = floor(rows) if name == FLOOR else training(WAYS[name], rows)
    taken: list[float] = []
    for step in range(WARM_UP + repeats):
        ids = rng.integers(rows, size=(2, BATCH), dtype=np.int32)
        labels = rng.integers(2, size=(BATCH, 1)).astype(np.float32)
        user_id, item_id, labels = map(tf.constant, (*ids, labels))
        time = seconds(lambda u=user_id, i=item_id, y=labels: run(u, i, y))
        if step >= WARM_UP:
            taken.append(time)
        if sum(taken) > MOST_SECONDS:
            break
    return {"seconds": taken, "state": state()}


def training(way: Way, rows: int) -> tuple[Callable[..., float], Callable[[], float]]:
    """Gives a step, and what tells the state's size after it."""
    ids = [keras.Input((), dtype="int32", name=name) for name in ("user_id", "item_id")]
    vectors = [way.embedding(rows, DIM)(x) for x in ids]
    model = keras.Model(ids, keras.layers.Dot(1)(vectors))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(way.optimizer(), loss, jit_compile=way.xla)
    step = tf.function(model.train_step, jit_compile=way.xla)

    def state() -> float:
        held = [v for v in model.optimizer.variables if v.shape]  # no counters
        return sum(np.prod(v.shape) for v in held) / model.count_params()

    return lambda user, item, y: float(step(((user, item), y))["loss"]), state


def floor(rows: int) -> tuple[Callable[..., None], Callable[[], float]]:
    """The same for two tables of NumPy: their rows read, added to, and written."""
    tables = [np.ones((rows, DIM), np.float32) for _ in range(2)]

    def step(user_id: Any, item_id: Any, labels: Any) -> None:
        for table, ids in zip(tables, (user_id, item_id), strict=True):
            table[ids.numpy()] += 1

    return step, lambda: 0.0


def main() -> None:
    options = parser(__doc__, repeats=50)
    options.add_argument("--rows", default="10000,100000,1000000,10000000")
    options.add_argument("--ways", help="such as 'LazyAdam,keras Adam'")
    options = options.parse_args()
    sizes = [int(rows) for rows in options.rows.split(",")]
    ways = options.ways.split(",") if options.ways else [*WAYS, FLOOR]
    found: dict[str, dict[int, Any]] = {}
    for way in ways:
        most = sizes[-1] if way == FLOOR else WAYS[way].most_rows
        found[way] = {}
        for rows in (rows for rows in sizes if rows <= most):
            found[way][rows] = in_child(measure, way, rows, options.repeats)
            taken = statistics.median(found[way][rows]["seconds"])
            print(f"{way}, {rows:,} rows: {1e3 * taken:.2f} ms", flush=True)
    ms = {
        way: {n: 1e3 * statistics.median(x["seconds"]) for n, x in by_rows.items()}
        for way, by_rows in found.items()
    }
    report(ms, found, sizes)
    finish(options, {"milliseconds_median": ms, "found": found})


def report(ms: dict[str, Any], found: dict[str, Any], sizes: list[int]) -> None:
    """Prints milliseconds, growth and state, and how many times faster ours are."""
    shown = [f"{n:,} rows" for n in sizes]
    first, last = sizes[0], sizes[-1]
    print_table(
        ["ms per step", *shown, "last/first", "state"],
        [
            (
                way,
                *(f"{times[n]:.2f}" if n in times else "-" for n in sizes),
                f"{times[last] / times[first]:.2f}" if last in times else "-",
                f"{found[way][first]['state']:.3f}",
            )
            for way, times in ms.items()
        ],
    )
    for stock, our in PAIRS:
        for n in ms.get(stock, {}):
            if our in ms:
                ratio = ms[stock][n] / ms[our][n]
                print(f"{stock} / {our} at {n:,} rows: {ratio:.1f}")


if __name__ == "__main__":
    main()
