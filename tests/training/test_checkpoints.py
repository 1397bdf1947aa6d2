"""`fit(checkpoint=)`: a training that was interrupted ends with the same numbers."""

from dataclasses import replace

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.data.splits import leave_k_out
from tfrecs.training.plan import Negatives


@pytest.fixture(scope="module")
def parts():
    data = make_synthetic(120, 40, seed=0, interactions_per_user=14).interactions
    return leave_k_out(data, seed=0, k=3)


class Interrupt(keras.callbacks.Callback):
    """Stops the program at the beginning of an epoch, once."""

    def __init__(self, epoch):
        super().__init__()
        self.left = {epoch}

    def on_epoch_begin(self, epoch, logs=None):
        if epoch in self.left:
            self.left.remove(epoch)
            raise KeyboardInterrupt


def callbacks(interrupt):
    """Early stopping, whose best weights have a global bias, which is a number."""
    stop = keras.callbacks.EarlyStopping("loss", patience=9, restore_best_weights=True)
    return [stop, Interrupt(interrupt)]


def trained(train, seed=0, build=tfrecs.build_mf, **settings):
    """Returns a new model after training, and its history."""
    keras.utils.set_random_seed(seed)
    model = build(train.num_users, train.num_items)
    settings = {"objective": "bpr", "epochs": 6, "validate_every": 2, **settings}
    settings = {"batch_size": 64, **settings}
    return model, tfrecs.fit(model, train, seed=0, **settings)


def assert_same_training(found, expected):
    (model, history), (other, whole) = found, expected
    for mine, its in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(mine, its, err_msg=mine.path)
    assert history.history == whole.history
    assert history.epoch == whole.epoch
    assert history.params["epochs"] == whole.params["epochs"]


EPOCHS = ["epoch-000001", "epoch-000002"]
KINDS = {
    "own": {"objective": "bpr"},
    "shared": {"objective": "bce", "negatives": Negatives("shared", 32)},
    "in-batch": {"objective": "softmax", "negatives": "in-batch"},
    "all": {"objective": "softmax", "negatives": "all"},
    "ratings": {"objective": "mse"},
    "several": {"objective": "kos-warp"},
    "auto": {"objective": "auto", "build": tfrecs.build_cosine},
    "dropout": {"build": tfrecs.build_neumf},
}


slow = pytest.mark.slow


@pytest.mark.parametrize(
    "kind", ["own", *(pytest.param(k, marks=slow) for k in KINDS if k != "own")]
)
def test_an_interrupted_training_ends_with_the_same_numbers(kind, parts, tmp_path):
    train, settings = parts[0], KINDS[kind]
    if kind == "ratings":
        train = replace(train, ratings=1.0 + train.item_ids % 5)
    expected = trained(train, callbacks=callbacks(99), **settings)
    settings = {**settings, "checkpoint": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        trained(train, callbacks=callbacks(2), **settings)
    assert sorted(path.name for path in tmp_path.iterdir()) == EPOCHS
    found = trained(train, seed=7, callbacks=callbacks(99), **settings)
    assert_same_training(found, expected)
    assert [path.name for path in tmp_path.iterdir()] == ["finished"]
    # The same call returns the trained weights.
    again = trained(train, seed=8, callbacks=callbacks(0), **settings)
    assert_same_training(again, expected)
