"""Every loss trains every model, and is saved with it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfrecs.losses import CATALOGUE_LOSSES, LOSSES, RATING_LOSSES
from tfrecs.models import MODELS

NUM_USERS, NUM_ITEMS = 7, 9
ROWS, SIZE = 12, 5


def rows():
    """Positives first; half of the rows have partial credit."""
    rng = np.random.default_rng(0)
    inputs = {
        "user_id": rng.integers(0, NUM_USERS, ROWS).astype(np.int32),
        "item_id": rng.integers(0, NUM_ITEMS, (ROWS, SIZE)).astype(np.int32),
    }
    labels = rng.choice([0, 0.25, 0.6], (ROWS, SIZE))
    labels[::2] = 0
    labels[:, 0] = 1
    return inputs, labels.astype(np.float32)


def takes_a_step_down(model, losses, inputs, labels):
    """From the same weights for each loss, which is lower after a small step."""
    variables = [variable.value for variable in model.trainable_variables]
    start = [variable.numpy() for variable in variables]
    with tf.GradientTape(persistent=True) as tape:
        scores = model(inputs)
        values = [tf.reduce_mean(loss(labels, scores)) for loss in losses]
    for loss, value in zip(losses, values, strict=True):
        slopes = [
            np.zeros(variable.shape) if slope is None else tf.convert_to_tensor(slope)
            for variable, slope in zip(
                variables, tape.gradient(value, variables), strict=True
            )
        ]
        size = np.sqrt(sum(np.square(slope).sum() for slope in slopes))
        assert 0 < size < np.inf
        for variable, before, slope in zip(variables, start, slopes, strict=True):
            variable.assign(before - 1e-3 / size * slope)
        after = tf.reduce_mean(loss(labels, model(inputs)))
        assert after < value, loss


@pytest.mark.parametrize("name", MODELS)
def test_a_step_lowers_every_loss(name, build, randomize):
    model = randomize(build(name), scale=0.5)
    inputs, labels = rows()
    takes_a_step_down(model, LOSSES.values(), inputs, labels)
    pairs = {**inputs, "item_id": inputs["item_id"][:, 0]}
    takes_a_step_down(model, RATING_LOSSES.values(), pairs, 4 * labels[:, 0])
    users = {"user_id": np.arange(NUM_USERS, dtype=np.int32)}
    taken = np.random.default_rng(1).random((NUM_USERS, NUM_ITEMS)) < 0.3
    takes_a_step_down(model.over_catalogue(), CATALOGUE_LOSSES.values(), users, taken)


@pytest.mark.parametrize(
    ("name", "loss"),
    [  # every model and every loss, each at least once
        (list(MODELS)[i % len(MODELS)], loss)
        for i, loss in enumerate([*LOSSES.values(), *RATING_LOSSES.values()])
    ],
)
def test_a_compiled_model_is_saved_to_the_bit(name, loss, build, randomize, tmp_path):
    model = randomize(build(name))
    inputs, labels = rows()
    if loss in RATING_LOSSES.values():
        inputs, labels = {**inputs, "item_id": inputs["item_id"][:, 0]}, labels[:, 0]
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss, run_eagerly=True)
    model.train_on_batch(inputs, labels)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.loss is loss
    weights = (one.get_weights() for one in (model, loaded))
    slots = (one.optimizer.variables for one in (model, loaded))
    for mine, theirs in (*zip(*weights, strict=True), *zip(*slots, strict=True)):
        np.testing.assert_array_equal(mine, theirs)
    loaded.run_eagerly = True
    assert loaded.test_on_batch(inputs, labels) == model.test_on_batch(inputs, labels)
