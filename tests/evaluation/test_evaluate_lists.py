"""Lists made elsewhere: worked examples, `evaluate` as an oracle, bad input."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfrecs.data.interactions import Interactions
from tfrecs.evaluation import Protocol, evaluate, evaluate_lists, lists_from_frame
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.ranking.top_k import top_k

#                                         items: 0  1  2  3  4  5
TRAIN = Interactions.from_matrix(np.array([[1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1],
                                           [0, 1, 0, 0, 0, 0]]))  # fmt: skip
TEST = Interactions.from_matrix(np.array([[0, 1, 1, 0, 1, 0], [0, 0, 0, 0, 0, 0],
                                          [1, 0, 0, 1, 0, 0]]))  # fmt: skip
LISTS = Lists([[5, 2, 1], [3, 0, -1]], [0, 2], TRAIN)  # 5 *2* *1*; *3* *0*


def test_metrics_of_a_small_case_are_those_worked_out_by_hand():
    measured = evaluate_lists(LISTS, TEST, k=(1, 3))
    assert measured.user_ids.tolist() == [0, 2]
    assert measured.num_relevant.tolist() == [3, 2]
    assert measured.num_left_out == 1
    assert measured.overall == {}
    discount = [1 / math.log2(1 + rank) for rank in range(5)[1:]]
    expected = {
        "precision@1": [0, 1],
        "recall@1": [0, 1 / 2],
        "hit_rate@1": [0, 1],
        "precision@3": [2 / 3, 2 / 3],
        "recall@3": [2 / 3, 1],
        "ndcg@3": [(discount[1] + discount[2]) / sum(discount[:3]), 1],
        "map@3": [(1 / 2 + 2 / 3) / 3, 1],
    }
    for name, values in expected.items():
        assert measured.per_user[name].tolist() == pytest.approx(values), name
    assert not {"mrr", "auc"} & set(measured.per_user)


def test_a_tested_user_without_a_list_has_misses_alone():
    measured = evaluate_lists(Lists([[3, 2]], [2], TRAIN), TEST, k=2)
    assert measured.per_user["recall@2"].tolist() == [0, 1 / 2]
    assert measured.metrics["recall@2"] == 1 / 4


def test_order_and_lists_of_untested_users_do_not_matter():
    others = Lists([[3, 0, -1], [1, 2, 0], [5, 2, 1]], [2, 1, 0], TRAIN)
    expected = evaluate_lists(LISTS, TEST, k=(1, 3))
    names = [*expected.metrics, "novelty", "coverage"]
    names = dict.fromkeys(name.partition("@")[0] for name in names)
    measured = evaluate_lists(others, TEST, k=(1, 3), metrics=list(names))
    expected = evaluate_lists(LISTS, TEST, k=(1, 3), metrics=list(names))
    assert measured.to_frame().equals(expected.to_frame())
    assert measured.overall == expected.overall
    # The items of tested users: 5, 3, and then 5, 2, 1, 3, 0, of 6.
    assert measured.overall == {"coverage@1": 2 / 6, "coverage@3": 5 / 6}


def test_seen_items_are_refused_or_hold_their_places():
    lists = Lists([[0, 2], [3, 1]], [0, 2], TRAIN)  # 0 and 1 are of training
    told = r"Received: 2 of 4.*exclude_seen=F"
    with pytest.raises(ValueError, match=told):
        evaluate_lists(lists, TEST, k=1)
    measured = evaluate_lists(lists, TEST, k=2, exclude_seen=False)
    assert measured.per_user["map@2"].tolist() == [(1 / 2) / 2, 1 / 2]
    assert measured.protocol == Protocol("lists", False, 2)


def random_case(seed: int):
    rng = np.random.default_rng(seed)
    draws = rng.random((12, 40))
    train, test = draws > 0.8, draws < rng.random((12, 1)) * 0.5
    train[0, :2] = test[0, 1::-1] = True, False
    train &= ~test
    scores = rng.permuted(np.tile(np.arange(40.0), (12, 1)), axis=1)
    return scores, Interactions.from_matrix(train), Interactions.from_matrix(test)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.integers(1, 40), st.booleans())
def test_the_lists_of_top_k_have_the_metrics_of_evaluate(seed, k, exclude_seen):
    scores, train, test = random_case(seed)
    names = ["precision", "recall", "ndcg", "hit_rate", "map", "coverage", "novelty"]
    deny = train if exclude_seen else None
    items, _ = top_k(scores, np.arange(12)[::-1], k, deny=deny)
    cutoffs = (1, k)
    options = {"k": cutoffs, "metrics": names, "exclude_seen": exclude_seen}
    lists = Lists(items, np.arange(12)[::-1], train)
    measured = evaluate_lists(lists, test, **options)
    expected = evaluate(scores, train, test, **options)
    pd.testing.assert_frame_equal(
        measured.to_frame(), expected.to_frame(), rtol=1e-12, atol=1e-12
    )
    assert measured.overall == expected.overall
    assert measured.protocol.compares == expected.protocol.compares


# What is refused

TWICE = Lists([[1], [2], [3]], [0, 2, 0], TRAIN)
OTHER = Interactions.from_matrix(TEST.matrix, users=["a", "b", "c"])


@pytest.mark.parametrize(
    ("lists", "test", "options", "message"),
    [
        (LISTS, TEST, {"k": (1, 4)}, r"at most 3, .*Received: k=4\. Lower"),
        (LISTS, TEST, {"k": 0}, r"at least 1\. Received: k=0"),
        (LISTS, TEST, {"metrics": ["ndcg", "mrr"]}, "ranks of all test.*'mrr'"),
        (LISTS, TEST, {"metrics": ["auc"]}, "ranks of all test items.*'auc'"),
        (LISTS, TEST, {"metrics": ["ndgc"]}, "Received: 'ndgc'"),
        (LISTS, TEST, {"metrics": ["diversity"]}, "'diversity' needs `item_features`"),
        (TWICE, TEST, {}, "one list of each.*3 lists of 2 users"),
        (LISTS, TRAIN, {}, "no pair of `train`.*4 of 4 shared"),
        (LISTS, OTHER, {}, "share one vocabulary"),
    ],
)
def test_bad_input_is_refused(lists, test, options, message):
    with pytest.raises(ValueError, match=message):
        evaluate_lists(lists, test, **{"k": 1, **options})


# Frames of raw ids

NAMED = Interactions.from_arrays(["ann", "bob", "bob", "cid"], [70, 80, 90, 70])
FRAME = pd.DataFrame(
    {
        "user": ["bob", "cid", "bob", "cid", "cid"],
        "item": [70, 80, 90, 90, 70],
        "rank": [9, 1, 2, 3, 2],
        "score": [0.5, 0.1, 0.5, 0.7, -1.0],
    }
)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"rank_col": "rank"}, [[2, 0, -1], [1, 0, 2]]),
        ({"score_col": "score"}, [[0, 2, -1], [2, 1, 0]]),  # bob's are equal
        ({}, [[0, 2, -1], [1, 2, 0]]),
    ],
)
def test_a_frame_becomes_lists_in_order(columns, expected):
    lists = lists_from_frame(FRAME, NAMED, user_col="user", item_col="item", **columns)
    assert lists.user_ids.tolist() == [1, 2]
    assert lists.items.tolist() == expected
    assert lists.train is NAMED


def test_features_are_handed_on_to_metrics_of_lists():
    features = np.eye(3)
    frame = FRAME.rename(columns={"user": "user_id", "item": "item_id"})
    lists = lists_from_frame(frame, NAMED, item_features=features)
    test = Interactions.from_arrays(
        ["cid"], [90], user_vocabulary=NAMED.users, item_vocabulary=NAMED.items
    )
    names = ["recall", "diversity"]
    measured = evaluate_lists(lists, test, k=2, metrics=names, exclude_seen=False)
    assert measured.metrics == {"recall@2": 1, "diversity@2": 1}


@pytest.mark.parametrize(
    ("change", "options", "told"),
    [
        ({}, {"item_col": "film"}, r"'film' must be in.*Received: user, item, rank"),
        ({}, {"rank_col": "place"}, r"'place' must be in the frame"),
        ({}, {"rank_col": "rank", "score_col": "score"}, "'rank' and 'score'"),
        (
            {"user": "dan"},
            {},
            r"`users` must be known.*5 of 5 unknown, the first 'dan'",
        ),
        ({"item": 71}, {}, r"`items` must be known.*5 of 5 unknown, the first 71"),
        ({"item": 70}, {}, r"an item once in a list.*row 0 with item 0 twice"),
        ({"score": [1, np.nan, 1, 1, 1]}, {"score_col": "score"}, "1 of 5 NaN"),
    ],
)
def test_bad_frames_are_refused(change, options, told):
    columns = {"user_col": "user", "item_col": "item", **options}
    with pytest.raises(ValueError, match=told):
        lists_from_frame(FRAME.assign(**change), NAMED, **columns)
    with pytest.raises(ValueError, match=r"at least one recommendation\. Received: no"):
        lists_from_frame(FRAME[:0], NAMED, user_col="user", item_col="item")
