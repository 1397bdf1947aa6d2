"""Recommending by raw ids: tables by hand, evaluate's ranking, and mistakes."""

import numpy as np
import pandas as pd
import pytest

from tfrecs import Interactions, Recommender
from tfrecs.evaluation import evaluate
from tfrecs.evaluation.lists import evaluate_lists
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.ranking import kernel

# Users ann, bob, cy; items a, b, c, d.
TRAIN = Interactions.from_matrix(
    np.array([[0, 1, 0, 0], [1, 0, 0, 1], [0, 0, 0, 1]]),
    users=["ann", "bob", "cy"],
    items=["a", "b", "c", "d"],
)
SCORES = np.array([[1.0, 9.0, 3.0, 2.0], [5.0, 4.0, 4.0, 6.0], [0.5, 0.2, 0.1, 0.9]])


@pytest.fixture(scope="module")
def simple():
    return Recommender(SCORES, TRAIN)


def rows(table):
    return list(table.itertuples(index=False, name=None))


# Recommending


def test_each_user_gets_the_best_items_that_they_have_not(simple):
    table = simple.recommend(["bob", "ann"], k=2)
    assert list(table.columns) == ["user", "item", "score", "rank"]
    assert rows(table) == [
        ("bob", "b", 4.0, 1),  # of equal scores, the lower index first
        ("bob", "c", 4.0, 2),
        ("ann", "c", 3.0, 1),
        ("ann", "d", 2.0, 2),
    ]
    seen = simple.recommend(["ann"], k=1, exclude_seen=False)
    assert rows(seen) == [("ann", "b", 9.0, 1)]
    few = simple.recommend(["bob", "cy"], k=4)
    assert few["user"].tolist() == ["bob"] * 2 + ["cy"] * 3
    assert few["rank"].tolist() == [1, 2, 1, 2, 3]
    twice = simple.recommend(pd.Series(["cy", "cy"]), k=1)
    assert rows(twice) == [("cy", "a", 0.5, 1)] * 2
    empty = simple.recommend([], k=2)
    assert (list(empty.columns), len(empty)) == (list(table.columns), 0)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"allow": ["a", "d"]}, {"ann": "da", "bob": ""}),
        ({"allow": []}, {"ann": "", "bob": ""}),
        ({"deny": ["c"]}, {"ann": "da", "bob": "b"}),
        ({"allow": ["a", "c"], "deny": ["c"]}, {"ann": "a", "bob": ""}),
        ({"allow": {"bob": ["c", "a"]}}, {"ann": "cda", "bob": "c"}),
        ({"deny": {"ann": ["d"], "zoe": ["a"]}}, {"ann": "ca", "bob": "bc"}),
        ({"allow": {"ann": ["a"]}, "deny": ["b"]}, {"ann": "a", "bob": "c"}),
        ({"deny": {"cy": ["a"]}, "allow": {}}, {"ann": "cda", "bob": "bc"}),
    ],
)
def test_only_items_that_may_be_are_recommended(simple, limits, expected):
    table = simple.recommend(["ann", "bob"], k=4, **limits)
    found = {user: "" for user in expected}
    found |= table.groupby("user")["item"].agg("".join).to_dict()
    assert found == expected


def test_limits_leave_the_scores_of_the_model_as_they_are():
    scores = SCORES.copy()
    Recommender(scores, TRAIN).recommend(["ann"], k=4, deny=["a"])
    assert (scores == SCORES).all()


def test_unknown_users_get_what_is_popular_where_that_is_asked_for(simple):
    table = simple.recommend(["zoe", "ann"], k=3, unknown="popular")
    assert rows(table) == [
        ("zoe", "d", 2.0, 1, "popularity"),  # two have it
        ("zoe", "a", 1.0, 2, "popularity"),
        ("zoe", "b", 1.0, 3, "popularity"),
        ("ann", "c", 3.0, 1, "model"),
        ("ann", "d", 2.0, 2, "model"),
        ("ann", "a", 1.0, 3, "model"),
    ]
    limited = simple.recommend(
        ["zoe"], k=3, unknown="popular", allow={"zoe": ["a", "b"]}
    )
    assert limited["item"].tolist() == ["a", "b"]
    assert list(simple.recommend(["ann"], unknown="popular", k=1)["source"]) == [
        "model"
    ]


def test_scores_are_ranked_and_returned_in_the_precision_given():
    scores = np.tile([1.7e9, 0, 1.7e9 + 10, 5e8], (3, 1))
    recommender = Recommender(scores, TRAIN)
    for users, unknown in ([["ann"], "error"], [["ann", "zoe"], "popular"]):
        table = recommender.recommend(users, k=2, unknown=unknown)
        assert rows(table[["item", "score"]])[:2] == [("c", 1.7e9 + 10), ("a", 1.7e9)]
    pairs = recommender.score(["cy", "ann"], ["c", "a"])
    assert pairs["score"].tolist() == [1.7e9 + 10, 1.7e9]
    narrow = Recommender(scores.astype(np.float32), TRAIN)
    assert narrow.recommend(["ann"], k=2)["item"].tolist() == ["a", "c"]  # a tie
    assert narrow.recommend(["ann"], k=2)["score"].dtype == np.float32


