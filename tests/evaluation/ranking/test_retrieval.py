"""The best items: a plain oracle, ties, few candidates, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.ranking import kernel as _ranking
from tfrecs.evaluation.ranking.top_k import best_items, top_k

SCORES = np.array([[1.0, 3.0, 2.0, 3.0], [5.0, -np.inf, 6.0, 7.0]])
SEEN = Interactions.from_matrix(np.array([[0, 1, 0, 0], [1, 0, 0, 1]]))


def slow(scores, seen, k: int) -> tuple[list[int], list[float]]:
    items = [item for item in range(len(scores)) if not seen[item]]
    items.sort(key=lambda item: (-scores[item], item))
    short = k - len(items[:k])
    return (
        items[:k] + [-1] * short,
        [float(scores[item]) for item in items[:k]] + [-np.inf] * short,
    )


def check_with_oracle(scores, seen, k: int) -> None:
    deny = Interactions.from_matrix(seen) if seen.any() else None
    items, found = top_k(scores, np.arange(len(scores)), k, deny=deny)
    assert (items.dtype, found.dtype) == (np.int32, scores.dtype)
    by_bool = best_items(scores, seen.astype(bool), k)
    assert [x.tolist() for x in by_bool] == [items.tolist(), found.tolist()]
    for user, row in enumerate(scores):
        expected = slow(row, seen[user], k)
        assert (items[user].tolist(), found[user].tolist()) == expected


def test_items_come_best_first_and_of_equal_scores_by_id():
    items, scores = top_k(SCORES, np.array([1, 0]), 3)
    assert items.tolist() == [[3, 2, 0], [1, 3, 2]]
    assert scores.tolist() == [[7, 6, 5], [3, 3, 2]]


def test_excluded_items_are_left_out_and_what_is_missing_is_filled_up():
    items, scores = top_k(SCORES, np.array([0, 1]), 4, deny=SEEN)
    assert items.tolist() == [[3, 2, 0, -1], [2, 1, -1, -1]]
    assert scores.tolist() == [[3, 2, 1, -np.inf], [6, -np.inf, -np.inf, -np.inf]]


@st.composite
def cases(draw):
    shape = draw(st.tuples(st.integers(1, 4), st.integers(2, 9)))
    levels = st.sampled_from((-np.inf, -1.0, -0.0, 0.0, 2.0, np.inf))
    kind = draw(st.sampled_from((np.float32, np.float64)))
    scores = draw(arrays(kind, shape, elements=levels))
    if kind == np.float64 and draw(st.booleans()):
        scores = 1 + scores * 1e-12  # which float32 cannot distinguish
    return scores, draw(arrays(np.bool_, shape)), draw(st.integers(1, shape[1]))


@given(cases())
def test_items_are_what_sorting_each_user_gives(case):
    check_with_oracle(*case)


@pytest.mark.parametrize("steps", [1, 4, 1000])
@pytest.mark.parametrize("num_items", [255, 256, 300, 1100, 2047])
@pytest.mark.parametrize("k", [1, 7, 30])
def test_items_of_large_catalogues_are_what_sorting_each_user_gives(
    num_items, k, steps
):
    rng = np.random.default_rng(num_items + k)
    scores = np.round(rng.normal(size=(9, num_items)) * steps).astype(np.float32)
    scores[rng.random(scores.shape) < 0.1] = -np.inf
    scores[1, k // 2 :] = -np.inf
    seen = rng.random(scores.shape) < 0.3
    seen[2, k - 1 :] = True
    seen[3] = True
    check_with_oracle(scores, seen, k)
    check_with_oracle(1 + scores.astype(np.float64) * 1e-12, seen, k)


@pytest.mark.parametrize("block", [1, 299, 900, 10**6])
@pytest.mark.parametrize("part", [1, 700, 10**6])
def test_items_do_not_depend_on_the_size_of_blocks(monkeypatch, block, part):
    scores = np.round(np.random.default_rng(0).normal(size=(9, 300)), 1)
    users = np.array([3, 0, 8, 3, 1])
    expected = [found.tolist() for found in top_k(scores, users, 5)]
    monkeypatch.setattr(_ranking, "PART", part)
    measured = top_k(scores, users, 5, scores_at_once=block)
    assert [found.tolist() for found in measured] == expected


def test_a_function_is_asked_for_int32_ids_and_no_users_give_no_rows():
    kinds = set()

    def score(user_ids):
        kinds.add(user_ids.dtype)
        return SCORES[user_ids]

    assert top_k(score, [1], 1)[0].tolist() == [[3]]
    assert kinds == {np.dtype(np.int32)}
    items, scores = top_k(score, [], 3)
    assert (items.shape, scores.shape) == ((0, 3), (0, 3))


@pytest.mark.parametrize(
    ("user_ids", "k", "message"),
    [
        ([0], 5, "`k` must be at most 4, the number to choose from. Received: k=5"),
        ([0], 0, "`k` must be a whole number of at least 1. Received: k=0"),
        ([0], (1, 2), r"of at least 1. Received: k=\(1, 2\)"),
        ([0, 2], 1, "`user_ids` must be from 0 to 1. Received: 0 to 2"),
        ([-1], 1, "`user_ids` must be from 0 to 1. Received: -1"),
        ([0.5], 1, "`user_ids` must be ints.*float64"),
        (3, 1, r"ints of 1 dimension\. Received: shape \(\), int64"),
    ],
)
@pytest.mark.parametrize("deny", [SEEN, None])
def test_bad_users_and_k_are_refused(user_ids, k, message, deny):
    with pytest.raises((TypeError, ValueError), match=message):
        top_k(SCORES, user_ids, k, deny=deny)


def test_bad_models_and_scores_are_refused():
    with pytest.raises(ValueError, match=r"must be from 0.*Received: -2"):
        top_k(lambda user_ids: SCORES[user_ids], [1, -2], 1)
    with pytest.raises(ValueError, match=r"= \[2, 4\]. Received: \[1, 4\]"):
        top_k(lambda user_ids: SCORES[:1], [0, 1], 1)
    with pytest.raises(ValueError, match=r"must not be NaN\. Received: 1 NaN of 8"):
        top_k(np.where(SCORES == 1, np.nan, SCORES), [0, 1], 1)
    with pytest.raises(TypeError, match="Received: NoneType"):
        top_k(None, [0, 1], 1)
