"""Sampled evaluation: worked examples, a slow oracle, laws, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from slow_metrics import slow_metrics

from tfrecs.data.interactions import Interactions
from tfrecs.evaluation import Protocol, evaluate, evaluate_sampled
from tfrecs.evaluation.candidates import SampledCandidates


def held_out(relevant) -> Interactions:
    return Interactions.from_matrix(np.asarray(relevant))


# Numbers worked out by hand

#                 items: 0  1  2  3  4  5
TEST = held_out([[0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [1, 0, 0, 1, 0, 0]])
CANDIDATES = SampledCandidates(np.array([2, 0]), np.array([[1, 2, 5], [2, 4, 5]]))
SCORES = np.array(
    [
        [9.0, 5.0, 8.0, 9.0, 5.0, 1.0],  # 2, then 4 in a tie, *1*, 5: rank 3
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [6.0, 7.0, 1.0, 0.0, 9.0, 2.0],  # 1 *0* 5 2 *3*: ranks 2, 5
    ]
)


def test_metrics_of_a_small_case_are_those_worked_out_by_hand():
    measured = evaluate_sampled(SCORES, TEST, CANDIDATES, k=(2, 3))
    assert measured.user_ids.tolist() == [0, 2]
    assert measured.num_relevant.tolist() == [1, 2]
    assert measured.num_left_out == 1
    expected = {
        "hit_rate@2": [0, 1],
        "hit_rate@3": [1, 1],
        "recall@3": [1, 1 / 2],
        "precision@3": [1 / 3, 1 / 3],
        "ndcg@3": [1 / math.log2(4), (1 / math.log2(3)) / (1 + 1 / math.log2(3))],
        "mrr": [1 / 3, 1 / 2],
        "auc": [1 - 2 / 3, 1 - (1 + 3) / (2 * 3)],
    }
    for name, values in expected.items():
        assert measured.per_user[name].tolist() == pytest.approx(values), name
    assert measured.protocol == Protocol("sampled", None, 3)


def test_a_test_item_that_is_its_own_candidate_does_not_lose_to_itself():
    candidates = SampledCandidates(np.array([0, 2]), np.array([[1, 5], [3, 2]]))
    measured = evaluate_sampled(SCORES, TEST, candidates, k=1)
    assert measured.per_user["mrr"].tolist() == [1, 1]
    # Ranked are *1* 5, and *0* 2 *3*: one pair is right of 1, and one of 2.
    assert measured.per_user["auc"].tolist() == [1, 1 / 2]


def test_a_candidate_that_stands_twice_counts_once():
    candidates = SampledCandidates(np.array([0, 2]), np.array([[2, 5, 2], [1, 1, 1]]))
    measured = evaluate_sampled(SCORES, TEST, candidates, k=1)
    assert measured.per_user["mrr"].tolist() == [1 / 2, 1 / 2]
    assert measured.per_user["auc"].tolist() == [1 / 2, 0]


def test_an_infinitely_low_test_item_stands_last():
    scores = np.where(SCORES == 5, -np.inf, SCORES)
    measured = evaluate_sampled(scores, TEST, CANDIDATES, k=1)
    assert measured.per_user["mrr"][0] == 1 / 4
    dropped = SampledCandidates(np.array([0, 2]), np.array([[1, 2, 2], [1, 2, 5]]))
    measured = evaluate_sampled(scores, TEST, dropped, k=1)
    assert measured.per_user["mrr"][0] == 1 / 2


def test_users_who_are_not_tested_may_have_candidates():
    both = SampledCandidates(np.array([1, 2, 0]), np.array([[0], [1], [2]]))
    measured = evaluate_sampled(SCORES, TEST, both, k=1)
    assert measured.user_ids.tolist() == [0, 2]
    assert measured.per_user["mrr"].tolist() == [1 / 2, 1 / 2]


# A slow oracle, which sorts each user's candidates


@st.composite
def cases(draw):
    """Scores with many ties, test items, candidates of all users, and a k."""
    levels = (-np.inf, -1.0, 0.0, 0.5, 2.0, np.inf)
    users, items = draw(st.tuples(st.integers(1, 4), st.integers(2, 9)))
    relevant = draw(arrays(np.bool_, (users, items)).filter(np.any))
    scores = draw(arrays(np.float32, (users, items), elements=st.sampled_from(levels)))
    shape = (users, draw(st.integers(1, 7)))
    drawn = draw(arrays(np.int32, shape, elements=st.integers(0, items - 1)))
    return scores, relevant, drawn, draw(st.integers(1, min(items, shape[1])))


def measure(scores, relevant, drawn, k, **options):
    candidates = SampledCandidates(np.arange(len(drawn)), drawn)
    return evaluate_sampled(scores, held_out(relevant), candidates, k=k, **options)


@settings(max_examples=40)
@given(cases())
def test_metrics_are_what_sorting_each_user_gives(case):
    scores, relevant, drawn, k = case
    measured = measure(*case)
    assert measured.user_ids.tolist() == np.flatnonzero(relevant.any(axis=1)).tolist()
    for place, user in enumerate(measured.user_ids):
        among = np.union1d(drawn[user], np.flatnonzero(relevant[user])).tolist()
        among.sort(key=lambda item: (-scores[user, item], relevant[user, item]))
        expected = slow_metrics([relevant[user, item] for item in among], k)
        of_user = {name: values[place] for name, values in measured.per_user.items()}
        assert of_user == pytest.approx(expected, abs=1e-9)


def large_case():
    rng = np.random.default_rng(0)
    relevant = rng.random((20, 200)) < rng.random((20, 1)) * 0.2
    relevant[np.arange(20), rng.integers(200, size=20)] = True
    scores = np.round(rng.permuted(np.arange(4000.0).reshape(20, 200), axis=1) / 50)
    drawn = np.stack([rng.choice(200, 99, replace=False) for _ in relevant])
    return scores, relevant, drawn


@pytest.mark.parametrize(
    ("ours", "theirs", "options"),
    [
        ("precision@5", "precision_at_k", {"k": 5}),
        ("recall@5", "recall_at_k", {"k": 5}),
        ("mrr", "reciprocal_rank", {}),
        ("auc", "auc_score", {}),
    ],
)
def test_metrics_are_those_of_lightfm(lightfm, ours, theirs, options):
    drawn = np.random.default_rng(7).integers(40, size=(15, 12))
    is_candidate = np.zeros((15, 40), dtype=bool)
    np.put_along_axis(is_candidate, drawn, True, axis=1)
    # It ranks what is not of training: here, all that is not to be ranked.
    masked = ~(is_candidate | lightfm.is_test)
    expected = lightfm.measure(theirs, masked, **options)
    candidates = SampledCandidates(np.arange(15), drawn)
    measured = evaluate_sampled(lightfm.scores, lightfm.test, candidates, k=5)
    assert len(np.unique(expected)) > 2
    assert measured.per_user[ours] == pytest.approx(expected, abs=1e-6)


# Laws


def test_among_the_whole_catalogue_it_is_evaluate():
    scores, relevant, _ = large_case()
    everything = np.tile(np.arange(200), (20, 1))
    measured = measure(scores, relevant, everything, k=(5, 50)).to_frame()
    train = Interactions.from_matrix(1 - relevant)
    expected = evaluate(
        scores, train, held_out(relevant), k=(5, 50), exclude_seen=False
    )
    assert measured.equals(expected.to_frame())


@pytest.mark.parametrize("scores_at_once", [1, 200, 1999, 2000, 10**6])
def test_results_do_not_depend_on_the_size_of_blocks(scores_at_once):
    scores, relevant, drawn = large_case()
    asked = []

    def score(user_ids):
        asked.append(len(user_ids))
        return scores[user_ids]

    expected = measure(scores, relevant, drawn, k=5).to_frame()
    measured = measure(score, relevant, drawn, k=5, scores_at_once=scores_at_once)
    assert measured.to_frame().equals(expected)
    assert max(asked) == min(20, max(1, scores_at_once // 200))


# What is refused


@pytest.mark.parametrize(
    ("users", "items", "told"),
    [
        ([1, 2], [[0], [1]], "none for 1 of 2 users, the first 0. Draw them with samp"),
        ([0, 3], [[1], [1]], "`user_ids` must be from 0 to 2. Received: 3"),
        ([0, 2], [[1], [6]], "`item_ids` must be from 0 to 5. Received: 6"),
    ],
)
def test_candidates_that_do_not_fit_are_refused(users, items, told):
    candidates = SampledCandidates(np.array(users), np.array(items))
    with pytest.raises(ValueError, match=told):
        evaluate_sampled(SCORES, TEST, candidates, k=1)


@pytest.mark.parametrize(
    ("model", "options", "told"),
    [
        (SCORES, {"k": (1, 6)}, r"at most 5, the most.*Received: k=6\. Lower"),
        (SCORES, {"k": 7}, "at most num_items=6.*Received: k=7"),
        (lambda users: SCORES[:1], {}, r"\[2, 6\]. Received: \[1, 6\]"),
        (SCORES * np.nan, {}, "must not be NaN. Received: 12 NaN of 12"),
        (SCORES, {"metrics": ["ndgc"]}, "Received: 'ndgc'"),
        (SCORES, {"metrics": ["coverage"]}, "linear_ndcg. Received: 'coverage'"),
        (SCORES, {"scores_at_once": 0}, "Received: scores_at_once=0"),
    ],
)
def test_bad_scores_and_options_are_refused(model, options, told):
    with pytest.raises(ValueError, match=told):
        evaluate_sampled(model, TEST, CANDIDATES, **{"k": 1, **options})


def test_the_largest_cut_off_is_that_of_the_most_ranked_items():
    assert evaluate_sampled(SCORES, TEST, CANDIDATES, k=5).metrics["recall@5"] == 1
    with pytest.raises(TypeError, match="Received: NoneType"):
        evaluate_sampled(None, TEST, CANDIDATES, k=1)
