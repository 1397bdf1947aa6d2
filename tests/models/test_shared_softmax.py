"""The softmax over shared negatives, beside the plain one over the same logits."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfrecs.losses import sampled_softmax
from tfrecs.losses.multinomial import negative_log_likelihood
from tfrecs.models import MODELS
from tfrecs.models.shared_softmax import log_probability

INPUTS = {
    "user_id": np.array([0, 6, 3, 3], dtype=np.int32),
    "item_id": np.array([8, 0, 2, 5], dtype=np.int32),
    "negative_id": np.array([2, 7, 7, 0, 1], dtype=np.int32),
}
LOG_PROBABILITY = np.log(np.arange(1, 10, dtype=np.float32) / 45)


def test_the_arithmetic_of_one_row():
    """Scores 2, and 1 and 3 of two negatives; the second one is left out."""
    found = log_probability(
        tf.constant([2.0]),
        tf.constant([[1.0, 1.0]]),
        tf.constant([[0.0, 1.0], [1.0, 2.0]]),
        tf.constant([[False, True]]),
    )
    expected = np.log(np.exp(2) / (np.exp(2) + np.exp(1)))
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


@pytest.mark.parametrize("score", [-200.0, 200.0])
def test_large_scores_do_not_overflow(score):
    p = tf.Variable([[score]])
    with tf.GradientTape() as tape:
        found = log_probability(
            tf.constant([0.0]), p, tf.constant([[1.0]]), tf.constant([[False]])
        )
    np.testing.assert_allclose(found, [min(0, -score)], atol=1e-6)
    assert np.isfinite(tape.gradient(found, p)).all()


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize(
    ("name", "options"),
    [*((name, {}) for name in MODELS), ("mf", {"y_range": (1.0, 5.0)})],
)
def test_losses_and_gradients_are_those_of_the_plain_softmax(
    name, options, corrected, build, randomize
):
    model = randomize(build(name, **options))
    inputs = {**INPUTS, "log_probability": LOG_PROBABILITY} if corrected else INPUTS
    weights = np.array([1, 0.5, 2, 3], dtype=np.float32)
    labels = np.eye(1, 6, dtype=np.float32).repeat(4, axis=0)
    temperature = 0.7

    def plain():
        logits = model.over_shared_negatives(temperature)(inputs)
        return sampled_softmax(labels, logits, temperature)

    def fused():
        found = model.over_shared_softmax(temperature)(inputs)
        assert found.shape == (4, 1)
        return negative_log_likelihood(labels[:, :1], found)

    found = []
    for losses in (plain, fused):
        with tf.GradientTape() as tape:
            value = losses()
            total = tf.reduce_sum(weights * value)
        variables = [variable.value for variable in model.trainable_variables]
        found.append([value, *tape.gradient(total, variables)])
    for expected, value in zip(*found, strict=True):
        if expected is None:  # the layers of ids that the batch does not train
            assert value is None or not np.any(tf.convert_to_tensor(value))
            continue
        expected, value = tf.convert_to_tensor(expected), tf.convert_to_tensor(value)
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("view", ["over_shared_softmax", "over_shared_negatives"])
@pytest.mark.parametrize("name", ["mf", "neumf"])
def test_without_negatives_they_are_the_items_of_the_batch(
    name, view, build, randomize
):
    view = getattr(randomize(build(name)), view)(0.7)
    both = {**INPUTS, "negative_id": INPUTS["item_id"]}
    logs = LOG_PROBABILITY[:4]
    expected = view({**both, "log_probability": np.concatenate([logs, logs])})
    del both["negative_id"]
    found = view({**both, "log_probability": logs})
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_view_is_saved_with_its_model(build, randomize, tmp_path):
    view = randomize(build("mf")).over_shared_softmax(0.4)
    expected = view(INPUTS)
    view.save(tmp_path / "view.keras")
    loaded = keras.saving.load_model(tmp_path / "view.keras")
    assert type(loaded) is type(view)
    np.testing.assert_array_equal(loaded(INPUTS), expected)


def test_half_precision_has_the_same_loss(build, randomize):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = randomize(build("mf")).over_shared_softmax()(INPUTS)
    finally:
        keras.config.set_dtype_policy("float32")
    assert half.dtype == tf.float32
    whole = randomize(build("mf")).over_shared_softmax()(INPUTS)
    np.testing.assert_allclose(half, whole, rtol=0.05, atol=0.1)
