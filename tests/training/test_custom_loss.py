"""Losses of Keras and functions as objectives."""

import dataclasses

import keras
import numpy as np
import pytest
from keras import ops

import tfrecs
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.losses import configure_loss
from tfrecs.training.custom_loss import parts_of
from tfrecs.training.partial_credit import partial_credit
from tfrecs.training.plan import Negatives, choose_negatives

BCE = keras.losses.BinaryCrossentropy(from_logits=True)


def softmax(labels, scores):  # the name of an objective, and not its logQ correction
    return ops.logsumexp(scores, axis=1) - ops.sum(labels * scores, axis=1)


@pytest.fixture(scope="module")
def train():
    return make_synthetic(60, 30, seed=0, interactions_per_user=10).interactions


def weights(train, objective, negatives):
    keras.utils.set_random_seed(0)
    model = tfrecs.build_mf(60, 30, embedding_dim=4, use_bias=False)
    options = {"epochs": 2, "batch_size": 50}
    tfrecs.fit(
        model, train, seed=0, objective=objective, negatives=negatives, **options
    )
    return model.score_users(np.arange(60))


@pytest.mark.parametrize(
    ("loss", "name", "kind"),
    [
        (BCE, "custom binary_crossentropy", "own"),
        (keras.losses.CategoricalCrossentropy(from_logits=True), None, "own"),
        (softmax, "custom softmax", "own"),
        (keras.losses.MeanSquaredError(), "custom mean_squared_error", "none"),
        (keras.losses.huber, "custom huber", "none"),
    ],
)
def test_negatives_are_chosen_by_the_kind_of_loss(train, loss, name, kind):
    plan = choose_negatives(train, loss)
    assert (plan.negatives.kind, plan.loss) == (kind, loss)
    assert name in (None, plan.objective)
    assert choose_negatives(train, loss, "all").negatives.kind == "all"


def test_labels_have_the_credit(train):
    credit = partial_credit({"kind": np.arange(30) % 3}, {"kind": 0.5})
    plan = choose_negatives(train, BCE, Negatives(credit=credit))
    [(_, labels)] = plan.batches(train, seed=0, batch_size=50).take(1)
    assert set(np.unique(labels)) == {0, 0.5, 1}


def test_objectives_of_the_package_have_no_custom_loss():
    assert parts_of("bce") == ("bce", {}, None)
    assert parts_of(configure_loss("ccl", margin=0.2)) == ("ccl", {"margin": 0.2}, None)


@pytest.mark.parametrize(
    "loss", [keras.losses.BinaryCrossentropy(), keras.losses.binary_crossentropy]
)
def test_losses_of_probabilities_are_refused(train, loss):
    with pytest.raises(
        ValueError, match=r"must take logits. Received: binary_crossentropy with from"
    ):
        choose_negatives(train, loss)


@pytest.mark.parametrize("loss", [3, keras.losses.BinaryCrossentropy])
def test_others_are_refused(train, loss):
    with pytest.raises(
        TypeError, match=r"must be a name, a loss .*Received: .*(3|Bin)"
    ):
        choose_negatives(train, loss)


def test_a_function_trains_as_the_objective_of_its_formula(train):
    """With own negatives, which a softmax does not correct."""
    expected = weights(train, "softmax", "own")
    np.testing.assert_allclose(weights(train, softmax, "own"), expected, atol=1e-6)


def test_a_loss_for_numbers_trains_on_ratings(train):
    ratings = 1 + train.item_ids.astype(np.float32) % 5
    train = dataclasses.replace(train, ratings=ratings)
    expected = weights(train, "mse", "auto")
    found = weights(train, keras.losses.MeanSquaredError(), "auto")
    np.testing.assert_allclose(found, expected, atol=1e-6)
