"""Starts from a truncated SVD, beside NumPy's on dense matrices."""

import keras
import numpy as np
import pytest
import scipy.sparse as sp

import tfrecs
from tfrecs.models import HISTORY_MODELS, MODELS
from tfrecs.models.two_tower import layers_with_weights
from tfrecs.training.svd_start import (
    LENGTH,
    is_untrained,
    randomized_svd,
    start_from_svd,
)

TABLES = {
    **dict.fromkeys(
        ("mf", "cosine", "hybrid", "deepfm", "cml", "bucketed_mf"),
        ("user_factors", "item_factors"),
    ),
    **dict.fromkeys(("gmf", "neumf"), ("gmf_user", "gmf_item")),
}
FEATURES = {
    "hybrid": {"item_features": np.eye(12, 3, dtype=np.float32)},
    "bucketed_mf": {"item_buckets": np.arange(12) % 2},
}


@pytest.fixture
def train(from_pairs):
    """Two groups of users with the items of their group; user 9 and item 11 are new."""
    pairs = [(user, 2 * item + user % 2) for user in range(9) for item in range(5)]
    return from_pairs([p for p in pairs if sum(p) % 7 and p[1] < 11], 10, 12)


def test_the_singular_vectors_are_those_of_numpy():
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(60, 4)) @ rng.normal(size=(4, 40))
    dense[rng.random(dense.shape) < 0.7] = 0
    u, s, v = randomized_svd(sp.csr_array(dense.astype(np.float32)), 40, seed=1)
    np.testing.assert_allclose(s, np.linalg.svd(dense)[1], atol=1e-3)
    np.testing.assert_allclose((u * s) @ v.T, dense, atol=1e-3)
    for vectors in (u, v):
        np.testing.assert_allclose(vectors.T @ vectors, np.eye(40), atol=1e-4)


def test_few_dimensions_hold_the_largest_singular_values():
    rng = np.random.default_rng(0)
    values = 0.8 ** np.arange(50)
    left, right = (np.linalg.qr(rng.normal(size=(n, 50)))[0] for n in (90, 70))
    matrix = sp.csr_array(((left * values) @ right.T).astype(np.float32))
    u, s, v = randomized_svd(matrix, 6, seed=0)
    assert (u.shape, v.shape) == ((90, 6), (70, 6))
    np.testing.assert_allclose(s, values[:6], rtol=1e-3)
    assert np.abs(np.sum(u * left[:, :6], axis=0)).min() > 0.99


def test_the_arithmetic_of_two_users(from_pairs):
    """Both have item 0, the second one has item 1 too: counts 1, 2 and 2, 1."""
    train = from_pairs([(0, 0), (1, 0), (1, 1)], 2, 2)
    degrees = np.array([1, 2]), np.array([2, 1])
    dense = np.array([[1.0, 0], [1, 1]])
    for axis, n in enumerate(degrees):
        dense = dense / np.expand_dims((n + 1.0) ** 0.25, 1 - axis)
    u, s, vt = np.linalg.svd(dense)
    model = tfrecs.build_mf(2, 2, embedding_dim=2)
    start_from_svd(model, train, seed=0)
    p, q = (
        layers_with_weights(model)[f"{x}_factors"].weights[0] for x in ("user", "item")
    )
    rows, columns = u * np.sqrt(s), vt.T * np.sqrt(s)
    expected = (
        (LENGTH / np.linalg.norm(rows, axis=1))[:, None]
        * rows
        @ ((LENGTH / np.linalg.norm(columns, axis=1))[:, None] * columns).T
    )
    np.testing.assert_allclose(p @ np.transpose(q), expected, atol=1e-5)


