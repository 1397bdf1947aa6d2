"""Weights under stock Keras: every model, losses of pairs and rows, both ranks."""

import inspect
import itertools
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from tfrecs.losses import LOSSES
from tfrecs.models import HISTORY_MODELS, MODELS
from tfrecs.training.row_metrics import MRR, HitRate

RATE = 0.5
USERS = np.array([0, 1, 2, 3, 4, 5, 6, 0], np.int32)
ITEMS = np.array([[i, (i + 2) % 9, (i + 5) % 9] for i in range(8)], np.int32)
PAIRS = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1]] * 2, np.float32)
ROWS = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2, 0, 1]]  # one positive in a row
OF_ROWS = np.array([2, 0, 0.5, 1, 3, 0, 0, 1], np.float32)
OF_PAIRS = np.arange(24, dtype=np.float32).reshape(8, 3) / 10
OF_CLASSES = {0: 0.25, 1: 3.0}

# Losses of each pair `[batch]` or `[batch, n]`, and of each row `[batch]`, written out.
BY_PAIR = {
    "bce": (
        keras.losses.BinaryCrossentropy(from_logits=True),
        lambda y, s: ops.softplus(s) - y * s,
    ),
    "mse": ("mse", lambda y, s: ops.square(y - s)),
}
BY_ROW = {
    "bpr": (
        LOSSES["bpr"],
        lambda y, s: (
            ops.sum((1 - y) * ops.softplus(s - ops.sum(y * s, -1, keepdims=True)), -1)
            / 2
        ),
    ),
    "softmax": (
        LOSSES["softmax"],
        lambda y, s: ops.logsumexp(s, -1) - ops.sum(y * s, -1),
    ),
}


def cases():
    """Yields what is compiled, its loss, labels, items, and options of `fit`."""
    for loss, by_pair in BY_PAIR.values():
        for columns, of_pairs in ((0, OF_ROWS), (slice(None), OF_PAIRS)):
            y, items = PAIRS[:, columns], ITEMS[:, columns]
            of_labels = np.where(y == 1, OF_CLASSES[1], OF_CLASSES[0])
            of_rows = OF_ROWS if y.ndim == 1 else OF_ROWS[:, None]
            for weights, options in (
                (1, {}),
                (of_rows, {"sample_weight": OF_ROWS}),
                (of_pairs, {"sample_weight": of_pairs}),
                (of_labels, {"class_weight": OF_CLASSES}),
                (of_pairs, "dataset"),
            ):
                yield loss, by_pair, y, items, weights, options
    for loss, by_row in BY_ROW.values():
        for weights, options in (
            (1, {}),
            (OF_ROWS, {"sample_weight": OF_ROWS}),
            (OF_ROWS, "dataset"),
        ):
            yield loss, by_row, ROWS, ITEMS, weights, options


def without_dropout(name, build):
    known = inspect.signature({**MODELS, **HISTORY_MODELS}[name]).parameters
    return build(
        name, **{key: 0.0 for key in ("dropout", "hidden_dropout") if key in known}
    )


def step_by_hand(model, loss, x, y, weights):
    """Weights after one step of SGD on the mean of the weighted losses."""
    with tf.GradientTape() as tape:
        scores = model(x, training=True)
        mean = ops.mean(weights * loss(y, scores))
    variables = [variable.value for variable in model.trainable_variables]
    gradients = tape.gradient(mean, variables)
    return float(mean), [
        value.numpy() - RATE * (0 if g is None else tf.convert_to_tensor(g).numpy())
        for value, g in zip(variables, gradients, strict=True)
    ]


NAMES, QUARTERS = [*MODELS, *HISTORY_MODELS], 4


@pytest.mark.parametrize(
    ("name", "quarter"),
    [
        # A quarter of the cases for each model, another for the next. Each quarter has
        # both losses of pairs, both ranks and all ways to give weights.
        pytest.param(name, n, marks=[pytest.mark.slow] * (n != i % QUARTERS))
        for i, name in enumerate(NAMES)
        for n in range(QUARTERS)
    ],
)
def test_a_step_follows_the_weights(name, quarter, build, randomize, users_of):
    model = randomize(without_dropout(name, build), scale=0.5)
    start = model.get_weights()
    some = itertools.islice(cases(), quarter, None, QUARTERS)
    for loss, by_hand, y, items, weights, options in some:
        model.set_weights(start)
        x = {**users_of(model, USERS), "item_id": items}
        mean, expected = step_by_hand(model, by_hand, x, y, weights)
        model.compile(keras.optimizers.SGD(RATE), loss, run_eagerly=True)
        if options == "dataset":
            data = tf.data.Dataset.from_tensors((x, y, np.float32(weights)))
            history = model.fit(data, shuffle=False, verbose=0)
        else:
            history = model.fit(x, y, batch_size=8, shuffle=False, verbose=0, **options)
        case = f"{loss}, {y.shape}, {options}"
        assert history.history["loss"] == [pytest.approx(mean, rel=1e-4)], case
        for found, right in zip(model.trainable_variables, expected, strict=True):
            np.testing.assert_allclose(found, right, atol=1e-5, err_msg=case)


