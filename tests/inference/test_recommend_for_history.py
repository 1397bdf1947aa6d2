"""Recommendations of models of histories, for users with and without an id."""

import keras
import numpy as np
import pytest
from pandas.testing import assert_frame_equal

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


def test_histories_of_a_list_get_what_each_gets_alone(recommender):
    histories = [["b", "a", "a"], ["d"], list("dcbac"), []]
    table = recommender.recommend_for_history(histories, k=4)
    assert table["history"].unique().tolist() == [0, 1, 2, 3]
    assert list(table) == ["history", "item", "score", "rank"]
    for number, history in enumerate(histories):
        alone = recommender.recommend_for_history(history, k=4)
        found = table[table["history"] == number].drop(columns="history")
        assert not {*found["item"]} & {*history}
        assert found["item"].tolist() == alone["item"].tolist()
        np.testing.assert_allclose(found["score"], alone["score"], atol=1e-5)
    as_arrays = recommender.recommend_for_history(map(np.array, histories[:3]), k=4)
    assert_frame_equal(as_arrays, table[table["history"] < 3], rtol=1e-4)


def test_unknown_items_are_named_or_left_out_and_counted(recommender):
    histories = [["b", "x", "a"], ["x", "y"], ["d"]]
    with pytest.raises(ValueError, match=r"must be known. Received: 3 of 6 unknown"):
        recommender.recommend_for_history(histories)
    with pytest.raises(ValueError, match=r"`unknown` must be .*error.*skip"):
        recommender.recommend_for_history(histories, unknown="popular")
    table = recommender.recommend_for_history(histories, k=2, unknown="skip")
    assert table["history"].tolist() == [0, 0, 1, 1, 2, 2]
    assert table["num_unknown"].tolist() == [1, 1, 2, 2, 0, 0]
    known = recommender.recommend_for_history([["b", "a"], [], ["d"]], k=2)
    assert_frame_equal(known, table.drop(columns="num_unknown"), rtol=1e-4)
    one = recommender.recommend_for_history(["x", "a"], k=1, unknown="skip")
    assert one["num_unknown"].tolist() == [1]
    assert "history" not in one


def test_allowed_and_denied_items_are_so_for_every_history(recommender):
    table = recommender.recommend_for_history(
        [["b"], ["c"]], k=5, allow=["a", "b", "c"], deny=["a"]
    )
    assert table[["history", "item"]].to_numpy().tolist() == [[0, "c"], [1, "b"]]
    again = recommender.recommend_for_history(
        [["b"], ["c"]], k=5, allow=["a", "b", "c"], exclude_seen=False
    )
    assert (
        again.groupby("history")["item"].agg(sorted).tolist() == [["a", "b", "c"]] * 2
    )


def test_elements_that_are_no_ids_and_no_histories(recommender):
    with pytest.raises(ValueError, match=r"must be a collection of ids. Received: 'a'"):
        recommender.recommend_for_history([["b"], "a"])
    with pytest.raises(
        ValueError, match=r"must be a collection of ids. Received: 'ab'"
    ):
        recommender.recommend_for_history("ab")


def test_models_of_users_infer_several_at_once():
    model = tfrecs.build_mf(3, 5, embedding_dim=2)
    fold_in = tfrecs.Recommender(model, TRAIN)
    table = fold_in.recommend_for_history([["b", "a"], ["d"]], k=3)
    for number, history in enumerate((["b", "a"], ["d"])):
        alone = fold_in.recommend_for_history(history, k=3)
        found = table[table["history"] == number].drop(columns="history")
        assert found.reset_index(drop=True).equals(alone)
    with pytest.raises(ValueError, match=r"need a model that reads both.*Received: mf"):
        fold_in.recommend_for_history(["d"], user_features=np.ones((1, 2)))
    with pytest.raises(ValueError, match=r"at least one item. Received: none"):
        fold_in.recommend_for_history([["d"], ["x"]], unknown="skip")


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