def test_the_ranking_is_the_one_that_evaluate_measures():
    rng = np.random.default_rng(5)
    both = Interactions.from_matrix(rng.random((30, 50)) < 0.3)
    is_test = rng.random(len(both)) < 0.3
    train, test = both.take(~is_test), both.take(is_test)
    scores = np.round(rng.normal(size=(30, 50)), 1).astype(np.float32)  # with ties
    scores += np.linspace(0, 1e-3, 50, dtype=np.float32)[::-1]  # that are broken
    table = Recommender(scores, train).recommend(train.users.ids, k=7)
    ids = table["item"].to_numpy().reshape(30, 7)
    expected = evaluate(scores, train, test, k=(3, 7))
    lists = Lists(ids.astype(np.int32), np.arange(30, dtype=np.int32), train)
    found = evaluate_lists(lists, test, k=(3, 7)).metrics
    assert found == {name: expected.metrics[name] for name in found}
    assert "ndcg@7" in found


def test_answers_do_not_depend_on_the_size_of_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    train = Interactions.from_matrix(rng.random((9, 11)) < 0.3)
    scores = rng.normal(size=(9, 11)).astype(np.float32)
    users, items = rng.integers(0, 9, 40), rng.integers(0, 11, 40)

    def answers():
        asked = Recommender(scores, train)
        limits = {"allow": range(9), "deny": {3: [1, 2], 8: [4]}}
        table = asked.recommend([8, 3, 77, 3, 0], k=5, unknown="popular", **limits)
        return table, asked.score(users, items)

    expected = answers()
    small = lambda rows, columns, _: kernel.row_parts(rows, columns, 1)  # noqa: E731
    for module in ("top_k", "scorers"):
        monkeypatch.setattr(f"tfrecs.evaluation.ranking.{module}.row_parts", small)
    for found, table in zip(answers(), expected, strict=True):
        pd.testing.assert_frame_equal(found, table)


# Scores of pairs


def test_pairs_are_scored_in_the_order_given(simple):
    table = simple.score(["cy", "ann", "cy"], ["d", "b", "a"])
    assert list(table.columns) == ["user", "item", "score"]
    assert rows(table) == [
        ("cy", "d", np.float32(0.9)),
        ("ann", "b", 9.0),
        ("cy", "a", 0.5),
    ]
    assert len(simple.score([], [])) == 0


# Mistakes


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda r: r.recommend(["ann", "zoe"]),
            "`users` must be known. Received: 1 of 2 unknown, the first 'zoe'",
        ),
        (
            lambda r: r.recommend("ann"),
            r"`users` must be a collection of ids. Received: 'ann'. Write \['ann'\]",
        ),
        (lambda r: r.recommend(3), r"collection of ids. Received: 3. Write \[3\]"),
        (lambda r: r.recommend(["ann"], 5), "at most 4, the number.* Received: k=5"),
        (lambda r: r.recommend([], 5), "at most 4, the number.* Received: k=5"),
        (lambda r: r.recommend([], 0), "of at least 1. Received: k=0"),
        (
            lambda r: r.recommend(["ann"], unknown="popularity"),
            "`unknown` must be one of error, popular. Received: 'popularity'",
        ),
        (
            lambda r: r.recommend(["ann"], 1, allow=["a", "x"]),
            "`items` must be known. Received: 1 of 2 unknown, the first 'x'",
        ),
        (lambda r: r.recommend(["ann"], 1, deny="a"), "`deny` must be a coll"),
        (
            lambda r: r.recommend(["ann"], 1, deny={1: ["a"], 2: ["b"]}),
            r"`deny` must have known user ids.*first 1 \(a int\).*like 'ann' \(a str",
        ),
        (lambda r: r.score(["ann"], ["a", "b"]), "Received: 1 and 2$"),
        (lambda r: r.score(["zoe"], ["a"]), "the first 'zoe'"),
        (lambda r: r.score(["ann"], ["x"]), "the first 'x'"),
    ],
)
def test_what_is_refused(simple, call, told):
    with pytest.raises(ValueError, match=told):
        call(simple)


@pytest.mark.parametrize(
    "call",
    [
        lambda r: r.similar_items(["a"]),
        lambda r: r.similar_users(["ann"]),
        lambda r: r.recommend_for_history(["a"]),
        lambda r: r.recommend_for_new_users(np.ones((1, 2))),
        lambda r: r.recommend_new_items(["ann"], np.ones((1, 2))),
        lambda r: r.users_for_items(["a"]),
        lambda r: r.users_for_new_items(np.ones((1, 2))),
        lambda r: r.export_vectors("vectors.npz"),
    ],
)
def test_what_needs_towers_says_so(simple, call):
    with pytest.raises(
        TypeError, match=r"needs a model of two towers.*Received: ndarr"
    ):
        call(simple)


def test_a_model_of_other_sizes_or_nan_is_refused():
    with pytest.raises(
        ValueError, match=r"3 users and 4 items.*Received: a model of 4 and 3"
    ):
        Recommender(SCORES.T, TRAIN)
    with pytest.raises(ValueError, match=r"Received: a model of 3\. Pass"):
        Recommender(SCORES[:, 0], TRAIN)
    with pytest.raises(TypeError, match="Received: int"):
        Recommender(3, TRAIN)
    with pytest.raises(ValueError, match=r"must not be NaN. Received: 4 NaN of 4"):
        Recommender(SCORES * np.nan, TRAIN).recommend(["ann"], 1)
    shown = repr(Recommender(SCORES, TRAIN))
    assert shown == "<Recommender: ndarray, 3 users x 4 items>"
