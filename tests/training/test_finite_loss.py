"""A training that diverges raises an error at once, with likely causes."""

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs._base.finite import NotFinite
from tfrecs.data.datasets.synthetic import make_synthetic


@pytest.fixture(scope="module")
def train():
    return make_synthetic(60, 30, seed=0, interactions_per_user=10).interactions


def fit(train, *callbacks, **options):
    """Trains until a rate of 1e30 in the third period of two epochs."""
    keras.utils.set_random_seed(0)
    model = tfrecs.build_mf(60, 30, embedding_dim=4)
    rates = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 10.0**epoch**5)
    history = tfrecs.fit(
        model,
        train,
        seed=0,
        epochs=8,
        validate_every=2,
        optimizer=keras.optimizers.SGD(1e-3),
        callbacks=[rates, *callbacks],
        **options,
    )
    return model, history


@pytest.mark.parametrize("negatives", ["own", "in-batch", "all"])
def test_it_raises_in_the_epoch_of_the_first_loss_that_is_not_finite(train, negatives):
    seen = []
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda n, logs: seen.append(n))
    with pytest.raises(
        NotFinite,
        match=r"The loss must be finite. Received: (nan|inf) in epoch [56] of 8\. .*"
        "learning rate.*temperature.*infinite features.*half precision",
    ):
        fit(train, watch, objective="bce", negatives=negatives, batch_size=10)
    assert seen == [0, 1]  # before a validation step
    with pytest.raises(NotFinite):
        watch.model.score_users(np.arange(60))


def test_a_callback_that_stops_the_training_prevents_the_error(train):
    stop = keras.callbacks.TerminateOnNaN()
    _, history = fit(train, stop, objective="bce", negatives="own", batch_size=10)
    assert history.epoch == [0, 1, 2]
    assert not np.isfinite(history.history["loss"][-1])


def test_it_raises_for_weights_that_the_last_step_made_infinite(train):
    model = tfrecs.build_mf(60, 30, embedding_dim=4)
    one_step = {"epochs": 1, "batch_size": 600, "objective": "bce", "negatives": "own"}
    with pytest.raises(NotFinite, match=r"weights .* must be finite"):
        tfrecs.fit(
            model, train, seed=0, optimizer=keras.optimizers.SGD(1e38), **one_step
        )
