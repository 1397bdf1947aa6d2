"""Recommendations of models of histories, for users with and without an id."""

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.data.interactions import Interactions
from tfrecs.models import HISTORY_MODELS

TRAIN = Interactions.from_arrays(
    ["ann", "ann", "ann", "bob", "bob", "eve"],
    ["c", "a", "b", "d", "a", "e"],
    timestamps=[3, 2, 1, 5, 6, 1],
)


@pytest.fixture(scope="module", params=HISTORY_MODELS)
def recommender(request):
    keras.utils.set_random_seed(1)
    model = HISTORY_MODELS[request.param](5, embedding_dim=4, max_length=3)
    rng = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(rng.normal(scale=0.7, size=variable.shape))
    return tfrecs.Recommender(model, TRAIN)


def test_a_user_and_their_history_get_the_same(recommender):
    stored = recommender.recommend(["ann"], k=2).drop(columns="user")
    given = recommender.recommend_for_history(["b", "a", "c"], k=2)
    assert given["item"].tolist() == stored["item"].tolist()
    np.testing.assert_allclose(given["score"], stored["score"], atol=1e-5)
    scores = recommender.model.score_users(TRAIN.histories(3))
    ann = scores[TRAIN.users.known(["ann"])[0]]
    rows = TRAIN.items.known(stored["item"])
    np.testing.assert_allclose(stored["score"], ann[rows], atol=1e-5)
    found = recommender.score(["ann"] * 2, stored["item"])
    np.testing.assert_allclose(found["score"], stored["score"], atol=1e-6)


def test_the_last_items_count_in_their_order(recommender):
    def scores(*items):
        table = recommender.recommend_for_history(items, k=5, exclude_seen=False)
        return table.sort_values("item")["score"].to_numpy()

    np.testing.assert_allclose(
        scores("e", "d", "b", "a", "c"), scores("b", "a", "c"), atol=1e-5
    )
    if recommender.model.name != "history_mean":
        assert np.abs(scores("c", "a", "b") - scores("b", "a", "c")).max() > 1e-4
        assert np.abs(scores("a", "a", "c") - scores("a", "c")).max() > 1e-4


def test_seen_items_are_excluded(recommender):
    found = recommender.recommend_for_history(["b", "a", "a"], k=5)
    assert sorted(found["item"]) == ["c", "d", "e"]


def test_similar_users_and_vectors_read_the_stored_histories(recommender, tmp_path):
    similar = recommender.similar_users(["ann"], k=2)
    assert sorted(similar["user"]) == ["bob", "eve"]
    recommender.export_vectors(tmp_path / "v.npz")
    vectors = np.load(tmp_path / "v.npz")
    np.testing.assert_allclose(
        vectors["user_vectors"] @ vectors["item_vectors"].T,
        recommender.model.score_users(TRAIN.histories(3)),
        atol=1e-5,
    )


def test_a_bundle_keeps_the_histories(recommender, tmp_path):
    recommender.save(tmp_path / "bundle")
    loaded = tfrecs.load(tmp_path / "bundle")
    assert loaded.train.history("ann").tolist() == ["b", "a", "c"]
    for one, two in (
        (
            loaded.recommend(["ann", "bob"], k=2),
            recommender.recommend(["ann", "bob"], k=2),
        ),
        (
            loaded.recommend_for_history(["d"], k=3),
            recommender.recommend_for_history(["d"], k=3),
        ),
    ):
        assert one.equals(two)
