"""Ids out of range are refused before XLA trains or reads other rows."""

import numpy as np
import pytest
import tensorflow as tf

import tfrecs
from tfrecs.losses import LOSSES

GOOD, LABELS = np.array([[0, 1], [3, 2]], np.int32), np.array([[1.0, 0], [1, 0]])
QUIET = {"verbose": 0, "shuffle": False}
WRONG = [
    ("item_id", [[0, 1], [3, 4]], "`item_id` must be from 0 to 3.*Received: 0 to 4"),
    ("item_id", [[0, -1], [3, 1]], "`item_id` must be .* items. Received: -1 to 3"),
    ("user_id", [0, 3], r"`user_id` must be from 0 to 2.* users.*train\.users\.known"),
    pytest.param(
        *("user_id", [0, 2**32 + 1], "Received: 0 to 4294967297"),
        marks=pytest.mark.tensorflow,  # JAX has ids of 32 bits
    ),
]
wrong = pytest.mark.parametrize(("name", "ids", "message"), WRONG)


def compiled(steps: int):
    model = tfrecs.build_mf(3, 4, embedding_dim=2)
    model.compile(
        "sgd", loss=LOSSES["bpr"], jit_compile=True, steps_per_execution=steps
    )
    return model


def batch(**ids):
    return {"user_id": np.array([0, 2]), "item_id": GOOD} | {
        name: np.array(rows) for name, rows in ids.items()
    }


def data(inputs, *, is_static: bool):
    batches = tf.data.Dataset.from_tensors((inputs, LABELS))
    if is_static:
        return batches
    return tf.data.Dataset.from_tensor_slices((inputs, LABELS)).batch(2)


@wrong
@pytest.mark.parametrize("steps", [1, 3])
def test_training_refuses_ids_out_of_range_and_changes_nothing(
    name, ids, message, steps
):
    model = compiled(steps)
    before = model.get_weights()
    for is_static in (True, False):
        with pytest.raises(ValueError, match=message):
            model.fit(data(batch(**{name: ids}), is_static=is_static), **QUIET)
    with pytest.raises(ValueError, match=message):
        model.train_on_batch(batch(**{name: ids}), LABELS)
    for left, right in zip(before, model.get_weights(), strict=True):
        assert np.array_equal(left, right)


@wrong
def test_evaluating_and_predicting_refuse_ids_out_of_range(name, ids, message):
    model = compiled(1)
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.evaluate(batch(**{name: ids}), LABELS, verbose=0)
    with pytest.raises(ValueError, match=message):
        model.predict(batch(**{name: ids}), verbose=0)
    for left, right in zip(before, model.get_weights(), strict=True):
        assert np.array_equal(left, right)


@pytest.mark.parametrize(("name", "ids", "message"), WRONG[:3])
def test_a_call_that_is_not_compiled_refuses_them_too(name, ids, message):
    model = tfrecs.build_mf(3, 4, embedding_dim=2)
    error = (ValueError, tf.errors.InvalidArgumentError)
    expected = f"{name.removesuffix('_id')}_.*Received: .* to|is not in"
    with pytest.raises(error, match=expected):
        model(batch(**{name: ids}))
    assert np.isfinite(model(batch())).all()


def test_negatives_that_a_batch_shares_are_checked_too():
    view = tfrecs.build_mf(3, 4, embedding_dim=2).over_shared_negatives()
    view.compile("sgd", loss=LOSSES["bpr"], jit_compile=True)
    inputs = {
        "user_id": np.array([0, 1]),
        "item_id": np.array([0, 1]),
        "negative_id": np.array([2, 4]),
    }
    with pytest.raises(ValueError, match=r"`negative_id` must be from 0 to 3"):
        view.train_on_batch(inputs, np.array([[1.0, 0, 0]] * 2))


@pytest.mark.parametrize("steps", [1, 3])
def test_known_ids_train_evaluate_and_predict(steps):
    model = compiled(steps)
    before = model.get_weights()
    for is_static in (True, False):
        repeated = data(batch(), is_static=is_static).repeat(4)
        history = model.fit(repeated, epochs=2, steps_per_epoch=2, **QUIET)
        assert len(history.history["loss"]) == 2
        model.fit(repeated, **QUIET)  # to the end of the data
    pairs = zip(before, model.get_weights(), strict=True)
    assert not all(np.array_equal(left, right) for left, right in pairs)
    assert model.evaluate(repeated, verbose=0) > 0
    assert model.predict(batch(), verbose=0).shape == (2, 2)


def test_fractions_are_no_ids():
    with pytest.raises(TypeError, match="`user_id` must be whole numbers"):
        compiled(1).train_on_batch(batch(user_id=[0.0, 1.5]), LABELS)


@pytest.mark.parametrize(
    ("ids", "error"), [([3], ValueError), ([2**32], ValueError), ([0.5], TypeError)]
)
def test_towers_refuse_ids_out_of_range(ids, error):
    model = tfrecs.build_mf(3, 3, embedding_dim=2)
    for call in (model.user_output, model.item_output, model.score_users):
        with pytest.raises(error, match=r"`(user|item)_ids` must be"):
            call(ids)