LEARNING = [(loss, rank) for loss in BY_PAIR for rank in (1, 2)]
LEARNING += [(loss, 2) for loss in BY_ROW]


@pytest.mark.parametrize(("name", "rank"), LEARNING)
def test_contradictory_labels_teach_the_mean_by_their_weights(build, name, rank):
    """Compiled, in one model: the class weights of a `fit` end with it.

    The two halves of a batch have the same ids and opposite labels.
    """
    steps, is_first = 60, np.arange(8) < 4
    in_order = {"shuffle": False, "verbose": 0}
    of_rows = np.where(is_first, np.float32(1), 3)
    x = {"user_id": np.zeros(8, np.int32), "item_id": np.zeros(8, np.int32)}
    y, of_data = np.float32(is_first), np.where(is_first, np.float32(3), 1)
    means = {"class": 0.75, "sample": 0.25, "data": 0.75, "none": 0.5}
    if rank == 2:
        x["item_id"] = np.tile(np.int32([0, 1]), (8, 1))
        y = np.stack([y, 1 - y], axis=1)  # for losses of rows: the positive's column
    if rank == 2 and name in BY_PAIR:
        y[:, 1] = y[:, 0]
        of_data = np.stack([of_data, of_rows], axis=1)
        means["data"] = [0.75, 0.25]
    loss, _ = {**BY_PAIR, **BY_ROW}[name]
    model = without_dropout("mf", build)
    rate = 0.1 if name == "mse" else 0.5
    model.compile(keras.optimizers.SGD(rate), loss, jit_compile=name == "bce")
    for kind, mean in means.items():
        batch = (x, y, of_data) if kind == "data" else (x, y)
        data = tf.data.Dataset.from_tensors(batch).repeat(steps)
        if kind == "sample":
            many = {k: np.concatenate([ids] * steps) for k, ids in x.items()}
            ys, of_each = np.concatenate([y] * steps), np.tile(of_rows, steps)
            model.fit(many, ys, sample_weight=of_each, batch_size=8, **in_order)
        elif kind != "class":
            model.fit(data, **in_order)
        elif name in BY_PAIR:
            model.fit(data, class_weight={0: 0.5, 1: 1.5}, **in_order)
        else:
            with pytest.raises(ValueError, match="compares the scores of a row"):
                model.fit(data, class_weight={0: 0.5, 1: 1.5}, **in_order)
            continue
        scores = ops.convert_to_numpy(model.predict(x, verbose=0))
        if name in BY_ROW:
            scores = scores[:, 0] - scores[:, 1]
        found = scores if name == "mse" else 1 / (1 + np.exp(-scores))
        expected = np.broadcast_to(mean, found.shape)
        np.testing.assert_allclose(found, expected, atol=0.02, err_msg=kind)


# Every stock loss and metric


@pytest.fixture(scope="module")
def model(build, randomize):
    return randomize(build("mf"))


STOCK_LOSSES = [
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "mean_squared_error",
    "mean_absolute_error",
    "mean_squared_logarithmic_error",
    "huber",
    "log_cosh",
    "hinge",
    "squared_hinge",
]


@pytest.mark.parametrize("loss", STOCK_LOSSES)
def test_every_stock_loss_of_pairs_is_weighted(model, loss):
    of_pair = keras.losses.get(loss)
    for columns, weights in ((0, OF_ROWS), (slice(None), OF_PAIRS)):
        y, items = PAIRS[:, columns], ITEMS[:, columns]
        x = {"user_id": USERS, "item_id": items}
        scores = model(x)
        each = of_pair(y.reshape(-1, 1), ops.reshape(scores, (-1, 1)))
        model.compile(loss=loss, run_eagerly=True)
        found = model.evaluate(x, y, sample_weight=weights, verbose=0)
        assert found == pytest.approx(np.mean(each * weights.ravel()), rel=1e-5)


def metrics(kind):
    return [
        keras.metrics.BinaryAccuracy(threshold=0.0, name=f"{kind}_accuracy"),
        keras.metrics.AUC(from_logits=True, name=f"{kind}_auc"),
        keras.metrics.Precision(thresholds=0.0, name=f"{kind}_precision"),
        keras.metrics.Recall(thresholds=0.0, name=f"{kind}_recall"),
        keras.metrics.RootMeanSquaredError(name=f"{kind}_error"),
        keras.metrics.MeanAbsoluteError(name=f"{kind}_mae"),
        keras.metrics.BinaryCrossentropy(from_logits=True, name=f"{kind}_bce"),
    ]


