"""Every model recommends on raw ids, and comes back from a bundle to the bit."""

import numpy as np
import pandas as pd
import pytest

import tfrecs
from tfrecs import Interactions, Recommender
from tfrecs.models import MODELS
from tfrecs.models.cold_start import score_new_items, score_new_users

RNG = np.random.default_rng(2)
TRAIN = Interactions.from_matrix(
    RNG.random((7, 9)) < 0.3,
    users=list("abcdefg"),
    items=[("film", number) for number in range(9)],
)


@pytest.fixture(scope="module", params=MODELS)
def recommender(request, build, randomize):
    return Recommender(randomize(build(request.param), scale=0.4), TRAIN)


def answers(recommender):
    """What a recommender says to everything that any model can be asked."""
    users, items = TRAIN.users.ids, TRAIN.items.ids
    return [
        recommender.recommend(users, k=9),
        recommender.score(users, items[:7]),
        recommender.similar_items(items, k=3),
        recommender.similar_users(users, k=3),
        recommender.recommend_for_history(items[[2, 5]], k=4),
    ]


def test_a_bundle_answers_as_what_was_saved_to_the_bit(recommender, tmp_path):
    recommender.save(tmp_path / "bundle")
    (tmp_path / "bundle").rename(tmp_path / "moved")
    loaded = tfrecs.load(tmp_path / "moved")
    assert repr(loaded) == repr(recommender)
    for found, expected in zip(answers(loaded), answers(recommender), strict=True):
        pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_scores_are_the_models(recommender):
    table = recommender.recommend(["c", "a"], k=9, exclude_seen=False)
    rows = np.array([2, 0])
    scores = recommender.model.score_users(rows)
    assert len(table) == 18
    for place, user in enumerate("ca"):
        found = table[table["user"] == user]
        expected = pd.Series(scores[place], pd.Index(TRAIN.items.ids, tupleize_cols=0))
        assert found["score"].is_monotonic_decreasing
        np.testing.assert_array_equal(found["score"], expected[found["item"].tolist()])
    pairs = recommender.score(table["user"], table["item"])
    np.testing.assert_allclose(pairs["score"], table["score"], atol=1e-6)


def test_vectors_are_exact_where_there_is_no_hidden_part(recommender, tmp_path):
    model = recommender.model
    numbered = Recommender(model, Interactions.from_matrix(TRAIN.matrix))
    path = tmp_path / "new" / "vectors.npz"
    if "hidden" in model.item_output():
        with pytest.raises(
            ValueError, match=r"must have no hidden part.*Received: my_"
        ):
            numbered.export_vectors(path)
        assert not path.exists()
        return
    numbered.export_vectors(path)
    assert [*path.parent.iterdir()] == [path]
    with np.load(path, allow_pickle=False) as held:
        found = held["user_vectors"] @ held["item_vectors"].T
        assert held["user_ids"].tolist() == list(range(7))
        assert held["item_ids"].tolist() == list(range(9))
    expected = model.score_users(np.arange(7, dtype=np.int32))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_vectors_that_are_not_finite_are_refused(tmp_path):
    model = MODELS["mf"](7, 9, embedding_dim=2)
    model.interaction.global_bias.assign(np.nan)
    numbered = Recommender(model, Interactions.from_matrix(TRAIN.matrix))
    with pytest.raises(ValueError, match=r"model.s user vectors must be finite"):
        numbered.export_vectors(tmp_path / "vectors.npz")
    assert [*tmp_path.iterdir()] == []


def test_a_history_is_liked_more_than_by_the_mean_user(recommender):
    model, history = recommender.model, TRAIN.items.ids[[2, 5]]
    known = model.user_output(np.unique(TRAIN.user_ids))
    mean = {name: part.mean(axis=0, keepdims=True) for name, part in known.items()}
    if model.name == "my_cosine":  # whose users are all of one length
        lengths = np.linalg.norm(known["factors"], axis=1)
        mean["factors"] *= lengths[0] / np.linalg.norm(mean["factors"])

    def surprise(scores):
        return -np.log(np.exp(scores)[[2, 5]] / np.exp(scores).sum()).sum()

    table = recommender.recommend_for_history(history, k=9, exclude_seen=False)
    found = dict(zip(table["item"], table["score"], strict=True))
    folded = np.array([found[item] for item in TRAIN.items.ids])
    of_mean = model.score_outputs(mean, model.item_output())[0]
    assert surprise(folded) < surprise(of_mean)
    left = recommender.recommend_for_history(history, k=9, deny=TRAIN.items.ids[:2])
    assert {*left["item"]} == {*TRAIN.items.ids[[3, 4, 6, 7, 8]]}
    assert left["rank"].tolist() == [1, 2, 3, 4, 5]