@pytest.mark.parametrize("name", TABLES)
def test_every_model_with_vectors_starts_near_its_groups(name, train):
    keras.utils.set_random_seed(0)
    model = MODELS[name](10, 12, embedding_dim=4, **FEATURES.get(name, {}))
    before = [np.array(layers_with_weights(model)[x].weights[0]) for x in TABLES[name]]
    assert start_from_svd(model, train, seed=0) is model
    p, q = (np.array(layers_with_weights(model)[x].weights[0]) for x in TABLES[name])
    np.testing.assert_allclose(np.linalg.norm(p[:9], axis=1), LENGTH, rtol=1e-4)
    np.testing.assert_array_equal(p[9], before[0][9])
    np.testing.assert_array_equal(q[11], before[1][11])
    scores = p[:9] @ q[:10].T
    same = np.equal.outer(np.arange(9) % 2, np.arange(10) % 2)
    assert scores[same].min() > scores[~same].max()


@pytest.mark.parametrize("name", HISTORY_MODELS)
def test_models_of_histories_start_with_the_items_of_cosine_models(name, train):
    keras.utils.set_random_seed(0)
    model = HISTORY_MODELS[name](12, embedding_dim=4, max_length=5)
    table = layers_with_weights(model)["item_factors"]
    before = np.array(table.weights[0])
    assert is_untrained(model)
    start_from_svd(model, train, seed=0)
    assert not is_untrained(model)
    cosine = start_from_svd(tfrecs.build_cosine(10, 12, embedding_dim=4), train, seed=0)
    expected = np.array(layers_with_weights(cosine)["item_factors"].weights[0])
    found = np.array(table.weights[0])
    np.testing.assert_array_equal(found[:10], expected[:10])
    np.testing.assert_array_equal(found[10:], before[10:])


def test_the_same_seed_starts_the_same(train):
    found = []
    for _ in range(2):
        keras.utils.set_random_seed(1)
        model = start_from_svd(tfrecs.build_cosine(10, 12), train, seed=3)
        found.append(model.score_users(np.arange(10)))
    np.testing.assert_array_equal(*found)


def test_dimensions_beyond_the_rank_stay(train):
    model = tfrecs.build_mf(10, 12, embedding_dim=30)
    before = np.array(layers_with_weights(model)["user_factors"].weights[0])
    start_from_svd(model, train, seed=0)
    after = np.array(layers_with_weights(model)["user_factors"].weights[0])
    np.testing.assert_array_equal(after[:, 10:], before[:, 10:])
    assert (after[:9, :10] != before[:9, :10]).any(axis=1).all()


def test_weights_multiply_the_interactions(from_pairs):
    """Weights 1, 2 and 3; the counts are those of the interactions: 1, 2 and 2, 1."""
    pairs = from_pairs([(0, 0), (1, 0), (1, 1)], 2, 2)
    names = ("user_ids", "item_ids", "users", "items")
    weights = np.array([1, 2, 3], np.float32)
    train = tfrecs.Interactions(
        **{name: getattr(pairs, name) for name in names}, weights=weights
    )
    dense = np.array([[1.0, 0], [2, 3]])
    dense /= np.outer([2, 3], [3, 2]) ** 0.25
    u, s, _ = np.linalg.svd(dense)
    model = start_from_svd(tfrecs.build_mf(2, 2, embedding_dim=2), train, seed=0)
    p = np.array(layers_with_weights(model)["user_factors"].weights[0])
    rows = u * np.sqrt(s)
    cosine = rows[0] @ rows[1] / np.prod(np.linalg.norm(rows, axis=1))
    np.testing.assert_allclose(p[0] @ p[1], LENGTH**2 * cosine, atol=1e-5)


@pytest.mark.parametrize("name", ["mlp", "mlp_mf", "nonlinear_mf"])
def test_models_without_vectors_are_refused(name, train):
    model = MODELS[name](10, 12, name="mine")
    with pytest.raises(
        ValueError, match=r"Received: mine, with the layers .*user_hidden"
    ):
        start_from_svd(model, train, seed=0)


def test_a_model_of_other_sizes_is_refused(train):
    with pytest.raises(
        ValueError, match=r"10 users and 12 items.*a model of 10 and 13"
    ):
        start_from_svd(tfrecs.build_mf(10, 13), train, seed=0)
