"""The same models and losses on JAX: the same results as on TensorFlow."""

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tfrecs

ON_JAX = """
import sys, numpy as np, keras
import tfrecs.losses
from tfrecs.losses.multinomial import negative_log_likelihood
from tfrecs.models import MODELS
from tfrecs.models.layers import Dropout

assert keras.backend.backend() == "jax"
folder = sys.argv[1]
ids = dict(np.load(f"{folder}/ids.npz"))
dropped = ids.pop("dropped")
rows = np.random.default_rng(0).integers(0, 9, (7, 3)).astype("int32")
labels = np.eye(3, dtype="float32")[rows[:, 0] % 3]

keras.utils.set_random_seed(3)
layer = Dropout(0.3)
for numbers in dropped:
    found = np.asarray(layer(np.ones((9, 5), "float32"), training=True))
    np.testing.assert_allclose(found, numbers, rtol=1e-6)

for name in MODELS:
    model = keras.saving.load_model(f"{folder}/{name}.keras", compile=False)
    expected = np.load(f"{folder}/{name}.npy")
    np.testing.assert_allclose(model.score_users(ids["user_id"]), expected, atol=1e-5)
    np.testing.assert_allclose(model.predict(ids, verbose=0), expected, atol=1e-5)
    before = [np.asarray(weight) for weight in model.trainable_variables]

    inputs = {"user_id": ids["user_id"], "item_id": rows}
    taken = np.eye(9, dtype="int8")[rows].max(axis=1)
    for loss, function in tfrecs.losses.LOSSES.items():
        if loss == "bce" or (name, loss) in (("mf", "bpr"), ("mf", "kos-warp")):
            model.compile("adam", function)
            logged = model.fit(inputs, labels, batch_size=7, verbose=0)
            assert np.isfinite(logged.history["loss"]).all(), (name, loss)
    if name in ("mf", "neumf"):
        shared = {"user_id": ids["user_id"], "item_id": ids["user_id"]}
        shared["negative_id"] = np.arange(4, dtype="int32")
        over = model.over_shared_negatives()
        first = np.eye(1, 5, dtype="float32").repeat(7, axis=0)
        over.compile("sgd", tfrecs.losses.sampled_softmax)
        plain = over.test_on_batch(shared, first)
        over = model.over_shared_softmax()
        over.compile("sgd", negative_log_likelihood)
        np.testing.assert_allclose(over.test_on_batch(shared, first[:, :1]), plain)
        assert np.isfinite(over.train_on_batch(shared, first[:, :1]))
    for loss, function in tfrecs.losses.CATALOGUE_LOSSES.items():
        if (name, loss) in (("mf", "bsl"), ("neumf", "softmax")):
            over = model.over_catalogue()
            over.compile("adam", function)
            users = {"user_id": ids["user_id"]}
            logged = over.fit(users, taken, batch_size=7, verbose=0)
            assert np.isfinite(logged.history["loss"]).all(), (name, loss)
    for weight, start in zip(model.trainable_variables, before, strict=True):
        assert (np.asarray(weight) != start).any(), (name, weight.path)
    pairs = model.predict(ids, verbose=0)
    np.testing.assert_allclose(model.score_users(ids["user_id"]), pairs, atol=1e-5)

import jax
kept = np.load(f"{folder}/losses.npz")
listed = {**tfrecs.losses.CATALOGUE_LOSSES, **tfrecs.losses.LOSSES}

def total(scores, name):
    values = listed[name](kept["labels"], scores)
    return values.sum(), values

@jax.jit
def of_every_loss(scores):
    step = jax.grad(total, has_aux=True)
    return {name: step(scores, name) for name in listed}

for name, (slopes, values) in of_every_loss(kept["scores"]).items():
    np.testing.assert_allclose(values, kept[f"{name} values"], rtol=1e-4, err_msg=name)
    np.testing.assert_allclose(slopes, kept[f"{name} slopes"], atol=1e-4, err_msg=name)
"""


def keep_losses(path):
    """Keeps rows, and what each loss and its slopes are of them."""
    import tensorflow as tf

    from tfrecs.losses import CATALOGUE_LOSSES, LOSSES

    rng = np.random.default_rng(0)
    kept = {"labels": rng.choice([0, 0.25, 0.6], (30, 6)).astype("float32")}
    kept["labels"][np.arange(30), rng.integers(0, 6, 30)] = 1
    kept["scores"] = rng.normal(size=(30, 6)).astype("float32")
    scores = tf.constant(kept["scores"])
    for name, loss in {**CATALOGUE_LOSSES, **LOSSES}.items():
        with tf.GradientTape() as tape:
            tape.watch(scores)
            values = loss(kept["labels"], scores)
        slopes = tape.gradient(values, scores)
        kept |= {f"{name} values": values, f"{name} slopes": slopes}
    np.savez(path, **kept)


def test_models_train_on_jax(build, randomize, everything, tmp_path):
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed: pip install jax")
    import keras

    from tfrecs.models import MODELS
    from tfrecs.models.layers import Dropout

    keras.utils.set_random_seed(3)
    layer = Dropout(0.3)
    ones = np.ones((9, 5), dtype=np.float32)
    dropped = np.stack([layer(ones, training=True).numpy() for _ in range(3)])
    np.savez(tmp_path / "ids.npz", dropped=dropped, **everything)
    keep_losses(tmp_path / "losses.npz")
    for name in MODELS:
        model = randomize(build(name))
        model.save(tmp_path / f"{name}.keras")
        np.save(tmp_path / f"{name}.npy", model(everything))
    done = subprocess.run(
        [sys.executable, "-c", ON_JAX, tmp_path],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def imported(path):
    """The names of the packages that a file imports, in functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


OF_ONE_BACKEND = (
    *("by_rank.py", "compiled_steps.py", "gathering.py", "jax_steps.py"),
    "serving.py",
)


def test_models_and_losses_know_nothing_of_tensorflow():
    package = Path(tfrecs.__file__).parent
    folders = (package / "losses", package / "models")
    files = [path for folder in folders for path in sorted(folder.glob("*.py"))]
    assert len(files) >= 12
    for path in files:
        if path.name in OF_ONE_BACKEND:
            continue
        assert not {"tensorflow", "jax", "torch"} & set(imported(path)), path
