"""Losses with settings: what they compute and refuse, and that they are saved."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfrecs
from tfrecs import losses
from tfrecs.losses import CATALOGUE_LOSSES, LOSSES, configure_loss
from tfrecs.losses.multinomial import negative_log_likelihood
from tfrecs.losses.settings import ConfiguredLoss
from tfrecs.training.fit import compile_for
from tfrecs.training.plan import Negatives, Plan

LABELS = np.array([[1, 0, 0, 0.5], [1, 0, 0, 0]], dtype=np.float32)
SCORES = np.array([[0.4, 0.9, -0.2, 0.8], [0.7, -0.5, 0.3, 0.1]], dtype=np.float32)
NUM_USERS, NUM_ITEMS = 5, 6


# What they compute


def test_it_is_the_loss_with_the_settings():
    loss = configure_loss("softmax", temperature=0.5)
    np.testing.assert_array_equal(
        loss(LABELS, SCORES), losses.sampled_softmax(LABELS, SCORES, temperature=0.5)
    )
    assert (loss.name, loss.loss) == ("softmax", losses.sampled_softmax)
    assert repr(loss) == "configure_loss('softmax', temperature=0.5)"
    assert configure_loss("squared-error").loss is losses.squared_error
    assert configure_loss("mse").loss is losses.mse


def test_a_temperature_divides_the_scores():
    for loss, labels in (
        (losses.sampled_softmax, LABELS),
        (losses.catalogue_softmax, np.floor(LABELS)),
    ):
        found = loss(labels, SCORES, temperature=0.25)
        np.testing.assert_allclose(found, loss(labels, SCORES * 4), rtol=1e-6)


def test_ccl_by_hand():
    first = (1 - 0.4) + 6 / 3 * ((0.9 - 0.2) + 0 + 0.5 * (0.8 - 0.2))
    second = (1 - 0.7) + 6 / 3 * (0 + (0.3 - 0.2) + 0)
    found = losses.ccl(LABELS, SCORES, margin=0.2, negative_weight=6)
    np.testing.assert_allclose(found, [first, second], rtol=1e-5)


def test_gbce_by_hand():
    """Three negatives of a catalogue of 13: a rate of 1/4."""
    softplus = np.logaddexp(0, SCORES)
    others = softplus[0, 1:].sum() - 0.5 * 0.8, softplus[1, 1:].sum()  # with a credit
    for t, beta in ((0.6, 1 - 0.6 * 3 / 4), (1.0, 1 / 4)):
        assert beta == pytest.approx(1 / 4 * (t * (1 - 4) + 4))  # as the paper has it
        of_positive = (
            beta * math.log1p(math.exp(-0.4)),
            beta * math.log1p(math.exp(-0.7)),
        )
        expected = np.add(of_positive, others) / 4
        found = losses.gbce(LABELS, SCORES, calibration=t, num_items=13)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_gbce_of_one_negative_is_calibrated():
    """Its best logit is that of bce with every negative, at any number of them."""
    rate, num_items = 1 / 100, 101
    share = 0.02  # of the positive among all draws of the item in a full training
    best = math.log(share / (1 - share))
    labels = np.array([[1, 0]], np.float32)

    def slope(score, positive):
        scores = tf.Variable([[score, 0.0]] if positive else [[0.0, score]])
        with tf.GradientTape() as tape:
            value = losses.gbce(labels, scores, calibration=1.0, num_items=num_items)
        return tape.gradient(value, scores).numpy()[0, 0 if positive else 1]

    drawn = share * slope(best, True) + (1 - share) * rate * slope(best, False)
    assert drawn == pytest.approx(0, abs=1e-6)


def test_bsl_by_hand():
    exp = math.exp
    first = math.log((exp(0.9 / 0.5) + exp(-0.2 / 0.5) + 0.5 * exp(0.8 / 0.5)) / 3)
    second = math.log((exp(-0.5 / 0.5) + exp(0.3 / 0.5) + exp(0.1 / 0.5)) / 3)
    expected = [
        (0.5 * first - 0.4) / 0.25,  # the one positive's temperature divides it all
        (0.5 * second - 0.7) / 0.25,
    ]
    given = {"positive_temperature": 0.25, "negative_temperature": 0.5}
    found = losses.bsl(LABELS, SCORES, **given)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_bsl_of_several_positives_lets_go_of_the_worst():
    labels = np.array([[1, 1, 0, 0]], dtype=np.float32)
    best = math.log((math.exp(0.4 / 0.1) + math.exp(0.9 / 0.1)) / 2)
    worst = math.log((math.exp(-0.2 / 0.3) + math.exp(0.8 / 0.3)) / 2)
    given = {"positive_temperature": 0.1, "negative_temperature": 0.3}
    found = losses.bsl(labels, SCORES[:1], **given)
    np.testing.assert_allclose(found, [2 * (3 * worst - best)], rtol=1e-5)
    # At a high temperature all positives count the same: the sum of the rows of each.
    alone = [
        losses.bsl(np.array([row], np.float32), SCORES[:1, columns], 1e3)
        for row, columns in (([1, 0, 0], [0, 2, 3]), ([1, 0, 0], [1, 2, 3]))
    ]
    np.testing.assert_allclose(
        1e3 * losses.bsl(labels, SCORES[:1], 1e3), 1e3 * sum(alone), rtol=1e-3
    )


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("wrap", {}, r"`name` must be one of mse, .*Received: 'wrap'"),
        ("ccl", {"margins": 1}, "of ccl` must be one of margin, negative_w.*'margins'"),
        ("bpr", {"margin": 1}, "`bpr` must be given no settings.*margin=1"),
        ("softmax", {"temperature": 0}, "`temperature` must be above 0.*temperature=0"),
        ("bsl", {"negative_temperature": -1.0}, "`negative_temp.*above 0.*=-1.0"),
        ("ccl", {"margin": math.nan}, "`margin` must be finite.*margin=nan"),
        ("ccl", {"negative_weight": math.inf}, "above 0, and finite.*weight=inf"),
        ("kos-warp", {"k": 0}, "`k` must be a whole number of at least 1.*k=0"),
        ("gbce", {"calibration": 0.0}, "`calibration` must be above 0.*=0.0"),
        ("gbce", {"calibration": 1.5}, "`calibration` must be at most 1.*=1.5"),
        ("warp", {"num_items": 2.5}, "`num_items` must be a whole number.*=2.5"),
    ],
)
def test_bad_settings(name, settings, message):
    with pytest.raises(ValueError, match=message):
        configure_loss(name, **settings)


def test_a_margin_may_be_negative():
    assert configure_loss("ccl", margin=-0.5).settings == {"margin": -0.5}


# Under Keras, and `fit`


@pytest.mark.parametrize("name", ["ccl", "kos-warp"])
def test_a_compiled_model_is_saved_with_the_settings(name, tmp_path):
    loss = configure_loss(name, **{"ccl": {"margin": 0.1}, "kos-warp": {"k": 2}}[name])
    rng = np.random.default_rng(0)
    inputs = {
        "user_id": rng.integers(0, NUM_USERS, 8).astype(np.int32),
        "item_id": rng.integers(0, NUM_ITEMS, (8, 4)).astype(np.int32),
    }
    labels = np.tile(LABELS, (4, 1))
    model = tfrecs.build_mf(NUM_USERS, NUM_ITEMS, embedding_dim=2)
    model.compile("adam", loss, run_eagerly=True)
    model.train_on_batch(inputs, labels)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.loss, ConfiguredLoss)
    assert loaded.loss.get_config() == loss.get_config()
    assert (loaded.loss.loss, loaded.loss.settings) == (loss.loss, loss.settings)
    loaded.run_eagerly = True
    logged = model.test_on_batch(inputs, labels)
    assert loaded.test_on_batch(inputs, labels) == logged
    expected = loss(labels, model(inputs)).numpy().mean()
    assert logged == pytest.approx(expected, rel=1e-5)


def compiled(model, objective, negatives):
    plan = Plan(objective.name, Negatives(negatives), objective.settings)
    return compile_for(model, plan, keras.optimizers.Adam())


def test_a_model_is_compiled_with_the_loss_of_its_negatives():
    model = tfrecs.build_mf(NUM_USERS, NUM_ITEMS)
    objective = configure_loss("softmax", temperature=0.2)
    assert compiled(model, objective, "own").loss.loss is LOSSES["softmax"]
    over = compiled(model, objective, "all")
    assert over.loss.loss is CATALOGUE_LOSSES["softmax"]
    assert over.loss.settings == {"temperature": 0.2}
    shared = compiled(model, objective, "mixed")
    assert (shared.loss, shared.temperature) == (negative_log_likelihood, 0.2)
    assert compiled(model, configure_loss("bpr"), "own").loss is losses.bpr


def test_losses_that_estimate_ranks_get_the_catalogues_size():
    model = tfrecs.build_mf(NUM_USERS, NUM_ITEMS)
    for name in ("warp", "warp-all", "kos-warp", "collie-warp"):
        loss = compiled(model, configure_loss(name), "own").loss
        assert (loss.loss, loss.settings) == (LOSSES[name], {"num_items": NUM_ITEMS})
    objective = configure_loss("kos-warp", k=2, num_items=50)
    loss = compiled(model, objective, "own").loss
    assert loss.settings == {"k": 2, "num_items": 50}


def test_fit_takes_it_as_the_objective(from_pairs):
    pairs = [(user, item) for user in range(4) for item in (user, user + 1)]
    objective = configure_loss("ccl", negative_weight=3.0)
    model = tfrecs.build_mf(4, 5, embedding_dim=2, init_std=0.5)
    labels = np.eye(4, 5) + np.eye(4, 5, 1)
    scores = model.score_users(np.arange(4))
    expected = losses.ccl(labels, scores, negative_weight=3.0).numpy().mean()
    logged = tfrecs.fit(
        model,
        from_pairs(pairs, 4, 5),
        seed=0,
        objective=objective,
        optimizer=keras.optimizers.SGD(0.01),
        epochs=1,
    )
    assert logged.params["negatives"] == "all"
    assert logged.history["loss"] == pytest.approx([expected], rel=1e-5)
