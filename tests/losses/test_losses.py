"""Losses: numbers that can be checked by hand, and what every loss must do."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfrecs import losses
from tfrecs.losses import CATALOGUE_LOSSES, LOSSES
from tfrecs.models import build_mf

# A row: the positive stands in the middle; the scores are all different.
LABELS = np.array([[0, 1, 0, 0], [1, 0, 0, 0]], dtype=np.float32)
SCORES = np.array([[0.5, 2.0, -1.0, 3.0], [-0.2, 0.1, 1.5, -4.0]], dtype=np.float32)
# What users took of a catalogue of five: the last of them took nothing.
TAKEN = np.array([[1, 0, 0, 0, 1], [0, 0, 1, 0, 0], [0] * 5], dtype=np.int8)
CATALOGUE = np.array(
    [[0.3, 1.0, -2.0, 0.0, 2.5], [1.0, -1.0, 0.5, 0.2, 0.1], [1, 2, 3, 4, 5]],
    dtype=np.float32,
)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def gradient(loss, targets, scores):
    scores = tf.constant(scores, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(scores)
        value = tf.reduce_sum(loss(tf.constant(targets), scores))
    return tape.gradient(value, scores).numpy()


def minus_logs(of_true, of_false=()):
    """Binary cross-entropy of logits of ones and of zeros."""
    terms = [sigmoid(s) for s in of_true] + [1 - sigmoid(s) for s in of_false]
    return -sum(map(math.log, terms))


# Rows of a positive and its negatives

BY_HAND = {
    "bce": [minus_logs([2], [0.5, -1, 3]) / 4, minus_logs([-0.2], [0.1, 1.5, -4]) / 4],
    "gbce": [minus_logs([2], [0.5, -1, 3]) / 4, minus_logs([-0.2], [0.1, 1.5, -4]) / 4],
    "bpr": [minus_logs([1.5, 3, -1]) / 3, minus_logs([-0.3, -1.7, 3.8]) / 3],
    "hinge": [
        (0 + 0 + (1 + 1)) / 3,  # leads of 1.5, 3 and -1
        ((1 + 0.3) + (1 + 1.7) + 0) / 3,  # leads of -0.3, -1.7 and 3.8
    ],
    "softmax": [
        math.log(sum(math.exp(s - 2) for s in (0.5, 2, -1, 3))),
        math.log(sum(math.exp(s + 0.2) for s in (-0.2, 0.1, 1.5, -4))),
    ],
    "adaptive-bpr": [minus_logs([-1]), minus_logs([-1.7])],  # the least leads
    "adaptive-hinge": [1 + 1, 1 + 1.7],
}


@pytest.mark.parametrize("name", BY_HAND)
def test_losses_of_rows_by_hand(name):
    found = LOSSES[name](LABELS, SCORES)
    np.testing.assert_allclose(found, BY_HAND[name], rtol=1e-5)


def test_bce_of_single_pairs_is_one_number_each():
    flat = losses.sampled_bce(LABELS.ravel(), SCORES.ravel()).numpy()
    assert flat.shape == (8,)
    rows = losses.sampled_bce(LABELS, SCORES)
    np.testing.assert_allclose(flat.reshape(2, 4).mean(axis=1), rows, rtol=1e-6)


def test_bce_takes_a_weight_for_each_single_pair():
    """A pair of weight 0 does not count: only the first pair's step is taken."""
    model = build_mf(3, 3, embedding_dim=2)
    model.compile(keras.optimizers.SGD(1.0), losses.sampled_bce, jit_compile=False)
    ids = np.array([0, 1, 2], dtype=np.int32)
    labels = np.array([1, 0, 0], dtype=np.float32)
    before = model.score_users(ids)
    model.train_on_batch(
        {"user_id": ids, "item_id": ids},
        labels,
        sample_weight=np.array([1.0, 0, 0], dtype=np.float32),
    )
    bias = model.user_tower.get_layer("user_bias").embeddings.numpy()[:, 0]
    step = (1 - sigmoid(before[0, 0])) / 3  # the mean is over three pairs
    np.testing.assert_allclose(bias, [step, 0, 0], atol=1e-6)


@pytest.mark.parametrize("name", ["bpr", "hinge"])
def test_an_adaptive_loss_is_the_plain_one_of_the_hardest_negative(name):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(50, 6)).astype(np.float32)
    labels = np.eye(6, dtype=np.float32)[rng.integers(0, 6, 50)]
    positive = (labels * scores).sum(axis=1)
    hardest = np.where(labels, -9, scores).max(axis=1)
    pairs = np.stack([positive, hardest], axis=1)
    plain = LOSSES[name](np.tile([[1.0, 0.0]], (50, 1)).astype(np.float32), pairs)
    found = LOSSES[f"adaptive-{name}"](labels, scores)
    np.testing.assert_allclose(found, plain, rtol=1e-5, atol=1e-6)


