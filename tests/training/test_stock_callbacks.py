"""Keras's callbacks in `tfrecs.fit`: they see the model, whatever is trained."""

import csv

import keras
import numpy as np
import pytest
from keras import callbacks as stock

import tfrecs
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.data.splits import leave_k_out

KINDS = [("bpr", "own"), ("softmax", "in-batch"), ("bce", "shared"), ("softmax", "all")]
USERS = np.arange(120)


@pytest.fixture(scope="module")
def parts():
    data = make_synthetic(120, 40, seed=0, interactions_per_user=14).interactions
    return leave_k_out(data, seed=0, k=3)


def build():
    keras.utils.set_random_seed(0)
    return tfrecs.build_mf(120, 40, embedding_dim=4)


def fit(model, parts, kind, callbacks=(), epochs=4, **options):
    objective, negatives = kind
    return tfrecs.fit(
        model,
        parts[0],
        seed=0,
        objective=objective,
        negatives=negatives,
        epochs=epochs,
        validate_every=1,
        callbacks=callbacks,
        **options,
    )


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_callbacks_work_on_the_model(parts, kind, tmp_path):
    model, seen, scores = build(), [], []

    def at_end(epoch, logs):
        seen.append(watch.model)
        scores.append(watch.model.score_users(USERS))

    watch = stock.LambdaCallback(on_epoch_end=at_end)
    history = fit(
        model,
        parts,
        kind,
        [
            watch,
            stock.ModelCheckpoint(tmp_path / "{epoch}.keras"),
            stock.ModelCheckpoint(
                tmp_path / "{epoch}.weights.h5", save_weights_only=True
            ),
            stock.BackupAndRestore(tmp_path / "backup"),
            stock.TensorBoard(tmp_path / "board"),
            stock.LearningRateScheduler(lambda epoch, rate: 0.01 / 2**epoch),
            stock.CSVLogger(tmp_path / "log.csv"),
            # Nothing is a thousand times better than the first epoch.
            stock.EarlyStopping("loss", min_delta=1e3, restore_best_weights=True),
        ],
    )
    assert all(one is model for one in seen)
    assert history.epoch == [0, 1]  # stopped
    assert history.history["learning_rate"] == pytest.approx([0.01, 0.005])
    with (tmp_path / "log.csv").open() as file:
        rows = [float(row["loss"]) for row in csv.DictReader(file)]
    assert rows == pytest.approx(history.history["loss"])
    assert list((tmp_path / "board" / "train").iterdir())
    assert not np.array_equal(*scores)
    np.testing.assert_array_equal(model.score_users(USERS), scores[0])  # restored
    loaded = keras.saving.load_model(tmp_path / "2.keras")
    np.testing.assert_allclose(loaded.score_users(USERS), scores[1], rtol=1e-6)
    assert type(loaded) is type(model)
    assert int(loaded.optimizer.iterations) == int(model.optimizer.iterations)
    other = build()
    other.load_weights(tmp_path / "1.weights.h5")
    np.testing.assert_allclose(other.score_users(USERS), scores[0], rtol=1e-6)
