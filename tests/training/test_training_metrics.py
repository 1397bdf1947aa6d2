"""Metrics of rows in `compile`: numbers by hand, weights, ties, and saving."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import tfrecs
from tfrecs.evaluation.metrics.ranking import Ranks, hit_rate, ndcg
from tfrecs.training.row_metrics import MRR, NDCG, HitRate, rank_in_row

LABELS = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]], dtype=np.float32)
SCORES = np.array(
    [[0.5, 2.0, -1.0, 3.0], [0.2, 0.1, 0.0, -4.0], [5.0, 6.0, 7.0, 1.0]],
    dtype=np.float32,
)  # ranks 2, 1, 4


def measured(metric, labels=LABELS, scores=SCORES, weights=None) -> float:
    metric.update_state(labels, scores, sample_weight=weights)
    return float(metric.result())


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (HitRate(1), 1 / 3),
        (HitRate(2), 2 / 3),
        (HitRate(4), 1),
        (NDCG(1), 1 / 3),
        (NDCG(2), (1 / math.log2(3) + 1) / 3),
        (NDCG(4), (1 / math.log2(3) + 1 + 1 / math.log2(5)) / 3),
        (MRR(3), (1 / 2 + 1) / 3),
        (MRR(4), (1 / 2 + 1 + 1 / 4) / 3),
    ],
)
def test_means_over_rows_by_hand(metric, expected):
    assert measured(metric) == pytest.approx(expected, rel=1e-6)


def test_batches_add_up_until_reset():
    metric = HitRate(1)
    assert measured(metric, LABELS[:1], SCORES[:1]) == 0
    assert measured(metric, LABELS[1:], SCORES[1:]) == pytest.approx(1 / 3)
    metric.reset_state()
    assert measured(metric, LABELS[1:2], SCORES[1:2]) == 1


@pytest.mark.parametrize("metric", [HitRate, NDCG, MRR])
def test_rows_count_by_their_weights(metric):
    weights = np.array([2.0, 6.0, 0.0])
    [first, second] = [measured(metric(2), LABELS[[i]], SCORES[[i]]) for i in (0, 1)]
    expected = pytest.approx((2 * first + 6 * second) / 8, rel=1e-6)
    assert measured(metric(2), weights=weights) == expected
    assert measured(metric(2), weights=weights[:, None]) == expected
    of_pairs = np.where(LABELS == 1, weights[:, None], 99.0)  # the positive's counts
    assert measured(metric(2), weights=of_pairs) == expected


def test_ties_and_nan_count_against_the_model():
    scores = np.array([[1, 1, 1, 0], [np.nan, 1, 2, 3], [np.nan, 1, 2, 3]])
    labels = np.array([[1, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]])
    for ranked in (rank_in_row, tf.function(rank_in_row, jit_compile=True)):
        assert np.array(ranked(labels, scores)).tolist() == [3, 2, 4]


def test_the_best_of_many_positives_is_ranked_and_none_is_last():
    labels = np.array([[1, 0, 1, 0], [0, 0, 0, 0]])
    scores = np.array([[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]])
    assert np.array(rank_in_row(labels, scores)).tolist() == [2, 5]


@settings(max_examples=25)
@given(
    arrays(np.float32, (5, 6), elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0])),
    arrays(np.int32, 5, elements=st.integers(0, 5)),
    st.integers(1, 6),
)
def test_values_are_those_of_the_evaluator_and_only_order_matters(scores, places, k):
    labels = np.eye(6)[places]
    ranks = [
        sum(s >= row[place] for s in row)
        for row, place in zip(scores, places, strict=True)
    ]
    ranked = Ranks(np.array(ranks, float)[:, None], np.ones(5, int), np.full(5, 6))
    for metric, expected in ((HitRate, hit_rate), (NDCG, ndcg)):
        mean = pytest.approx(expected(ranked, k).mean(), abs=1e-6)
        assert measured(metric(k), labels, scores) == mean
        assert measured(metric(k), labels, np.exp(scores) - 9) == mean


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        (HitRate(3), "row_hit_rate@3"),
        (NDCG(7), "row_ndcg@7"),
        (MRR(2, name="n"), "n"),
    ],
)
def test_a_metric_is_made_again_from_its_config(metric, name):
    assert metric.name == name
    config = keras.saving.serialize_keras_object(metric)
    again = keras.saving.deserialize_keras_object(config)
    assert (type(again), again.k, again.name) == (type(metric), metric.k, metric.name)
    assert config["registered_name"] == f"tfrecs>{type(metric).__name__}"


@pytest.mark.parametrize("k", [0, 1.5])
def test_cut_offs_are_whole_numbers_from_one(k):
    with pytest.raises(ValueError, match=f"at least 1. Received: k={k}"):
        HitRate(k)


def test_a_model_trains_with_them_is_saved_and_stopped_by_them(tmp_path):
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    model = tfrecs.build_mf(20, 30, embedding_dim=4)
    model.compile(
        "adam",
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[HitRate(2)],
        weighted_metrics=[NDCG(2)],
        jit_compile=False,
    )
    rows = {"user_id": np.arange(20), "item_id": rng.integers(30, size=(20, 5))}
    labels = np.eye(5)[np.zeros(20, int)]
    weights = rng.random(20)
    stop = keras.callbacks.EarlyStopping(
        "val_row_hit_rate@2", mode="max", patience=1, min_delta=9
    )
    history = model.fit(
        rows,
        labels,
        sample_weight=weights,
        validation_data=(rows, labels, weights),
        epochs=5,
        callbacks=[stop],
        verbose=0,
    ).history
    assert len(history["loss"]) == 2
    logits = model.predict(rows, verbose=0)
    expected = measured(NDCG(2), labels, logits, weights)
    assert history["val_row_ndcg@2"][-1] == pytest.approx(expected, rel=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    found = again.evaluate(
        rows, labels, sample_weight=weights, return_dict=True, verbose=0
    )
    assert found["row_ndcg@2"] == pytest.approx(expected, rel=1e-5)
