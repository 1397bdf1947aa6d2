import dataclasses

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.bench.options import parse
from tfrecs.bench.problem import load_problem
from tfrecs.bench.run import run
from tfrecs.datasets.synthetic import make_synthetic
from tfrecs.losses import CATALOGUE_LOSSES, LOSSES
from tfrecs.splits import leave_k_out
from tfrecs.training import batches, compile_for, start_at_prior


@pytest.fixture(scope="module")
def data():
    return make_synthetic(120, 40, seed=0, interactions_per_user=14)


@pytest.fixture(scope="module")
def parts(data):
    return leave_k_out(data.interactions, seed=0, k=3)


def fitted(parts, objective, **settings):
    keras.utils.set_random_seed(0)
    model = tfrecs.build_mf(120, 40, embedding_dim=8)
    tfrecs.fit(model, parts[0], seed=0, objective=objective, **settings)
    return model


@pytest.mark.parametrize("objective", [*LOSSES, *CATALOGUE_LOSSES])
def test_every_objective_learns(parts, objective):
    """Each is better than popularity, from which an untrained model is far."""
    model = fitted(parts, objective, epochs=2, passes=40, batch_size=64)
    counts = np.tile(np.bincount(parts[0].item_ids, minlength=40), (120, 1))
    found = tfrecs.evaluate(model, *parts, k=5).metrics["ndcg@5"]
    assert found > tfrecs.evaluate(counts, *parts, k=5).metrics["ndcg@5"]


@pytest.mark.parametrize("objective", ["bpr", "softmax"])
def test_the_same_seed_gives_the_same_scores(parts, objective):
    first, again = (
        fitted(parts, objective, epochs=2, passes=2).score_users(np.arange(120))
        for _ in range(2)
    )
    assert np.array_equal(first, again)


def test_passes_are_part_of_an_epoch(parts):
    one = batches(
        parts[0], "bce", seed=0, passes=1, batch_size=100, num_negatives=2
    ).cardinality()
    three = batches(
        parts[0], "bce", seed=0, passes=3, batch_size=100, num_negatives=2
    ).cardinality()
    assert int(three) == 3 * int(one) == 3 * (len(parts[0]) // 100)


def test_catalogue_objectives_train_the_view_and_others_the_model():
    model = tfrecs.build_mf(5, 4)
    assert compile_for(model, "bce", keras.optimizers.Adam()) is model
    view = compile_for(model, "softmax", keras.optimizers.Adam())
    assert view.towers is model


def test_a_model_of_another_size_is_refused(parts):
    with pytest.raises(ValueError, match=r"120 users and 40 items.*Received: 7 and 40"):
        tfrecs.fit(tfrecs.build_mf(7, 40), parts[0], seed=0)


def test_an_unknown_objective_is_refused(parts):
    with pytest.raises(ValueError, match=r"one of bce, bpr.*Received: 'nope'"):
        tfrecs.fit(tfrecs.build_mf(120, 40), parts[0], seed=0, objective="nope")


def test_no_epochs_are_refused(parts):
    with pytest.raises(ValueError, match="Received: epochs=0"):
        tfrecs.fit(tfrecs.build_mf(120, 40), parts[0], seed=0, epochs=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "share"),
    # An MLP can only come near to a dot product (Rendle et al. 2020): it had 89.9%.
    [("mf", 0.9), ("gmf", 0.9), ("neumf", 0.9), ("hybrid", 0.9), ("mlp", 0.85)],
)
def test_planted_factors_are_found(name, share, tmp_path):
    """A share of the best possible NDCG@10, by the bench's own recipe."""
    problem = load_problem(parse(["--dataset", "synthetic"]))
    found = run(
        problem,
        ("oracle", name),
        seeds=1,
        epochs=None,
        logdir=tmp_path,
        tell=lambda what: None,
    )
    oracle, model = (result.metrics["ndcg@10"] for result in found)
    assert model >= share * oracle


def test_weights_are_not_thrown_away(parts):
    weighted = dataclasses.replace(parts[0], weights=np.ones(len(parts[0])))
    with pytest.raises(ValueError, match=r"one of bce, .*weights.*Received: 'softmax'"):
        tfrecs.fit(tfrecs.build_mf(120, 40), weighted, seed=0, objective="softmax")
    tfrecs.fit(tfrecs.build_mf(120, 40), weighted, seed=0, objective="bce", epochs=1)


def test_training_starts_at_the_share_of_positives(parts):
    train = parts[0]
    model = tfrecs.build_mf(120, 40)
    for objective, odds in (
        ("softmax", 1.0),
        ("catalogue-bce", len(train) / (120 * 40 - len(train))),
    ):
        start_at_prior(model, train, objective, 4)
        assert float(model.interaction.global_bias) == pytest.approx(np.log(odds))
    start_at_prior(model, train, "bce", 4)  # it is not as it was built any more
    assert float(model.interaction.global_bias) == pytest.approx(np.log(odds))
    fresh = tfrecs.build_mf(120, 40)
    start_at_prior(fresh, train, "bce", 4)
    assert float(fresh.interaction.global_bias) == pytest.approx(np.log(1 / 4))
