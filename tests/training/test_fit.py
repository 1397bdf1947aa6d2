"""`fit`: what it learns, where it starts, and how often it calls the callbacks."""

import dataclasses

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.data.splits import leave_k_out
from tfrecs.evaluation import evaluate_ratings
from tfrecs.losses import CATALOGUE_LOSSES
from tfrecs.models.interaction import Interaction
from tfrecs.models.two_tower import TwoTower
from tfrecs.training.bias_start import start_at_prior
from tfrecs.training.partial_credit import partial_credit
from tfrecs.training.plan import Negatives, Plan


@pytest.fixture(scope="module")
def parts():
    data = make_synthetic(120, 40, seed=0, interactions_per_user=14).interactions
    return leave_k_out(data, seed=0, k=3)


def fitted(parts, objective, **settings):
    keras.utils.set_random_seed(0)
    model = tfrecs.build_mf(120, 40, embedding_dim=8)
    tfrecs.fit(model, parts[0], seed=0, objective=objective, **settings)
    return model


@pytest.mark.xla
@pytest.mark.parametrize(
    ("objective", "negatives"),
    [
        *((objective, "all") for objective in CATALOGUE_LOSSES),
        ("warp", "own"),
        ("bpr", "own-popularity"),
        ("bce", Negatives("shared", 64)),
        ("softmax", Negatives("shared-popularity", 64)),
        ("softmax", "in-batch"),
        ("hinge", "mixed"),
    ],
    ids=str,
)
def test_every_objective_learns(parts, objective, negatives):
    """Each is better than popularity, from which an untrained model is far."""
    model = fitted(parts, objective, negatives=negatives, epochs=80, batch_size=64)
    counts = np.tile(np.bincount(parts[0].item_ids, minlength=40), (120, 1))
    found = tfrecs.evaluate(model, *parts, k=5).metrics["ndcg@5"]
    assert found > tfrecs.evaluate(counts, *parts, k=5).metrics["ndcg@5"]


def test_the_same_seed_gives_the_same_scores(parts):
    first, again = (
        fitted(parts, "bpr", epochs=4).score_users(np.arange(120)) for _ in range(2)
    )
    assert np.array_equal(first, again)


@pytest.mark.xla
def test_one_device_runs_many_steps_in_a_compiled_call(parts):
    model = fitted(parts, "bpr", epochs=1)
    assert (model.jit_compile, model.steps_per_execution) == (True, 16)


def test_the_history_reports_the_choice(parts, caplog, capsys):
    model = tfrecs.build_mf(120, 40)
    with caplog.at_level("INFO", logger="tfrecs"):
        history = tfrecs.fit(model, parts[0], seed=0, epochs=1)
    assert history.params["negatives"] == "all"
    assert history.params["reason"] == "4 pairs per positive, at most 180"
    assert "negatives: all, reason: 4 pairs per positive" in caplog.text
    assert "loss:" not in capsys.readouterr().out


def test_a_model_of_another_size_is_refused(parts):
    with pytest.raises(
        ValueError, match=r"120 users and 40 items.*a model of 7 and 40"
    ):
        tfrecs.fit(tfrecs.build_mf(7, 40), parts[0], seed=0)


