"""`fit` beside a loop written by hand over the same batches.

The loop is one function that XLA compiles, over batches that are held on the device: no
data to make, no metrics, no callbacks. Models on ML-100K with all items as negatives,
calls of 20 and of 100 epochs; and what the data take alone: to open them, and to make
all batches. Warmed up, in turns, medians. What an epoch costs of itself is told from
the two lengths.
`python benchmarks/fit_beside_loop.py [--repeats 7] [--json FILE]`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import tensorflow as tf
from _report import finish, in_turns, medians, parser, print_table

from tfrecs import Interactions, build_mf, build_neumf
from tfrecs.bench.problem import load_problem
from tfrecs.training.fit import compile_for, fit_batches
from tfrecs.training.plan import Negatives, Plan

PLAN = Plan("bce", Negatives("all"))
SHORT, LONG = 20, 100  # epochs of a call
NEUMF = {"embedding_dim": 64, "mlp_embedding_dim": 32, "hidden_units": (16, 8)}
MODELS: dict[str, Callable[..., Any]] = {
    "MF, d=64": partial(build_mf, embedding_dim=64, dropout=0.5),
    "MF, d=128": partial(build_mf, embedding_dim=128, dropout=0.5),
    "NeuMF": partial(build_neumf, dropout=0.2, **NEUMF),
}


def compiled(build: Callable[..., Any], train: Interactions) -> keras.Model:
    model = build(train.num_users, train.num_items)
    return compile_for(model, PLAN, keras.optimizers.Adam(3e-3))


def feed_of(train: Interactions, epochs: int) -> tf.data.Dataset:
    return PLAN.batches(train, seed=0, epochs=epochs)


def by_hand(model: keras.Model, feed: tf.data.Dataset) -> Callable[[], float]:
    """A loop over the batches in one compiled function, and nothing else."""
    data = tf.nest.map_structure(lambda *parts: tf.stack(parts), *feed)
    weights, steps = model.trainable_variables, int(feed.cardinality())
    model.optimizer.build(weights)

    def step(number: Any, total: Any) -> Any:
        x, y = tf.nest.map_structure(lambda part: part[number], data)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model.loss(y, model(x, training=True)))
        model.optimizer.apply(tape.gradient(loss, weights), weights)
        return number + 1, total + loss

    @tf.function(jit_compile=True, autograph=False)
    def run() -> Any:
        return tf.while_loop(lambda i, _: i < steps, step, [0, 0.0])[1]

    return lambda: float(run())


def exhaust(feed: tf.data.Dataset) -> None:
    for _ in feed:
        pass


def ways_of(train: Interactions, epochs: int) -> dict[str, Callable[[], Any]]:
    """What is timed, for calls of so many epochs."""
    feed = feed_of(train, epochs)
    ways: dict[str, Callable[[], Any]] = {
        "open the data": lambda: next(iter(feed)),
        "make the batches": partial(exhaust, feed),
    }
    for name, build in MODELS.items():
        ways[f"{name}, by hand"] = by_hand(compiled(build, train), feed)
        ways[f"{name}, fit"] = partial(fit_batches, compiled(build, train), feed, 1)
    return ways


def report(median: dict[int, dict[str, float]]) -> None:
    """Prints times, what is an epoch's own of them, and shares."""
    short, long = median[SHORT], median[LONG]
    header = ["ms", f"{SHORT} epochs", f"{LONG} epochs", "an epoch", "a call's own"]
    rows = []
    for way in short:
        one = (long[way] - short[way]) / (LONG - SHORT)
        times = (short[way], long[way], one, short[way] - SHORT * one)
        rows.append((way, *(f"{1e3 * x:.1f}" for x in times)))
    print_table(header, rows)
    for name in MODELS:
        a, b = (x[f"{name}, by hand"] / x[f"{name}, fit"] for x in (short, long))
        print(f"{name}, fit's share of the loop's speed: {a:.0%}, {b:.0%}")


def main() -> None:
    options = parser(__doc__, repeats=7).parse_args()
    keras.utils.set_random_seed(0)
    train = load_problem().train
    ways = {n: ways_of(train, n) for n in (SHORT, LONG)}
    flat = {(n, way): run for n, by_way in ways.items() for way, run in by_way.items()}
    taken = in_turns(flat, options.repeats)
    middle = medians(taken)
    median = {n: {way: middle[n, way] for way in ways[n]} for n in ways}
    report(median)
    seconds = {n: {way: taken[n, way] for way in ways[n]} for n in ways}
    finish(options, {"seconds": seconds, "median": median})


if __name__ == "__main__":
    main()
