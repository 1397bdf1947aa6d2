"""Settings of `tfrecs.fit` that are left out."""

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.models import MODELS
from tfrecs.training.defaults import choose_settings
from tfrecs.training.svd_start import is_untrained

DENSE = [(user, item) for user in range(8) for item in range(10) if (user + item) % 3]
SPARSE = [(user, user) for user in range(8)]


@pytest.fixture(scope="module")
def dense(from_pairs):
    return from_pairs(DENSE, 8, 10)


@pytest.fixture(scope="module")
def sparse(from_pairs):
    """8 positives of 8 users x 200 items: 200 pairs for each."""
    return from_pairs(SPARSE, 8, 200)


def test_cosines_train_with_a_softmax_over_the_batch(dense, sparse):
    for train in (dense, sparse):
        model = tfrecs.build_cosine(train.num_users, train.num_items, embedding_dim=4)
        settings = choose_settings(model, train)
        assert (settings.objective, settings.negatives) == ("softmax", "in-batch")
        assert (settings.epochs, settings.batch_size) == (16, 512)
        assert settings.short
        assert settings.reason == "scores are cosines"


def test_other_dot_products_do_so_where_the_catalogue_is_not_affordable(dense, sparse):
    few, many = (
        choose_settings(tfrecs.build_mf(train.num_users, train.num_items), train)
        for train in (dense, sparse)
    )
    assert (few.objective, few.negatives, few.epochs) == ("bce", "auto", 100)
    assert not few.short
    assert (many.objective.name, many.negatives) == ("softmax", "in-batch")
    assert many.objective.settings == {"temperature": 0.4}
    assert (many.epochs, many.short) == (6, True)


@pytest.mark.parametrize("name", ["mlp", "neumf", "deepfm", "mlp_mf", "nonlinear_mf"])
def test_scores_of_more_than_a_dot_product_learn_positives(name, sparse):
    settings = choose_settings(MODELS[name](8, 200), sparse)
    assert (settings.objective, settings.negatives) == ("bce", "auto")
    assert not settings.short


def test_the_learning_rate_falls_to_0_along_a_cosine(sparse):
    model = tfrecs.build_cosine(8, 200)
    optimizer = choose_settings(model, sparse).optimizer(model, 100)
    rates = [float(optimizer._learning_rate(step)) for step in (0, 50, 100)]
    assert isinstance(optimizer, tfrecs.optimizers.LazyAdam)
    np.testing.assert_allclose(rates, [0.005, 0.0025, 0], atol=1e-7)


def test_a_fit_starts_from_an_svd_and_ends_at_rate_0(dense):
    model = tfrecs.build_cosine(8, 10, embedding_dim=4)
    history = tfrecs.fit(model, dense, seed=0, epochs=4, validate_every=2)
    optimizer = history.model.optimizer
    assert optimizer.iterations == 4  # a batch in each epoch
    assert float(optimizer.learning_rate) == pytest.approx(0, abs=1e-9)
    assert float(optimizer._learning_rate(2)) == pytest.approx(0.0025)  # half-way
    still = keras.optimizers.SGD(0.0)
    fitted, started = (tfrecs.build_cosine(8, 10, embedding_dim=4) for _ in range(2))
    tfrecs.fit(fitted, dense, seed=3, epochs=1, optimizer=still)
    tfrecs.start_from_svd(started, dense, seed=3)
    rows = np.arange(8)
    np.testing.assert_allclose(
        fitted.score_users(rows), started.score_users(rows), rtol=1e-5
    )


def test_fit_reports_and_arguments_overrule(sparse):
    def params(**arguments):
        keras.utils.set_random_seed(0)
        model = tfrecs.build_cosine(8, 200, embedding_dim=4)
        return tfrecs.fit(model, sparse, seed=0, **arguments).params

    found = params()
    assert (found["objective"], found["negatives"]) == ("softmax", "in-batch")
    assert (found["epochs"], found["validate_every"]) == (16, 4)
    assert found["reason"].startswith("scores are cosines")
    found = params(epochs=3, negatives="all")
    assert (found["objective"], found["negatives"]) == ("softmax", "all")
    assert (found["epochs"], found["steps"]) == (3, 3)
    found = params(objective="bce", negatives="mixed", epochs=1)
    assert (found["objective"], found["reason"]) == ("bce", "as requested")


def test_a_trained_model_goes_on_and_does_not_start_anew(sparse, tmp_path):
    keras.utils.set_random_seed(0)
    model = tfrecs.build_cosine(8, 200, embedding_dim=4)
    assert is_untrained(model)
    tfrecs.fit(model, sparse, seed=0, epochs=1)
    assert not is_untrained(model)
    model.save(tmp_path / "trained.keras")
    loaded = keras.saving.load_model(tmp_path / "trained.keras")
    before = loaded.score_users(np.arange(8))
    still = keras.optimizers.SGD(0.0)
    tfrecs.fit(loaded, sparse, seed=0, epochs=1, optimizer=still)
    np.testing.assert_array_equal(loaded.score_users(np.arange(8)), before)


def test_a_large_table_is_compared_in_its_first_block(monkeypatch):
    for module in ("tfrecs.models.layers.embedding", "tfrecs.training.svd_start"):
        monkeypatch.setattr(f"{module}.WHOLE", 12)
    model = tfrecs.build_mf(50, 40, embedding_dim=4)
    assert is_untrained(model)
    table = model.user_tower.get_layer("user_factors").embeddings
    table.assign(np.array(table) * 1.0001)
    assert not is_untrained(model)


def test_negatives_that_are_asked_for_have_their_own_batches(from_pairs):
    """All negatives are of batches of 128 users: 2 for 256, not 1."""
    train = from_pairs([(user, user % 9) for user in range(256)], 256, 9)
    model = tfrecs.build_cosine(256, 9, embedding_dim=4)
    history = tfrecs.fit(model, train, seed=0, negatives="all", epochs=1)
    assert history.params["steps"] == 2
