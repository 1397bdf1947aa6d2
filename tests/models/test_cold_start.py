"""New users and items: scores of their features or buckets alone."""

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from tfrecs import Interactions, Recommender
from tfrecs.models import build_hybrid, build_mf
from tfrecs.models.cold_start import output_of_new, score_new_items, score_new_users
from tfrecs.models.layers import feature_dense

RNG = np.random.default_rng(3)
USERS = np.array([3, 0, 6])
NEW = {
    "hybrid": RNG.normal(size=(5, 4)),
    "deepfm": RNG.normal(size=(5, 4)),
    "bucketed_mf": np.array([1, 0, 3, 1, 2]),
}
OWN = ("user_factors", "user_bias", "item_factors", "item_bias")


@pytest.fixture(scope="module", params=NEW)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def model(name, build, randomize):
    return randomize(build(name))


def without_own_rows(model, side):
    """The same model with zeros for the own vectors and biases of one side's ids."""
    for layer in getattr(model, f"{side}_tower").layers:
        if layer.name in OWN:
            layer.embeddings.assign(np.zeros(layer.embeddings.shape))
    return model


def features_of(model, side):
    """The features that a model from `build` holds, of all ids of a side."""
    tower = getattr(model, f"{side}_tower")
    [layer] = [
        x for x in tower.layers if x.name in (f"{side}_features", "item_buckets")
    ]
    return np.array(layer.table if hasattr(layer, "table") else layer.categories)


def test_new_items_score_as_known_ones_without_their_own_rows(name, build, randomize):
    model = without_own_rows(randomize(build(name)), "item")
    found = score_new_items(model, USERS, features_of(model, "item")[[8, 2, 2]])
    expected = model.score_users(USERS)[:, [8, 2, 2]]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["hybrid", "deepfm"])
@pytest.mark.parametrize("categories", [True, False])
def test_new_users_score_as_known_ones_without_their_own_rows(
    name, build, randomize, categories
):
    model = without_own_rows(randomize(build(name)), "user")
    features = features_of(model, "user")[[6, 0]]
    given = features.argmax(axis=1) if categories else features
    expected = model.score_users(np.array([6, 0]))
    np.testing.assert_allclose(score_new_users(model, given), expected, atol=1e-5)


@pytest.mark.parametrize("units", [(), (6,), (6, 5)])
def test_large_sparse_features_are_read_as_dense_ones(units, randomize, monkeypatch):
    features = sp.csr_array(np.eye(9, 6) + np.eye(9, 6, -3))
    new = np.array([[1, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 0.5]])  # a longer row
    found = []
    for limit in (2**22, 0):
        monkeypatch.setattr(feature_dense, "DENSE_TABLE", limit)
        model = build_hybrid(7, 9, item_features=features, feature_units=units)
        randomize(model)
        found += [score_new_items(model, USERS, x) for x in (new, sp.csr_array(new))]
    for scores in found[1:]:
        np.testing.assert_allclose(scores, found[0], atol=1e-4)


def test_nothing_changes_the_model_or_the_random_numbers(name, model):
    before = [weight.numpy() for weight in model.weights]
    keras.utils.set_random_seed(0)
    expected = keras.random.normal((2,))
    keras.utils.set_random_seed(0)
    output = output_of_new(model, NEW[name], "item")
    assert output.keys() == model.item_output().keys()
    np.testing.assert_array_equal(keras.random.normal((2,)), expected)
    for weight, kept in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, kept)


@pytest.mark.parametrize("features", [np.zeros((0, 4)), sp.csr_array((0, 4))])
def test_there_may_be_no_new_items(build, features):
    assert score_new_items(build("hybrid"), USERS, features).shape == (3, 0)


def test_a_recommender_recommends_new_items(name, model):
    train = Interactions.from_matrix(np.eye(7, 9))
    new = NEW[name]
    if new.ndim == 2:
        new = pd.DataFrame(new)
    table = Recommender(model, train).recommend_new_items([3, 0], new, k=5)
    scores = score_new_items(model, np.array([3, 0]), NEW[name])
    assert table["user"].tolist() == [3] * 5 + [0] * 5
    np.testing.assert_allclose(table["score"], -np.sort(-scores).ravel(), rtol=1e-5)


# Mistakes


def test_a_model_without_features_is_refused(build):
    for model in (build_mf(7, 9), build("hybrid", item_features=None)):
        with pytest.raises(
            ValueError, match=f"build_hybrid with item_.*Received: {model.name}, whose"
        ):
            score_new_items(model, USERS, NEW["hybrid"])
    with pytest.raises(ValueError, match=r"user_features.*Received: my_bucketed_mf"):
        score_new_users(build("bucketed_mf"), np.array([0]))


@pytest.mark.parametrize("width", [3, 5])
def test_features_of_another_width_are_refused(build, width):
    for features in (np.ones((2, width)), sp.csr_array(np.ones((2, width)))):
        with pytest.raises(ValueError, match=f"the 4 of training. Received: {width}"):
            score_new_items(build("hybrid"), USERS, features)
    with pytest.raises(ValueError, match=r"the 3 of training\. Received: 8"):
        score_new_users(build("hybrid"), np.array([7]))


@pytest.mark.parametrize("buckets", [[4], [0, -1], [0.0], [[0]]])
def test_buckets_that_were_not_in_training_are_refused(build, buckets):
    with pytest.raises(ValueError, match="from 0 to 3, as in training"):
        score_new_items(build("bucketed_mf"), USERS, np.array(buckets))
