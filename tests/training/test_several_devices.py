"""Several devices, in processes of their own: they are made when a backend starts."""

import importlib.util
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import tfrecs
from tfrecs.models.gathering import _local_copy
from tfrecs.training.several_devices import scope_of

ROOT = Path(__file__).parents[2]


def run(code, **environment):
    """Runs a script in a process of its own."""
    done = subprocess.run(
        [sys.executable, *code],
        env={**os.environ, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1", **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]


def devices(tmp_path, cases, kinds):
    """Runs cases of `benchmarks/devices.py`, which fails where they differ."""
    script = str(ROOT / "benchmarks/devices.py")
    path = tmp_path / "devices.json"
    run([script, "--cases", cases, "--kinds", kinds, "--json", str(path)])
    return json.loads(path.read_text())["cases"]


@pytest.mark.slow
def test_two_replicas_of_tensorflow_train_as_one(tmp_path):
    found = devices(
        tmp_path, "tensorflow-1-replica,tensorflow-2-replicas", "own,in-batch"
    )
    assert {case["status"] for case in found.values()} == {"ok"}


@pytest.mark.slow
def test_four_devices_and_two_processes_of_jax_train_as_one(tmp_path):
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed: pip install jax")
    # The second kind needs that saving the first left both processes' seeds the same.
    found = devices(tmp_path, "jax-1,jax-4-split,jax-2-processes-split", "own,shared")
    assert {case["status"] for case in found.values()} == {"ok"}
    for kind in ("own", "shared"):
        one, *others = (case["kinds"][kind]["losses"] for case in found.values())
        assert len(set(one)) == 3  # epochs, each with its own data
        np.testing.assert_allclose(others, [one, one], rtol=1e-4)


def test_a_copy_to_save_draws_no_seed_of_the_process():
    model = tfrecs.build_neumf(3, 4, dropout=0.5)
    before = random.getstate()
    copy = _local_copy(model, model.get_weights())
    assert random.getstate() == before
    np.testing.assert_array_equal(copy.score_users([1]), model.score_users([1]))


def test_strategies_of_several_processes_are_refused():
    with tf.distribute.MultiWorkerMirroredStrategy().scope():
        model = tfrecs.build_mf(3, 3, embedding_dim=2)
    with pytest.raises(ValueError, match=r"MultiWorkerMirroredStrategy.*KERAS_BACKEND"):
        scope_of(model)
    train = tfrecs.Interactions.from_arrays([0, 1, 2], [0, 1, 3])
    with pytest.raises(ValueError, match="MultiWorkerMirroredStrategy"):
        tfrecs.fit(model, train, seed=0, epochs=1)


REFUSED_ON_JAX = """
import keras, numpy as np, scipy.sparse as sp, tfrecs
from keras.distribution import DataParallel, DeviceMesh, LayoutMap, ModelParallel

def refused(model, words, batch_size=8):
    given = {"objective": "bce", "negatives": "own", "batch_size": batch_size}
    try:
        tfrecs.fit(model, train, seed=0, epochs=1, **given)
    except ValueError as error:
        assert words in str(error), error
    else:
        raise AssertionError(words)

matrix = np.tri(8, 6, dtype=np.float32)
train = tfrecs.Interactions.from_matrix(sp.csr_array(matrix))
before = tfrecs.build_mf(8, 6, embedding_dim=3)
keras.distribution.set_distribution(DataParallel())
refused(before, "after keras.distribution.set_distribution")
model = tfrecs.build_mf(8, 6, embedding_dim=3)
refused(model, "multiples of 2, the devices that share a batch", batch_size=3)
refused(model, "Received: user_id of 11", batch_size=11)
assert keras.distribution.distribution().auto_shard_dataset
layouts = LayoutMap(DeviceMesh((1, 2), ["batch", "model"]))
layouts[".*no_such_table.*"] = ("model", None)
keras.distribution.set_distribution(ModelParallel(layout_map=layouts))
refused(tfrecs.build_mf(8, 6, embedding_dim=3), "no layout for user_bias/embeddings")
keras.distribution.set_distribution(tfrecs.SplitTables())
train = tfrecs.Interactions.from_matrix(sp.csr_array(matrix[:7, :5]))
refused(tfrecs.build_mf(7, 5, embedding_dim=3), "sizes that 2 devices divide")
"""


@pytest.mark.slow
def test_layouts_and_batches_that_do_not_fit_are_refused_on_jax():
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed: pip install jax")
    flags = "--xla_force_host_platform_device_count=2"
    run(
        ["-c", REFUSED_ON_JAX],
        KERAS_BACKEND="jax",
        JAX_PLATFORMS="cpu",
        XLA_FLAGS=flags,
    )