@pytest.mark.parametrize("weights", [None, OF_ROWS, OF_PAIRS])
@pytest.mark.parametrize("rank", [1, 2])
def test_every_stock_metric_is_weighted(model, rank, weights):
    columns = 0 if rank == 1 else slice(None)
    y, items = PAIRS[:, columns], ITEMS[:, columns]
    if weights is not None and weights.ndim > rank:
        weights = weights[:, 0]
    x = {"user_id": USERS, "item_id": items}
    model.compile(
        loss="mse",
        metrics=metrics("all"),
        weighted_metrics=metrics("some"),
        run_eagerly=True,
    )
    found = model.evaluate(x, y, sample_weight=weights, return_dict=True, verbose=0)
    flat = None
    if weights is not None:
        repeats = y.size // weights.size
        flat = np.repeat(weights.ravel(), repeats)
    expected = {}
    for kind, each in (("all", None), ("some", flat)):
        for metric in metrics(kind):
            scores = ops.reshape(model(x), (-1, 1))
            metric.update_state(y.reshape(-1, 1), scores, each)
            expected[metric.name] = float(metric.result())
    del found["loss"]
    assert found == pytest.approx(expected, rel=1e-4)


def test_metrics_of_rows_take_weights_of_pairs(model):
    rank = np.argsort(np.argsort(-model({"user_id": USERS, "item_id": ITEMS})))
    hit = (rank == 0)[ROWS == 1]
    model.compile(
        loss="mse", metrics=[HitRate(1)], weighted_metrics=[MRR(1)], run_eagerly=True
    )
    x = {"user_id": USERS, "item_id": ITEMS}
    found = model.evaluate(x, ROWS, sample_weight=OF_PAIRS, return_dict=True, verbose=0)
    assert 0 < hit.mean() < 1
    assert found["row_hit_rate@1"] == pytest.approx(hit.mean())
    of_positives = OF_PAIRS[ROWS == 1]
    expected = np.average(hit, weights=of_positives)
    assert found["row_mrr@1"] == pytest.approx(expected)


def test_accuracy_is_that_of_pairs(model):
    x = {"user_id": USERS, "item_id": ITEMS[:, 0]}
    model.compile(loss="mse", metrics=["accuracy"], run_eagerly=True)
    y = (model(x).numpy() > 0.5).astype(np.float32)  # Keras's threshold
    y[:2] = 1 - y[:2]
    found = model.evaluate(x, y, return_dict=True, verbose=0)
    assert found["accuracy"] == pytest.approx(6 / 8)


# Mistakes


@pytest.mark.parametrize("loss", ["bpr", "softmax", "warp", "ccl", "collie-hinge"])
def test_losses_of_rows_refuse_pairs_and_their_weights(model, loss):
    model.compile("sgd", LOSSES[loss], run_eagerly=True)
    pairs = {"user_id": USERS, "item_id": ITEMS[:, 0]}
    with pytest.raises(ValueError, match=r"compares the scores of a row.*\(8, 1\)"):
        model.fit(pairs, PAIRS[:, 0], verbose=0)
    rows = {"user_id": USERS, "item_id": ITEMS}
    with pytest.raises(ValueError, match=r"weights \[batch\].*\(8, 3, 1\)"):
        model.fit(rows, ROWS, sample_weight=OF_PAIRS, verbose=0)
    with pytest.raises(ValueError, match=r"weights \[batch\].*\(8, 3, 1\)"):
        model.train_on_batch(rows, ROWS, class_weight=OF_CLASSES)


def test_weights_and_class_weights_are_refused(model):
    model.compile("sgd", "mse", run_eagerly=True)
    x = {"user_id": USERS, "item_id": ITEMS}
    with pytest.raises(ValueError, match="`class_weight` must be left out"):
        model.fit(x, PAIRS, sample_weight=OF_ROWS, class_weight=OF_CLASSES, verbose=0)


# Several devices

MIRRORED = """
import keras, numpy as np, tensorflow as tf, tfrecs
two = [tf.config.LogicalDeviceConfiguration()] * 2
[cpu] = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, two)
mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
losses, weights = [], []
for strategy in (tf.distribute.get_strategy(), mirrored):
    with strategy.scope():
        keras.utils.set_random_seed(0)
        model = tfrecs.build_mf(8, 6, embedding_dim=2)
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(1.0), loss, jit_compile=False)
    ids = np.arange(16, dtype=np.int32)
    x = {"user_id": ids % 8, "item_id": ids % 6}
    options = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0}
    w = np.linspace(0, 3, 16)
    done = model.fit(x, np.float32(ids % 2), sample_weight=w, **options)
    losses.append(done.history["loss"])
    weights.append(model.get_weights())
np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
for one, both in zip(*weights, strict=True):
    np.testing.assert_allclose(both, one, rtol=1e-4, atol=1e-6)
print(losses)
"""


@pytest.mark.slow
def test_two_devices_give_the_loss_of_one():
    done = subprocess.run(
        [sys.executable, "-c", MIRRORED],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