def test_items_go_to_the_users_who_score_them_highest(recommender):
    items, users = TRAIN.items.ids, TRAIN.users.ids
    scores = recommender.model.score_users(np.arange(7, dtype=np.int32))
    had = TRAIN.matrix.toarray() > 0
    table = recommender.users_for_items(items[[8, 2]], k=7)
    everyone = recommender.users_for_items(items[[2]], k=7, exclude_seen=False)
    for place, found in ((8, table), (2, table), (2, everyone)):
        left = np.full(7, True) if found is everyone else ~had[:, place]
        ranked = np.argsort(-np.where(left, scores[:, place], -np.inf), kind="stable")
        rows = found[found["item"] == items[place]]
        assert rows["user"].tolist() == users[ranked[: left.sum()]].tolist()
        np.testing.assert_allclose(
            rows["score"], scores[ranked[: left.sum()], place], atol=1e-5
        )
    assert 0 < len(table) < 14
    assert len(recommender.users_for_items([], k=1)) == 0
    with pytest.raises(ValueError, match=r"at most 7, the number.*Received: k=8"):
        recommender.users_for_items(items[:1], k=8)


def test_histories_are_of_known_items(recommender):
    with pytest.raises(ValueError, match=r"`items` must be known.*the first 'x'"):
        recommender.recommend_for_history(["x"])
    with pytest.raises(ValueError, match=r"at least one item. Received: none"):
        recommender.recommend_for_history([], k=3)
    with pytest.raises(ValueError, match=r"`allow` must be one collection of items"):
        recommender.recommend_for_history(TRAIN.items.ids[:1], k=3, allow={"a": []})


# Those without an id


@pytest.fixture(scope="module")
def hybrid(build, randomize):
    return Recommender(randomize(build("hybrid"), scale=0.4), TRAIN)


NEW_ITEMS = pd.DataFrame(RNG.normal(size=(3, 4)), index=["x", "y", "z"])


def test_new_users_get_the_items_that_their_features_speak_for(hybrid):
    table = hybrid.recommend_for_new_users(np.array([2, 0]), k=3, deny=[("film", 4)])
    assert list(table.columns) == ["user", "item", "score", "rank"]
    scores = score_new_users(hybrid.model, np.array([2, 0]))
    scores[:, 4] = -np.inf
    for user in (0, 1):
        found = table[table["user"] == user]
        best = np.argsort(-scores[user])[:3]
        assert found["item"].tolist() == TRAIN.items.ids[best].tolist()
        np.testing.assert_allclose(found["score"], scores[user, best], rtol=1e-5)


def test_new_items_go_to_the_users_who_score_them_highest(hybrid):
    scores = score_new_items(hybrid.model, np.arange(7), NEW_ITEMS)  # [users, items]
    table = hybrid.users_for_new_items(NEW_ITEMS, k=2)
    assert list(table.columns) == ["item", "user", "score", "rank"]
    assert table["item"].tolist() == ["x", "x", "y", "y", "z", "z"]
    best = np.argsort(-scores.T)[:, :2]
    assert table["user"].tolist() == TRAIN.users.ids[best.ravel()].tolist()


def test_users_get_the_best_of_new_items(hybrid):
    scores = score_new_items(hybrid.model, np.array([3, 1]), NEW_ITEMS)
    table = hybrid.recommend_new_items(["d", "b"], NEW_ITEMS, k=3)
    assert table["user"].tolist() == ["d"] * 3 + ["b"] * 3
    best = np.argsort(-scores)
    assert table["item"].tolist() == np.array(["x", "y", "z"])[best.ravel()].tolist()
    np.testing.assert_allclose(table["score"], -np.sort(-scores).ravel(), rtol=1e-5)


def test_features_of_another_width_are_refused(hybrid):
    with pytest.raises(ValueError, match=r"`features` must be the 4 .*Received: 2"):
        hybrid.users_for_new_items(np.ones((1, 2)), k=1)
    with pytest.raises(ValueError, match=r"at most 3, the number.*Received: k=4"):
        hybrid.recommend_new_items(["d"], NEW_ITEMS, k=4)
