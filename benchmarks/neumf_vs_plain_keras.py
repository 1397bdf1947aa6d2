"""NeuMF's training speed through stock `fit`, beside the plain Keras way.

Plain: a functional NeuMF, every pair of the dense user x item grid through
`from_tensor_slices(...).batch(512)`, `compile` and `fit` with their defaults. Ours: the
same sizes and optimizer, (a) positives with sampled negatives and (b) the whole
catalogue for each user, which is the same dense grid. Each is warmed up, then timed in
turns; the median is reported.
`python benchmarks/neumf_vs_plain_keras.py [--repeats 5] [--json FILE]`.
"""

import argparse
import statistics
import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tfrecs.bench.result import write_json
from tfrecs.datasets.synthetic import make_synthetic
from tfrecs.models import build_neumf
from tfrecs.training import batches, compile_for

USERS, ITEMS = 943, 1682  # as MovieLens 100K
SIZES = {"embedding_dim": 8, "mlp_embedding_dim": 16, "hidden_units": (32, 16, 8)}
PLAIN_PAIRS = 512 * 400


def plain_neumf() -> keras.Model:
    """NeuMF as tutorials write it: four embeddings, two branches, one output."""
    user = keras.Input((1,), dtype="int32", name="user_id")
    item = keras.Input((1,), dtype="int32", name="item_id")

    def embed(ids, size, dim):
        return layers.Flatten()(layers.Embedding(size, dim)(ids))

    dim, mlp_dim = SIZES["embedding_dim"], SIZES["mlp_embedding_dim"]
    gmf = layers.Multiply()([embed(user, USERS, dim), embed(item, ITEMS, dim)])
    mlp = layers.Concatenate()(
        [embed(user, USERS, mlp_dim), embed(item, ITEMS, mlp_dim)]
    )
    for units in SIZES["hidden_units"]:
        mlp = layers.Dense(units, activation="relu")(mlp)
    score = layers.Dense(1, activation="sigmoid")(layers.Concatenate()([gmf, mlp]))
    model = keras.Model([user, item], score)
    model.compile("adam", loss="binary_crossentropy")
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json")
    options = parser.parse_args()
    keras.utils.set_random_seed(0)
    data = make_synthetic(USERS, ITEMS, interactions_per_user=80).interactions

    grid = np.stack(np.divmod(np.arange(PLAIN_PAIRS), ITEMS), axis=1).astype(np.int32)
    liked = np.asarray(data.matrix[grid[:, 0], grid[:, 1]], np.float32).ravel()
    pairs = tf.data.Dataset.from_tensor_slices(((grid[:, 0], grid[:, 1]), liked))
    plain = plain_neumf()

    def fit_plain() -> int:
        plain.fit(pairs.batch(512), shuffle=False, verbose=0)
        return PLAIN_PAIRS

    def ours(objective: str, passes: int, scored: int):
        model = build_neumf(USERS, ITEMS, **SIZES)
        trained = compile_for(model, objective, keras.optimizers.Adam())
        feed = batches(
            data, objective, seed=0, passes=passes, batch_size=None, num_negatives=4
        )

        def fit() -> int:
            trained.fit(feed, shuffle=False, verbose=0)
            return scored * int(feed.cardinality())

        return fit

    ways = {
        "plain Keras, dense grid": fit_plain,
        "tfrecs, 4 sampled negatives": ours("bce", 3, 1024 * 5),
        "tfrecs, whole catalogue": ours("catalogue-bce", 3, 128 * ITEMS),
    }
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for fit in ways.values():
        fit()  # traces, compiles
    for _ in range(options.repeats):
        for way, fit in ways.items():
            start = time.perf_counter()
            rates[way].append(fit() / (time.perf_counter() - start) / 1e6)
    medians = {way: statistics.median(found) for way, found in rates.items()}
    slowest = medians["plain Keras, dense grid"]
    print(f"{'':30} {'M pairs/s':>10} {'ratio':>7}")
    for way, rate in medians.items():
        print(f"{way:30} {rate:10.2f} {rate / slowest:7.1f}")
    if options.json:
        write_json(options.json, {"million_pairs_per_second": rates, "median": medians})


if __name__ == "__main__":
    main()
