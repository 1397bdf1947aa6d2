"""Dropout: what is dropped, how often, and that it can be had again."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfrecs.models.layers import Dropout


def draw(layer, shape=(100, 200)):
    return layer(np.ones(shape, dtype=np.float32), training=True).numpy()


@pytest.fixture
def layer():
    keras.utils.set_random_seed(1)
    return Dropout(0.3)


@pytest.mark.parametrize(("rate", "training"), [(0.3, None), (0.3, False), (0, True)])
def test_inference_and_a_rate_of_zero_give_the_input(rate, training):
    layer, x = Dropout(rate), np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(layer(x, training=training), x)
    assert layer.seed_generator.state.numpy()[1] == 0


def test_kept_values_are_scaled_and_the_others_are_zero(layer):
    x = np.arange(1, 7, dtype=np.float32).reshape(2, 3) - 3.5
    seen = np.zeros(6, dtype=bool)
    for _ in range(20):
        y = layer(x, training=True).numpy()
        kept = y != 0
        np.testing.assert_allclose(y[kept], x[kept] / (1 - 0.3), rtol=1e-6)
        seen |= kept.ravel()
    assert seen.all()


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.3, 0.5, 0.9])
def test_the_share_dropped_is_the_rate_and_the_mean_is_kept(rate):
    keras.utils.set_random_seed(2)
    layer = Dropout(rate)
    drawn = np.stack([draw(layer) for _ in range(5)])
    error = np.sqrt(rate * (1 - rate) / drawn.size)  # one standard error
    assert (drawn == 0).mean() == pytest.approx(rate, abs=4 * error)
    assert drawn.mean() == pytest.approx(1, abs=4 * error / (1 - rate))


def correlation(one, other):
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def test_steps_and_positions_are_independent(layer):
    first, second = draw(layer) == 0, draw(layer) == 0
    error = 1 / np.sqrt(first.size)
    assert abs(correlation(first, second)) < 4 * error
    for step in (1, 2, 3, 64, 200):  # neighbours, and the position below
        flat = first.ravel()
        assert abs(correlation(flat[step:], flat[:-step])) < 4 * error
    # No row or column drops more than chance has it (binomial).
    for axis, length in ((0, 100), (1, 200)):
        share = first.mean(axis=axis)
        assert np.abs(share - 0.3).max() < 4.5 * np.sqrt(0.3 * 0.7 / length)
        assert share.std() == pytest.approx(np.sqrt(0.3 * 0.7 / length), rel=0.25)


def test_no_step_repeats_another():
    keras.utils.set_random_seed(3)
    layer = Dropout(0.5)
    masks = np.stack([(draw(layer, (16, 16)) == 0).ravel() for _ in range(50)])
    assert len(np.unique(masks, axis=0)) == 50
    agree = (masks[:, None] == masks[None]).mean(-1)[~np.eye(50, dtype=bool)]
    assert agree.mean() == pytest.approx(0.5, abs=0.01)
    assert np.abs(agree - 0.5).max() < 6 * 0.5 / 16


def test_layers_draw_numbers_of_their_own():
    keras.utils.set_random_seed(4)
    one, other = draw(Dropout(0.5)) == 0, draw(Dropout(0.5)) == 0
    assert abs(correlation(one, other)) < 4 / np.sqrt(one.size)


def test_the_global_seed_settles_the_numbers():
    drawn = []
    for seed in (5, 5, 6):
        keras.utils.set_random_seed(seed)
        layer = Dropout(0.3)
        drawn.append(np.stack([draw(layer, (9, 9)) for _ in range(3)]))
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).any()


def lowbias32(bits: int) -> int:
    """The hash, in Python's integers, from its author's C code."""
    bits ^= bits >> 16
    bits = bits * 0x7FEB352D % 2**32
    bits ^= bits >> 15
    bits = bits * 0x846CA68B % 2**32
    return bits ^ bits >> 16


@pytest.mark.parametrize("seed", [(12345, 7), (7, 12345)])
def test_numbers_are_the_hash_of_the_place_and_the_seed(layer, seed):
    layer.seed_generator.state.assign(seed)
    seed = lowbias32((seed[0] + lowbias32(seed[1])) % 2**32)
    drawn = draw(layer, (4, 5, 3)).ravel()
    for place, value in enumerate(drawn):
        share = lowbias32(place ^ seed) / 2**32
        assert (value == 0) == (share < 0.3)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_graphs_draw_the_same_numbers(layer, jit_compile):
    state = layer.seed_generator.state.numpy()
    expected = [draw(layer, (6, 7)) for _ in range(3)]
    layer.seed_generator.state.assign(state)
    x = tf.ones((6, 7))
    step = tf.function(
        lambda x: layer(x, training=True),
        jit_compile=jit_compile,
        input_signature=[tf.TensorSpec([None, 7] if not jit_compile else [6, 7])],
    )
    for numbers in expected:
        np.testing.assert_array_equal(step(x) == 0, numbers == 0)


def test_gradient_is_that_of_the_kept_values(layer):
    x = tf.ones((10, 10))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
        total = tf.reduce_sum(y)
    gradient = tape.gradient(total, x).numpy()
    np.testing.assert_allclose(gradient, np.where(y == 0, 0, 1 / 0.7), rtol=1e-6)


def test_the_type_of_the_input_is_kept():
    layer = Dropout(0.5, dtype="float16")
    y = layer(np.ones((4, 4), np.float16), training=True)
    assert y.dtype == "float16"


def test_serialization():
    layer = Dropout(0.25, name="my_dropout")
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert isinstance(again, Dropout)
    assert (again.rate, again.name) == (0.25, "my_dropout")
