"""Sampled evaluation: worked examples, a slow oracle, laws, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score, ndcg_score, roc_auc_score

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


def test_of_equal_scores_the_test_items_stand_last():
    measured = evaluate_sampled(np.zeros((3, 6)), TEST, CANDIDATES, k=1)
    assert measured.per_user["mrr"].tolist() == [1 / 4, 1 / 4]
    assert measured.per_user["auc"].tolist() == [0, 0]


def test_an_infinitely_low_test_item_stands_last():
    scores = np.where(SCORES == 5, -np.inf, SCORES)
    measured = evaluate_sampled(scores, TEST, CANDIDATES, k=1)
    assert measured.per_user["mrr"][0] == 1 / 4
    dropped = SampledCandidates(np.array([0, 2]), np.array([[1, 2, 2], [1, 2, 5]]))
    measured = evaluate_sampled(scores, TEST, dropped, k=1)
    assert measured.per_user["mrr"][0] == 1 / 2


def test_it_says_that_it_is_sampled():
    measured = evaluate_sampled(SCORES, TEST, CANDIDATES, k=1)
    assert measured.protocol == Protocol("sampled", None, 3)
    told = "sampled: test items among 3 stored candidates, ties against the model"
    assert repr(measured).splitlines()[1] == told


def test_users_who_are_not_tested_may_have_candidates():
    both = SampledCandidates(np.array([1, 2, 0]), np.array([[0], [1], [2]]))
    measured = evaluate_sampled(SCORES, TEST, both, k=1)
    assert measured.user_ids.tolist() == [0, 2]
    assert measured.per_user["mrr"].tolist() == [1 / 2, 1 / 2]


# A slow oracle, which sorts each user's candidates


def slow(scores, relevant, candidates, k: int) -> dict[str, float]:
    among = sorted(
        relevant | set(candidates), key=lambda item: (-scores[item], item in relevant)
    )
    ranked = [item in relevant for item in among]
    gains = [hit / math.log2(place + 2) for place, hit in enumerate(ranked)]
    wrong = sum(ranked[:place].count(False) for place, hit in enumerate(ranked) if hit)
    pairs = len(relevant) * ranked.count(False)
    best = sum(1 / math.log2(place + 2) for place in range(min(k, len(relevant))))
    return {
        f"precision@{k}": sum(ranked[:k]) / k,
        f"recall@{k}": sum(ranked[:k]) / len(relevant),
        f"hit_rate@{k}": float(any(ranked[:k])),
        f"ndcg@{k}": sum(gains[:k]) / best,
        "mrr": 1 / (1 + ranked.index(True)),
        "auc": 1 - wrong / pairs if pairs else 0.5,
    }


@st.composite
def cases(draw, levels=(-np.inf, -1.0, 0.0, 0.5, 2.0, np.inf)):
    """Scores with many ties, test items, candidates of all users, and a k."""
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
        items = {int(item) for item in np.flatnonzero(relevant[user])}
        for name, value in slow(scores[user], items, drawn[user].tolist(), k).items():
            assert measured.per_user[name][place] == pytest.approx(value, abs=1e-9)


def large_case(seed: int = 0, num_users: int = 20, num_items: int = 200):
    rng = np.random.default_rng(seed)
    relevant = rng.random((num_users, num_items)) < rng.random((num_users, 1)) * 0.2
    relevant[np.arange(num_users), rng.integers(num_items, size=num_users)] = True
    scores = rng.permuted(
        np.arange(relevant.size, dtype=np.float32).reshape(relevant.shape), axis=1
    )
    drawn = np.stack([rng.choice(num_items, 99, replace=False) for _ in relevant])
    return scores, relevant, drawn


def test_ndcg_auc_and_map_are_those_of_scikit_learn():
    scores, relevant, drawn = large_case()
    measured = measure(scores, relevant, drawn, k=(10, 99)).per_user
    whole = measure(scores, relevant, drawn, k=99 + int(relevant.sum(1).max()))
    for user, given_items in enumerate(drawn):
        among = np.union1d(given_items, np.flatnonzero(relevant[user]))
        truth, found = relevant[user, among], scores[user, among]
        for k in (10, 99):
            expected = ndcg_score([truth], [found], k=k)
            assert measured[f"ndcg@{k}"][user] == pytest.approx(expected, abs=1e-6)
        expected = roc_auc_score(truth, found)
        assert measured["auc"][user] == pytest.approx(expected, abs=1e-6)
        [name] = [name for name in whole.per_user if name.startswith("map@")]
        expected = average_precision_score(truth, found)
        assert whole.per_user[name][user] == pytest.approx(expected, abs=1e-6)


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
    scores = np.round(scores / 50)  # ties
    measured = measure(scores, relevant, everything, k=(5, 50)).to_frame()
    train = Interactions.from_matrix(1 - relevant)
    expected = evaluate(
        scores, train, held_out(relevant), k=(5, 50), exclude_seen=False
    )
    assert measured.equals(expected.to_frame())


@settings(max_examples=40)
@given(cases(), st.randoms(use_true_random=False))
def test_names_and_orders_of_items_do_not_matter(case, random):
    scores, relevant, drawn, k = case
    order = random.sample(range(scores.shape[1]), scores.shape[1])
    renamed = np.argsort(order)[drawn][:, ::-1]
    measured = measure(scores[:, order], relevant[:, order], renamed, k)
    assert measured.to_frame().equals(measure(*case).to_frame())


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


def test_test_users_without_candidates_are_refused():
    some = SampledCandidates(np.array([1, 2]), np.array([[0], [1]]))
    told = r"none for 1 of 2 users, the first 0\. Draw them with sample_candidates"
    with pytest.raises(ValueError, match=told):
        evaluate_sampled(SCORES, TEST, some, k=1)


@pytest.mark.parametrize(
    ("users", "items", "told"),
    [
        ([0, 3], [[1], [1]], r"`user_ids` from 0 to 2\. Received: 3"),
        ([0, 2], [[1], [6]], r"`item_ids` from 0 to 5\. Received: 6"),
    ],
)
def test_candidates_of_other_vocabularies_are_refused(users, items, told):
    with pytest.raises(ValueError, match=told):
        evaluate_sampled(
            SCORES, TEST, SampledCandidates(np.array(users), np.array(items)), k=1
        )


def test_cut_offs_beyond_what_is_ranked_are_refused():
    assert evaluate_sampled(SCORES, TEST, CANDIDATES, k=5).metrics["recall@5"] == 1
    with pytest.raises(ValueError, match=r"at most 5, the most.*Received: k=6\. Lower"):
        evaluate_sampled(SCORES, TEST, CANDIDATES, k=(1, 6))
    with pytest.raises(ValueError, match=r"at most num_items=6.*Received: k=7"):
        evaluate_sampled(SCORES, TEST, CANDIDATES, k=7)


def test_bad_models_scores_and_settings_are_refused():
    with pytest.raises(TypeError, match="Received: NoneType"):
        evaluate_sampled(None, TEST, CANDIDATES, k=1)
    with pytest.raises(ValueError, match=r"\[2, 6\]. Received: \[1, 6\]"):
        evaluate_sampled(lambda users: SCORES[:1], TEST, CANDIDATES, k=1)
    with pytest.raises(ValueError, match=r"must not be NaN\. Received: 12 NaN of 12"):
        evaluate_sampled(SCORES * np.nan, TEST, CANDIDATES, k=1)
    with pytest.raises(ValueError, match="Received: 'ndgc'"):
        evaluate_sampled(SCORES, TEST, CANDIDATES, k=1, metrics=["ndgc"])
    with pytest.raises(ValueError, match=r"r_precision\. Received: 'coverage'"):
        evaluate_sampled(SCORES, TEST, CANDIDATES, k=1, metrics=["coverage"])
    with pytest.raises(ValueError, match="Received: scores_at_once=0"):
        evaluate_sampled(SCORES, TEST, CANDIDATES, k=1, scores_at_once=0)
