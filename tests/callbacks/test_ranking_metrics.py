import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.callbacks import RankingMetrics
from tfrecs.splits import random_split


@pytest.fixture(scope="module")
def parts():
    rng = np.random.default_rng(0)
    matrix = (rng.random((30, 20)) < 0.4).astype(float)
    return random_split(tfrecs.Interactions.from_matrix(matrix), seed=0)


def fit(parts, *callbacks, objective="bce", epochs=3):
    keras.utils.set_random_seed(0)
    train, _ = parts
    model = tfrecs.build_mf(train.num_users, train.num_items, embedding_dim=4)
    history = tfrecs.fit(
        model, train, seed=0, objective=objective, epochs=epochs, callbacks=callbacks
    )
    return model, history.history


@pytest.mark.parametrize("objective", ["bce", "softmax"])
def test_last_epoch_shows_what_evaluate_gives(parts, objective):
    model, history = fit(parts, RankingMetrics(*parts, k=(3, 5)), objective=objective)
    expected = tfrecs.evaluate(model, *parts, k=(3, 5)).metrics
    assert {f"val_{name}" for name in expected} == set(history) - {"loss"}
    for name, value in expected.items():
        assert history[f"val_{name}"][-1] == pytest.approx(value, abs=1e-12)


def test_every_second_epoch_alone_is_evaluated(parts):
    _, history = fit(parts, RankingMetrics(*parts, k=5, every=2), epochs=5)
    assert len(history["val_ndcg@5"]) == 2
    assert len(history["loss"]) == 5


def test_seen_items_can_be_ranked_too(parts):
    model, history = fit(parts, RankingMetrics(*parts, k=5, exclude_seen=False))
    expected = tfrecs.evaluate(model, *parts, k=5, exclude_seen=False)
    assert history["val_mrr"][-1] == pytest.approx(expected.metrics["mrr"])
    masked = tfrecs.evaluate(model, *parts, k=5)
    assert expected.metrics["mrr"] != masked.metrics["mrr"]


def test_early_stopping_monitors_it(parts):
    stop = keras.callbacks.EarlyStopping(
        "val_ndcg@5", mode="max", patience=1, min_delta=10
    )
    _, history = fit(parts, RankingMetrics(*parts, k=5), stop, epochs=9)
    assert len(history["loss"]) == 2  # nothing is better by 10, so one more and stop


def test_model_checkpoint_monitors_it(parts, tmp_path):
    path = tmp_path / "best.keras"
    save = keras.callbacks.ModelCheckpoint(
        path, monitor="val_ndcg@5", mode="max", save_best_only=True
    )
    _, history = fit(parts, RankingMetrics(*parts, k=5), save, epochs=4)
    best = tfrecs.evaluate(keras.saving.load_model(path), *parts, k=5)
    assert best.metrics["ndcg@5"] == pytest.approx(max(history["val_ndcg@5"]))
