"""NeuMF's training speed through stock `fit`, beside the plain Keras way.

Plain: a functional NeuMF, every pair of the dense user x item grid through
`from_tensor_slices(...).batch(512)`, `compile` and `fit` with their defaults. Ours: the
same sizes and optimizer, (a) positives with sampled negatives and (b) the whole
catalogue for each user, which is the same dense grid. Each is warmed up, then timed in
turns; the median is reported.
`python benchmarks/neumf_vs_plain_keras.py [--repeats 5] [--json FILE]`.
"""

import keras
import numpy as np
import tensorflow as tf
from _plain_keras import plain_neumf
from _report import finish, in_turns, medians, parser, print_table

from tfrecs import Interactions
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.models import build_neumf
from tfrecs.training.fit import compile_for, fit_batches
from tfrecs.training.plan import Negatives, Plan

USERS, ITEMS = 943, 1682  # as MovieLens 100K
SIZES = {"embedding_dim": 8, "mlp_embedding_dim": 16, "hidden_units": (32, 16, 8)}
PLAIN = "plain Keras, dense grid"
PLAIN_PAIRS = 512 * 400


def plain(data: Interactions):
    """Gives what trains on the grid's first pairs, and their number."""
    grid = np.stack(np.divmod(np.arange(PLAIN_PAIRS), ITEMS), axis=1).astype(np.int32)
    liked = np.asarray(data.matrix[grid[:, 0], grid[:, 1]], np.float32).ravel()
    pairs = tf.data.Dataset.from_tensor_slices(((grid[:, 0], grid[:, 1]), liked))
    model = plain_neumf(USERS, ITEMS, **SIZES)
    fit = lambda: model.fit(pairs.batch(512), shuffle=False, verbose=0)  # noqa: E731
    return fit, PLAIN_PAIRS


def ours(data: Interactions, negatives: str):
    """Gives what trains for three epochs, and the pairs that it scores."""
    model = build_neumf(USERS, ITEMS, **SIZES)
    number = 4 if negatives == "own" else None
    plan = Plan("bce", Negatives(negatives, number))
    trained = compile_for(model, plan, keras.optimizers.Adam())
    feed = plan.batches(data, seed=0, epochs=3)
    labels = feed.element_spec[1]
    pairs = int(feed.cardinality()) * labels.shape.num_elements()
    return lambda: fit_batches(trained, feed, 1), pairs


def main() -> None:
    options = parser(__doc__).parse_args()
    keras.utils.set_random_seed(0)
    data = make_synthetic(USERS, ITEMS, interactions_per_user=80).interactions
    ways = {
        PLAIN: plain(data),
        "tfrecs, 4 sampled negatives": ours(data, "own"),
        "tfrecs, whole catalogue": ours(data, "all"),
    }
    taken = in_turns({way: fit for way, (fit, _) in ways.items()}, options.repeats)
    rates = {way: ways[way][1] / x / 1e6 for way, x in medians(taken).items()}
    print_table(
        ["", "M pairs/s", "ratio"],
        [(way, f"{x:.2f}", f"{x / rates[PLAIN]:.1f}") for way, x in rates.items()],
    )
    finish(options, {"seconds": taken, "million_pairs_per_second": rates})


if __name__ == "__main__":
    main()