def test_equally_hard_negatives_share_the_gradient():
    labels = np.array([[1, 0, 0, 0]], dtype=np.float32)
    scores = np.array([[0, 2, 2, 1]], dtype=np.float32)
    slopes = gradient(losses.adaptive_hinge, labels, scores)
    np.testing.assert_allclose(slopes, [[-1, 0.5, 0.5, 0]])


@pytest.mark.parametrize("score", [-3.0, 0.0, 7.0])
@pytest.mark.parametrize("n", [1, 4])
def test_ties(score, n):
    labels = np.eye(1, 1 + n, dtype=np.float32)
    scores = np.full_like(labels, score)
    for loss in (losses.bpr, losses.adaptive_bpr):
        np.testing.assert_allclose(loss(labels, scores), math.log(2), rtol=1e-5)
    for loss in (losses.hinge, losses.adaptive_hinge):
        np.testing.assert_allclose(loss(labels, scores), 1)
    found = losses.sampled_softmax(labels, scores)
    np.testing.assert_allclose(found, math.log(1 + n), rtol=1e-5)


def test_hinge_is_zero_from_a_lead_of_one():
    labels = np.array([[1, 0]] * 3, dtype=np.float32)
    scores = np.array([[0.9, 0], [1.0, 0], [1.1, 0]], dtype=np.float32)
    np.testing.assert_allclose(losses.hinge(labels, scores), [0.1, 0, 0], atol=1e-6)


@pytest.mark.parametrize(
    "name", [name for name in LOSSES if name not in ("bce", "gbce", "ccl")]
)
def test_a_constant_added_to_a_row_changes_nothing(name):
    shifted = SCORES + np.array([[10.0], [-3.0]], dtype=np.float32)
    expected = LOSSES[name](LABELS, SCORES)
    found = LOSSES[name](LABELS, shifted)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    slopes = gradient(LOSSES[name], LABELS, SCORES)
    np.testing.assert_allclose(slopes.sum(axis=1), 0, atol=1e-6)


# Exactness


def exact_bce(labels, scores):
    """Binary cross-entropy of pairs in float64, from the definition."""
    return np.logaddexp(0, -(2.0 * labels - 1) * scores)


def test_bce_is_exact_for_any_score():
    scores = np.linspace(-50, 50, 2001, dtype=np.float32)
    for label in (0, 1):
        labels = np.full(scores.shape, label, dtype=np.float32)
        expected = exact_bce(label, scores.astype(np.float64))
        np.testing.assert_allclose(
            losses.sampled_bce(labels, scores), expected, rtol=1e-6, atol=1e-6
        )
        slopes = 1 / (1 + np.exp(-scores.astype(np.float64))) - label
        np.testing.assert_allclose(
            gradient(losses.sampled_bce, labels, scores), slopes, rtol=1e-5, atol=1e-6
        )


# The whole catalogue

CATALOGUE_BY_HAND = {
    "softmax": [
        2 * math.log(sum(map(math.exp, (0.3, 1, -2, 0, 2.5)))) - 0.3 - 2.5,
        math.log(sum(map(math.exp, (1, -1, 0.5, 0.2, 0.1)))) - 0.5,
        0,  # nobody's positives
    ],
    "bce": [
        minus_logs([0.3, 2.5], [1, -2, 0]),
        minus_logs([0.5], [1, -1, 0.2, 0.1]),
        minus_logs([], [1, 2, 3, 4, 5]),
    ],
    "squared-error": [
        0.7**2 + 1.5**2 + 0.1 * (1 + 4 + 0),  # of 0.3 and 2.5; of 1, -2 and 0
        0.5**2 + 0.1 * (1 + 1 + 0.04 + 0.01),
        0.1 * (1 + 4 + 9 + 16 + 25),
    ],
}


@pytest.mark.parametrize("name", CATALOGUE_BY_HAND)
def test_catalogue_losses_by_hand(name):
    found = CATALOGUE_LOSSES[name](TAKEN, CATALOGUE)
    np.testing.assert_allclose(found, CATALOGUE_BY_HAND[name], rtol=1e-5)


def test_the_weight_of_unobserved_pairs():
    equal = losses.squared_error(TAKEN, CATALOGUE, unobserved_weight=1.0)
    plain = ((CATALOGUE - TAKEN) ** 2).sum(axis=1)
    np.testing.assert_allclose(equal, plain, rtol=1e-5)