class Calls(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.steps = []

    def on_epoch_end(self, epoch, logs=None):
        self.steps.append(int(self.model.optimizer.iterations))


@pytest.mark.parametrize(
    ("epochs", "validate_every", "expected"),
    [
        (12, None, [4, 8, 12]),
        (7, None, [1, 2, 3, 4, 5, 6, 7]),
        (12, 6, [6, 12]),
    ],
)
def test_callbacks_are_called_every_few_epochs(parts, epochs, validate_every, expected):
    model, calls = tfrecs.build_mf(120, 40, embedding_dim=2), Calls()
    options = {"epochs": epochs, "validate_every": validate_every, "batch_size": 120}
    history = tfrecs.fit(model, parts[0], seed=0, callbacks=[calls], **options)
    assert calls.steps == expected
    assert history.params["epochs"] == epochs
    assert history.params["validate_every"] == expected[0]


@pytest.mark.parametrize(
    ("epochs", "validate_every", "message"),
    [
        (0, None, "epochs=0"),
        (5, 0, "validate_every=0"),
        (7, 3, "divide epochs=7. Received: validate_every=3. Use epochs=6, or .*=1"),
        (12, 5, "divide epochs=12. Received: validate_every=5. Use epochs=10, or .*=4"),
        (2, 5, "divide epochs=2. Received: validate_every=5. Use epochs=5, or .*=2"),
    ],
)
def test_epochs_that_validation_does_not_divide(parts, epochs, validate_every, message):
    options = {"epochs": epochs, "validate_every": validate_every}
    with pytest.raises(ValueError, match=message):
        tfrecs.fit(tfrecs.build_mf(120, 40), parts[0], seed=0, **options)


def test_progress_is_printed_on_request(parts, capsys):
    model, bar = (
        tfrecs.build_mf(120, 40, embedding_dim=2),
        keras.callbacks.ProgbarLogger,
    )
    tfrecs.fit(model, parts[0], seed=0, epochs=1, callbacks=[bar()])
    assert "loss:" in capsys.readouterr().out


def test_similar_items_are_pushed_down_less_with_credit(from_pairs):
    """Each user has seven of the ten items of one kind."""
    kinds = np.arange(40) % 4
    pairs = [
        (user, item)
        for user in range(20)
        for item in range(user % 4, 40, 4)
        if (item // 4 + user) % 10 < 7
    ]
    train, lead = from_pairs(pairs, 20, 40), []
    known = train.matrix.toarray() > 0
    similar = ~known & (kinds == np.arange(20)[:, None] % 4)
    for credit in (None, partial_credit({"kind": kinds}, {"kind": 0.75})):
        keras.utils.set_random_seed(0)
        model = tfrecs.build_mf(20, 40, embedding_dim=8)
        options = {"objective": "hinge", "batch_size": 20, "epochs": 40}
        drawn = Negatives(credit=credit)
        tfrecs.fit(model, train, seed=0, negatives=drawn, **options)
        scores = model.score_users(np.arange(20))
        lead.append(scores[known].mean() - scores[similar].mean())
    assert lead[1] < 0.8 * lead[0]


# Ratings


@pytest.mark.parametrize("y_range", [None, (0.5, 5.5)])
def test_ratings_are_learned(from_pairs, y_range):
    """Ratings of 1 to 5, a half of each from the item and from the user."""
    pairs = [(user, item) for user in range(30) for item in range(20)]
    user, item = np.array(pairs).T
    data = from_pairs(pairs, 30, 20, ratings=1 + 2 * (user % 2) + 2 * (item % 2))
    held_out = np.random.default_rng(0).random(600) < 0.2
    train, test = data.take(~held_out), data.take(held_out)
    keras.utils.set_random_seed(0)
    model = tfrecs.build_mf(30, 20, embedding_dim=4, y_range=y_range)
    start = evaluate_ratings(np.full(len(test), train.ratings.mean()), test)
    assert start.metrics["rmse"] > 1.3  # sqrt(1 + 1) but for chance
    options = {"batch_size": 40, "epochs": 15, "optimizer": keras.optimizers.Adam(0.03)}
    history = tfrecs.fit(model, train, seed=0, objective="mse", **options)
    assert evaluate_ratings(model, test).metrics["rmse"] < 0.3
    assert history.params["negatives"] == "none"


def test_ratings_are_needed_for_their_objectives(parts):
    train = dataclasses.replace(parts[0], ratings=None)
    with pytest.raises(ValueError, match="`rating_batches` needs ratings"):
        tfrecs.fit(tfrecs.build_mf(120, 40), train, seed=0, objective="mae")


# Where training starts


@pytest.mark.parametrize(
    ("y_range", "bias"),
    # a mean of 4: as it is; a share of 3/4, or 99 of 100, or 1 of 100
    [
        (None, 4),
        ((1, 5), np.log(3)),
        ((1, 4), np.log(99)),
        ((4.5, 5), -np.log(99)),
    ],
)
def test_ratings_start_at_their_mean(from_pairs, y_range, bias):
    train = from_pairs([(0, 0), (0, 1), (1, 0)], 2, 2, ratings=[5, 4, 3])
    model = tfrecs.build_mf(2, 2, init_std=1e-6, y_range=y_range)
    start_at_prior(model, train, Plan("mae", Negatives("none")))
    assert float(model.interaction.global_bias) == pytest.approx(bias)
    if y_range in (None, (1, 5)):
        np.testing.assert_allclose(model.score_users([0, 1]), 4, rtol=1e-5)


def test_a_model_without_a_global_bias_starts_unchanged(parts):
    model = tfrecs.build_mf(120, 40)
    towers = (model.user_tower, model.item_tower)
    bare = TwoTower(*towers, Interaction(use_bias=False), num_users=120, num_items=40)
    start_at_prior(bare, parts[0], Plan("bce", Negatives("own")))
    assert bare.interaction.use_bias is False


@pytest.mark.parametrize(
    ("objective", "negatives", "batch_size", "others"),
    [
        ("softmax", Negatives("all"), None, 1),
        ("bpr", Negatives("own", 4), None, 1),
        ("bce", Negatives("own", 3), None, 3),
        ("bce", Negatives("own"), None, 4),
        ("bce", Negatives("shared", 50), 10, 50),
        ("bce", Negatives("shared-popularity"), None, 1024),
        ("bce", Negatives("in-batch"), 10, 10),
        ("bce", Negatives("mixed"), None, 2 * 1024),
        ("bce", Negatives("mixed"), 9999, 2 * 1229),  # all positives are one batch
    ],
)
def test_training_starts_at_the_share_of_positives(
    parts, objective, negatives, batch_size, others
):
    train, model = parts[0], tfrecs.build_mf(120, 40)
    plan = Plan(objective, negatives)
    start_at_prior(model, train, plan, batch_size)
    bias = float(model.interaction.global_bias)
    assert bias == pytest.approx(-np.log(others))
    _, labels = plan.batches(train, seed=0, batch_size=batch_size).element_spec
    if objective == "bce":
        assert labels.shape[1] == 1 + others


def test_all_negatives_start_at_the_density_once(parts):
    train, model = parts[0], tfrecs.build_mf(120, 40)
    odds = len(train) / (120 * 40 - len(train))
    for kind in ("all", "own"):  # the second time it is no longer 0
        start_at_prior(model, train, Plan("bce", Negatives(kind)))
        bias = float(model.interaction.global_bias)
        assert bias == pytest.approx(np.log(odds))