SLOW = {  # of one user, an item at a time
    "softmax": lambda labels, scores: (
        -sum(
            math.log(math.exp(s) / sum(math.exp(other) for other in scores))
            for label, s in zip(labels, scores, strict=True)
            if label
        )
    ),
    "bce": lambda labels, scores: (
        -sum(
            math.log(sigmoid(s if label else -s))
            for label, s in zip(labels, scores, strict=True)
        )
    ),
    "squared-error": lambda labels, scores: sum(
        (1 - s) ** 2 if label else 0.1 * s**2
        for label, s in zip(labels, scores, strict=True)
    ),
    "ccl": lambda labels, scores: sum(
        max(0, 1 - positive)
        + 10 * np.mean([max(0, s - 0.4) for s in scores[labels == 0]])
        for positive in scores[labels == 1]
    ),
    "bsl": lambda labels, scores: (
        labels.sum()
        * math.log(
            np.mean([math.exp(s) for s in scores[labels == 0]])
            / np.mean([math.exp(s) for s in scores[labels == 1]])
        )
    ),
}


@pytest.mark.parametrize("name", CATALOGUE_LOSSES)
def test_catalogue_losses_are_sums_over_items(name):
    rng = np.random.default_rng(0)
    scores = rng.normal(scale=3, size=(20, 50))
    labels = (rng.random((20, 50)) < 0.2).astype(np.int8)
    expected = [SLOW[name](*user) for user in zip(labels, scores, strict=True)]
    found = CATALOGUE_LOSSES[name](labels, scores.astype(np.float32))
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-5)


@pytest.fixture(params=CATALOGUE_LOSSES)
def catalogue_wide(request):
    return CATALOGUE_LOSSES[request.param]


def test_the_place_of_an_item_does_not_matter(catalogue_wide):
    expected = catalogue_wide(TAKEN, CATALOGUE)
    for order in ([1, 0, 2, 3, 4], [4, 2, 0, 3, 1]):
        found = catalogue_wide(TAKEN[:, order], CATALOGUE[:, order])
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_slopes_of_catalogue_losses(catalogue_wide):
    slopes = gradient(catalogue_wide, TAKEN, CATALOGUE)
    chance = 1 / (1 + np.exp(-CATALOGUE))
    share = np.exp(CATALOGUE) / np.exp(CATALOGUE).sum(axis=1, keepdims=True)
    of_others = np.where(TAKEN, 0, np.exp(CATALOGUE))
    of_others /= of_others.sum(axis=1, keepdims=True)
    of_taken = np.where(TAKEN, np.exp(CATALOGUE), 0)
    of_taken /= np.maximum(of_taken.sum(axis=1, keepdims=True), 1)
    weight = np.array([[10 * 2 / 3], [10 * 1 / 4], [0]])
    expected = {
        # Two positives share one probability: the sum over items is what is pushed.
        losses.catalogue_softmax: np.array([[2], [1], [0]]) * share - TAKEN,
        losses.catalogue_bce: chance - TAKEN,
        losses.squared_error: np.where(
            TAKEN, -2 * (1 - CATALOGUE), 2 * 0.1 * CATALOGUE
        ),
        losses.ccl: np.where(TAKEN, -1.0 * (CATALOGUE < 1), weight * (CATALOGUE > 0.4)),
        losses.bsl: np.array([[2], [1], [0]]) * (of_others - of_taken),
    }[catalogue_wide]
    np.testing.assert_allclose(slopes, expected, atol=1e-5)


def test_catalogue_labels_may_be_floats_as_keras_hands_them(catalogue_wide):
    expected = catalogue_wide(TAKEN, CATALOGUE)
    found = catalogue_wide(TAKEN.astype(np.float32), CATALOGUE)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_extreme_scores_of_the_catalogue_are_finite(catalogue_wide, scale):
    scores = np.array([[1, -1, 0, 1, -1]], dtype=np.float32) * scale
    labels = np.array([[1, 1, 0, 0, 0]], dtype=np.int8)
    value = catalogue_wide(labels, scores).numpy()
    assert np.isfinite(value).all()
    assert (value >= 0).all() or catalogue_wide is losses.bsl
    assert np.isfinite(gradient(catalogue_wide, labels, scores)).all()


# Under Keras


@pytest.mark.parametrize("loss", [*LOSSES.values(), *CATALOGUE_LOSSES.values()])
def test_losses_are_registered_under_our_name(loss):
    config = keras.losses.serialize(loss)
    assert f"tfrecs>{loss.__name__}" in str(config)
    assert keras.losses.deserialize(config) is loss
