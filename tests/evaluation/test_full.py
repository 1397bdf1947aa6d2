"""The evaluator: worked examples, a slow oracle, scikit-learn, LightFM, and laws."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.metrics import average_precision_score, ndcg_score, roc_auc_score
from slow_metrics import slow_metrics

from tfrecs.data.interactions import Interactions
from tfrecs.evaluation import (
    as_scorer,
    check_scores,
    evaluate,
    evaluate_lists,
    evaluate_sampled,
    scorer_of_pairs,
)
from tfrecs.evaluation.candidates import SampledCandidates
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.ranking import kernel as _ranking
from tfrecs.evaluation.ranking.ranks import rank_relevant

TRAIN, TEST = 1, 2  # what a cell of `roles` [users, items] is; 0 is neither


def parts(roles) -> tuple[Interactions, Interactions]:
    roles = np.asarray(roles)
    return tuple(Interactions.from_matrix(roles == part) for part in (TRAIN, TEST))


def random_roles(seed: int, shape=(12, 30), test: float = 0.6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shares = rng.random((shape[0], 1)) * test  # each user has another number of items
    draws = rng.random(shape)
    roles = np.where(draws < shares, TEST, np.where(draws > 0.7, TRAIN, 0))
    roles[0, :2] = TRAIN, TEST
    roles[-1, roles[-1] == TEST] = 0  # a user without test items
    return roles


def tie_free(seed: int, shape=(12, 30)) -> np.ndarray:
    return np.random.default_rng(seed).permuted(
        np.arange(np.prod(shape), dtype=np.float32).reshape(shape), axis=1
    )


# Numbers worked out by hand

#        items:  0      1      2     3      4     5
ROLES = [
    [TRAIN, TEST, 0, 0, TEST, 0],
    [0, 0, 0, 0, 0, TRAIN],
    [TEST, TRAIN, TRAIN, TEST, 0, TEST],
]
SCORES = np.array(
    [
        [9.0, 7.0, 8.0, 1.0, 5.0, 6.0],  # 2 *1* 5 *4* 3, item 0 left out: ranks 2, 4
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [3.0, 9.0, 9.0, 2.0, 4.0, 1.0],  # 4 *0* *3* *5*: ranks 2, 3, 4
    ]
)


def test_metrics_of_a_small_case_are_those_worked_out_by_hand():
    found = evaluate(SCORES, *parts(ROLES), k=(1, 3))
    assert (found.user_ids.tolist(), found.num_relevant.tolist()) == ([0, 2], [2, 3])
    assert found.num_left_out == 1
    measured = found.per_user
    discount = [1 / math.log2(1 + rank) for rank in range(5)[1:]]
    expected = {
        "precision@1": [0, 0],
        "recall@1": [0, 0],
        "ndcg@1": [0, 0],
        "hit_rate@1": [0, 0],
        "map@1": [0, 0],
        "map_all@1": [0, 0],
        "capped_recall@1": [0, 0],
        "precision@3": [1 / 3, 2 / 3],
        "recall@3": [1 / 2, 2 / 3],
        "ndcg@3": [
            discount[1] / (discount[0] + discount[1]),
            (discount[1] + discount[2]) / (discount[0] + discount[1] + discount[2]),
        ],
        "hit_rate@3": [1, 1],
        "map@3": [(1 / 2) / 2, (1 / 2 + 2 / 3) / 3],
        "map_all@3": [(1 / 2) / 2, (1 / 2 + 2 / 3) / 3],
        "capped_recall@3": [1 / 2, 2 / 3],
        "mrr": [1 / 2, 1 / 2],
        "auc": [1 - (1 + 2) / (2 * 3), 1 - (1 + 1 + 1) / (3 * 1)],
        "r_precision": [1 / 2, 2 / 3],
    }
    assert list(measured) == list(found.metrics) == list(expected)
    for name, values in expected.items():
        assert measured[name].tolist() == pytest.approx(values, abs=1e-12), name
        assert found.metrics[name] == pytest.approx(sum(values) / 2, abs=1e-12)
    assert type(found.metrics["mrr"]) is float
    frame = found.to_frame()
    assert (frame.index.name, frame.index.tolist()) == ("user_id", [0, 2])
    assert frame.to_dict("list") == {name: x.tolist() for name, x in measured.items()}


def test_seen_items_are_ranked_when_asked_for():
    measured = evaluate(SCORES, *parts(ROLES), k=2, exclude_seen=False).per_user
    assert measured["mrr"].tolist() == [1 / 3, 1 / 4]  # behind items 0 2, and 1 2 4
    wrong = [(2 + 3) / (2 * 4), (3 + 3 + 3) / (3 * 3)]
    assert measured["auc"].tolist() == pytest.approx([1 - w for w in wrong])


def test_of_equal_scores_the_relevant_ones_stand_last():
    # Of candidates 1 to 5, all equal, the two relevant ones get ranks 4 and 5.
    constant = evaluate(np.zeros((3, 6)), *parts(ROLES), k=4).per_user
    assert constant["mrr"][0] == 1 / 4
    assert constant["precision@4"][0] == 1 / 4
    assert constant["auc"][0] == 0


@pytest.mark.parametrize("most", [np.inf, -np.inf, 5.0])
def test_relevant_items_of_one_tie_take_one_rank_each(most):
    train, test = parts([[TEST, TRAIN, TEST, 0, TEST]])
    scores = np.array([[most, 7, most, most, most]], dtype=np.float32)
    ranked = rank_relevant(scores, test.matrix, train.matrix)
    assert ranked.ranks.tolist() == [[2, 3, 4]]
    assert (ranked.num_relevant.tolist(), ranked.num_candidates.tolist()) == ([3], [4])


def test_an_infinitely_low_relevant_item_stands_last_but_above_no_seen_one():
    train, test = parts([[TRAIN, TEST, 0, 0], [TEST, 0, TRAIN, TRAIN]])
    scores = np.array([[5, -np.inf, 1, -np.inf], [-np.inf, 0, 9, 9]], dtype=np.float32)
    ranked = rank_relevant(scores, test.matrix, train.matrix)
    assert ranked.ranks.tolist() == [[3], [2]]


def test_ranks_of_users_with_fewer_relevant_items_are_padded_with_inf():
    _, test = parts(ROLES)
    ranked = rank_relevant(SCORES[[0, 2]], test.matrix[[0, 2]], None)
    assert ranked.ranks.tolist() == [[3, 5, np.inf], [4, 5, 6]]
    assert ranked.num_candidates.tolist() == [6, 6]


@pytest.mark.parametrize(
    ("higher", "lower"),
    [(1.7e9 + 10, 1.7e9), (1.0 + 1e-12, 1.0), (2**24 + 1, 2**24), (2**53, 2**53 - 1)],
)
def test_scores_are_compared_in_the_precision_given(higher, lower):
    train, test = parts([[TRAIN, TEST, 0]])
    candidates = SampledCandidates(np.array([0]), np.array([[0, 2]]))
    for scores, rank in [
        (np.array([[0, higher, lower]]), 1),
        (np.array([[0, lower, higher]]), 2),
        (np.array([[0, lower, lower]]), 2),
        (np.array([[0, higher, lower]], dtype=np.float32), 2),  # a tie in float32
    ]:
        for metrics in (["hit_rate"], ["hit_rate", "mrr"]):
            found = evaluate(scores, train, test, k=1, metrics=metrics)
            assert found.metrics["hit_rate@1"] == (rank == 1)
        found = evaluate_sampled(scores, test, candidates, k=1, metrics=["mrr"])
        assert found.metrics["mrr"] == 1 / rank


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (np.float16, np.float32),
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.int16, np.float32),
        (np.int32, np.float64),
        (np.int64, np.float64),
        (np.bool_, np.float32),
    ],
)
def test_scores_keep_a_precision_that_holds_them(given, kind):
    scores = check_scores(np.array([[0, 1]], dtype=given), 1, 2)
    assert (scores.dtype, scores.tolist()) == (kind, [[0, 1]])


@pytest.mark.parametrize(
    ("scores", "error", "message"),
    [
        (np.array([[2**53 + 1, 0]]), ValueError, "0 to 9007199254740993. Subtract"),
        (np.array([[0, -(2**60)]]), ValueError, "Received: -1152921504606846976 to 0"),
        (np.array([[2**60, 0]], np.uint64), ValueError, "from -2\\*\\*53 to 2"),
        ([[2**70, 0]], TypeError, "at most 64 bits. Received: object. Convert"),
        ([[1j, 0]], TypeError, "real numbers .* Received: complex128"),
    ],
)
def test_scores_that_no_precision_holds_are_refused(scores, error, message):
    with pytest.raises(error, match=message):
        check_scores(scores, 1, 2)


# A slow oracle, which sorts each user's candidates

AT_K = ["precision", "recall", "ndcg", "hit_rate", "map", "map_all", "capped_recall"]
"""Without other metrics, only the best items of each user are ranked."""


def check_with_oracle(scores, roles, k: int) -> None:
    for metrics, exclude_seen in product((None, AT_K), (True, False)):
        options = {"metrics": metrics, "exclude_seen": exclude_seen}
        measured = evaluate(scores, *parts(roles), k=k, **options)
        users = [user for user, row in enumerate(roles) if TEST in row]
        assert measured.user_ids.tolist() == users
        for place, user in enumerate(users):
            items = [
                item
                for item, role in enumerate(roles[user])
                if role != TRAIN or not exclude_seen
            ]
            items.sort(key=lambda i: (-scores[user, i], roles[user, i] == TEST))
            expected = slow_metrics([roles[user, i] == TEST for i in items], k)
            if metrics is not None:
                expected = {f"{name}@{k}": expected[f"{name}@{k}"] for name in AT_K}
            of_user = {name: x[place] for name, x in measured.per_user.items()}
            assert of_user == pytest.approx(expected, abs=1e-9)


@st.composite
def cases(draw):
    """Scores with many ties, roles with both kinds, and a k."""
    levels = (-np.inf, -1.0, 0.0, 0.5, 2.0, np.inf)
    shape = draw(st.tuples(st.integers(1, 4), st.integers(2, 9)))
    roles = draw(
        arrays(np.int8, shape, elements=st.integers(0, 2)).filter(
            lambda cells: TRAIN in cells and TEST in cells
        )
    )
    kind = draw(st.sampled_from((np.float32, np.float64)))
    scores = draw(arrays(kind, shape, elements=st.sampled_from(levels)))
    if kind == np.float64 and draw(st.booleans()):
        scores = 1 + scores * 1e-12  # which float32 cannot distinguish
    return scores, roles, draw(st.integers(1, shape[1]))


@given(cases())
def test_metrics_are_what_sorting_each_user_gives(case):
    check_with_oracle(*case)


@pytest.mark.parametrize("steps", [0, 1, 1000])  # the fewer, the more ties
@pytest.mark.parametrize("num_items", [30, 127, 128, 300, 650])
@pytest.mark.parametrize("k", [1, 5, 20])
def test_metrics_of_large_catalogues_are_the_slow_ones(num_items, k, steps):
    rng = np.random.default_rng(num_items + k)
    roles = random_roles(k, shape=(5, num_items), test=0.9 if num_items < 99 else 0.3)
    scores = rng.normal(size=roles.shape) + (roles == TEST)
    scores = np.round(scores * steps).astype(np.float32)
    scores[rng.random(scores.shape) < 0.1] = -np.inf
    scores[1, k // 2 :] = -np.inf  # fewer than k others
    scores[2, -1] = np.inf  # in no group of items
    roles[2, -1] = TEST
    roles[3, 2:] = TRAIN  # few candidates
    roles[3, :2] = TEST, 0
    check_with_oracle(scores, roles, k)
    check_with_oracle(1 + scores.astype(np.float64) * 1e-12, roles, k)


@pytest.mark.parametrize("part", [1, 700, 5000])
@pytest.mark.parametrize("flags", [1, 300, 5000])
@pytest.mark.parametrize("metrics", [None, AT_K])
def test_results_do_not_depend_on_how_much_is_held_at_once(
    monkeypatch, part, flags, metrics
):
    roles, scores = random_roles(8, (12, 300)), np.round(tie_free(8, (12, 300)) / 9)
    expected = evaluate(scores, *parts(roles), k=(2, 9), metrics=metrics).to_frame()
    monkeypatch.setattr(_ranking, "PART", part)
    monkeypatch.setattr(_ranking, "FLAGS", flags)
    measured = evaluate(scores, *parts(roles), k=(2, 9), metrics=metrics).to_frame()
    assert measured.equals(expected)


@pytest.mark.parametrize("num_items", [254, 255, 256, 2040, 2041, 4081])
def test_ranks_of_long_rows_are_counted_without_overflow(num_items):
    scores = np.zeros((2, num_items), dtype=np.float32)
    relevant = sparse.csr_array(np.arange(num_items) == [[3], [num_items - 1]])
    ranked = rank_relevant(scores, relevant, None)
    assert ranked.ranks.tolist() == [[num_items], [num_items]]


def test_only_named_metrics_are_measured():
    scores, both = tie_free(9), parts(random_roles(9))
    everything = evaluate(scores, *both, k=(2, 9)).to_frame()
    for names, columns in (
        (["ndcg"], ["ndcg@2", "ndcg@9"]),
        (("auc", "recall"), ["recall@2", "recall@9", "auc"]),
        (["mrr"], ["mrr"]),
    ):
        measured = evaluate(scores, *both, k=(2, 9), metrics=names).to_frame()
        assert measured.equals(everything[columns])


@pytest.mark.parametrize("block", [1, 29, 30, 59, 95, 10**6])
def test_results_do_not_depend_on_the_size_of_blocks(block):
    roles, scores = random_roles(4), np.round(tie_free(4) / 20)
    asked = []

    def score(user_ids):
        assert user_ids.dtype == np.int32
        asked.append(user_ids.tolist())
        return scores[user_ids]

    expected = evaluate(scores, *parts(roles), k=(2, 9))
    measured = evaluate(score, *parts(roles), k=(2, 9), scores_at_once=block)
    assert measured.to_frame().equals(expected.to_frame())
    users = expected.user_ids.tolist()
    assert [user for block in asked for user in block] == users
    assert max(map(len, asked)) == min(max(1, block // 30), len(users))


# Others' numbers, on scores without ties


@pytest.mark.parametrize("k", [1, 5, 30])
def test_ndcg_auc_and_map_are_those_of_scikit_learn(k):
    roles, scores = random_roles(1), tie_free(1)
    measured = evaluate(scores, *parts(roles), k=(k, 30)).per_user
    users = np.flatnonzero((roles == TEST).any(axis=1))
    for place, user in enumerate(users):
        candidates = roles[user] != TRAIN
        truth, given_scores = roles[user, candidates] == TEST, scores[user, candidates]
        ndcg = ndcg_score([truth], [given_scores], k=k)
        assert measured[f"ndcg@{k}"][place] == pytest.approx(ndcg, abs=1e-9)
        auc = roc_auc_score(truth, given_scores)
        assert measured["auc"][place] == pytest.approx(auc, abs=1e-9)
        whole = average_precision_score(truth, given_scores)
        assert measured["map@30"][place] == pytest.approx(whole, abs=1e-9)
        assert measured["map_all@30"][place] == pytest.approx(whole, abs=1e-9)


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize(
    ("ours", "theirs", "options"),
    [
        ("precision@5", "precision_at_k", {"k": 5}),
        ("precision@10", "precision_at_k", {"k": 10}),
        ("recall@5", "recall_at_k", {"k": 5}),
        ("recall@10", "recall_at_k", {"k": 10}),
        ("mrr", "reciprocal_rank", {}),
        ("auc", "auc_score", {}),
    ],
)
def test_metrics_are_those_of_lightfm(lightfm, ours, theirs, options, masked):
    seen = lightfm.is_train if masked else np.zeros_like(lightfm.is_train)
    expected = lightfm.measure(theirs, seen, **options)
    measured = evaluate(
        lightfm.scores, lightfm.train, lightfm.test, exclude_seen=masked
    )
    assert len(np.unique(expected)) > 2
    assert measured.per_user[ours] == pytest.approx(expected, abs=1e-6)


# What can be evaluated


class Scores:
    """As our models: it has `score_users`."""

    def __init__(self, scores) -> None:
        self.scores = scores

    def score_users(self, user_ids):
        return self.scores[user_ids]

    def predict(self) -> None:
        """Keras models have it too."""


def test_an_object_is_evaluated_as_the_matrix_of_its_scores():
    roles, scores = random_roles(6), tie_free(6)
    expected = evaluate(scores, *parts(roles)).to_frame()
    assert evaluate(Scores(scores), *parts(roles)).to_frame().equals(expected)


def test_the_scores_of_a_model_are_left_as_they_are():
    scores = SCORES[[0, 2]].astype(np.float32)
    before = scores.copy()
    evaluate(lambda user_ids: scores, *parts(ROLES), k=1)
    assert (scores == before).all()


class Predicts:
    """As other libraries' models: callable, and scores pairs only."""

    def __call__(self) -> None: ...

    def predict(self) -> None: ...


@pytest.mark.parametrize("model", [Predicts(), SCORES.tolist(), None, "mf"])
def test_other_models_are_refused_by_their_type(model):
    told = f"`model` must have `score_users.*Received: {type(model).__name__}"
    with pytest.raises(TypeError, match=told):
        as_scorer(model)


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_a_function_of_pairs_is_evaluated_as_the_matrix_of_its_scores(shape):
    roles, scores = random_roles(6), tie_free(6)

    def score_pairs(user_ids, item_ids):
        assert user_ids.dtype == item_ids.dtype == np.int32
        return scores[user_ids, item_ids].reshape(shape)

    expected = evaluate(scores, *parts(roles)).to_frame()
    score = scorer_of_pairs(score_pairs, num_items=30)
    measured = evaluate(score, *parts(roles), scores_at_once=95)
    assert measured.to_frame().equals(expected)


# What comes out


def test_micro_puts_all_lists_together():
    measured = evaluate(SCORES, *parts(ROLES), k=(1, 3))
    assert measured.micro(3) == pytest.approx(
        {"precision@3": (1 + 2) / (3 + 3), "recall@3": (1 + 2) / (2 + 3)}
    )
    assert measured.micro(1) == {"precision@1": 0, "recall@1": 0}
    assert {type(value) for value in measured.micro(3).values()} == {float}
    measured = evaluate(SCORES, *parts(ROLES), k=1, metrics=["map", "mrr"])
    with pytest.raises(ValueError, match=r"needs recall@1 .*Received: map@1, mrr"):
        measured.micro(1)


def test_it_tells_each_mean_and_the_number_of_users():
    names = ["recall", "hit_rate", "mrr", "auc"]
    told = repr(evaluate(SCORES, *parts(ROLES), k=(1, 3), metrics=names))
    assert told == (
        "<Evaluation of 2 users (1 without test items left out)\n"
        "full: the catalogue without the user's training items, ties against the "
        "model\n"
        "              @1      @3 whole list\n"
        "recall    0.0000  0.5833\n"
        "hit_rate  0.0000  1.0000\n"
        "mrr                          0.5000\n"
        "auc                          0.2500>"
    )


# What is refused

KNOWN = ", ".join([*AT_K, "mrr", "auc", "r_precision", "graded_ndcg"]) + ".*"


def test_a_test_that_shares_pairs_with_train_is_refused_unless_seen_items_are_ranked():
    train, test = parts(ROLES)
    with pytest.raises(
        ValueError, match=r"no pair of `train`.*4 of 4 shared.*exclude_s"
    ):
        evaluate(SCORES, train, train, k=1)
    measured = evaluate(SCORES, train, train, k=1, exclude_seen=False)
    assert measured.per_user["precision@1"].tolist() == [1, 0, 1]
    both = Interactions.from_matrix(train.matrix + test.matrix)
    with pytest.raises(ValueError, match="Received: 5 of 5 shared"):
        evaluate(SCORES, both, test, k=1)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"k": 7}, "`k` must be at most num_items=6, the catalogue's size.*: k=7"),
        ({"k": (1, 8)}, "`k` must be at most num_items=6.*Received: k=8. Lower k"),
        ({"k": 0}, "`k` must be a whole number of at least 1. Received: k=0"),
        ({"k": (2, -3)}, "`k` must be a whole number of at least 1. Received: k=-3"),
        ({"k": [2.5]}, "`k` must be a whole number of at least 1. Received: k=2.5"),
        ({"k": True}, "`k` must be a whole number of at least 1. Received: k=True"),
        ({"k": ()}, "`k` must name at least one cut-off. Received: none"),
        ({"metrics": ["ndcg", "ndcg@5"]}, rf"one of {KNOWN}\. Received: 'ndcg@5'"),
        ({"metrics": "map"}, rf"`metrics` must be one of {KNOWN}\. Received: 'm'"),
        ({"metrics": []}, rf"at least one of {KNOWN}\. Received: none"),
        ({"scores_at_once": 0}, "at least 1. Received: scores_at_once=0"),
        ({"scores_at_once": 2.5}, "at least 1. Received: scores_at_once=2.5"),
    ],
)
def test_options_out_of_range_are_refused(options, told):
    with pytest.raises(ValueError, match=told):
        evaluate(SCORES, *parts(ROLES), **{"k": 1, **options})


@pytest.mark.parametrize("exclude_seen", [True, False])
def test_train_and_test_have_one_vocabulary(exclude_seen):
    train = Interactions.from_arrays(["a", "b"], ["x", "y"])
    test = Interactions.from_arrays(["a", "b"], ["x", "z"])  # its z is not train's y
    with pytest.raises(ValueError, match=r"share one vocabulary.*'x', 'y'.*'x', 'z'"):
        evaluate(np.zeros((2, 2)), train, test, k=1, exclude_seen=exclude_seen)


@pytest.mark.parametrize("k", [3, np.int64(3), [3], np.array([3]), range(3, 4)])
def test_cut_offs_are_whole_numbers_of_any_kind(k):
    assert evaluate(SCORES, *parts(ROLES), k=k).metrics["recall@3"] > 0


def test_scores_have_the_right_shape_without_nan():
    scores = check_scores([[1, np.inf], [-np.inf, 2], [3, 4]], 3, 2)
    assert scores.tolist() == [[1, np.inf], [-np.inf, 2], [3, 4]]
    for shape in ((2, 5), (1, 6), (6, 2), (6,), (2, 6, 1)):
        told = rf"= \[2, 6\]. Received: \[{str(list(shape))[1:-1]}\]"
        with pytest.raises(ValueError, match=told):
            check_scores(np.zeros(shape), 2, 6)
    scores = np.where(SCORES > 8, np.nan, SCORES)
    with pytest.raises(ValueError, match=r"not be NaN. Received: 3 NaN of 12.*lower"):
        evaluate(scores, *parts(ROLES), k=1)
    score = scorer_of_pairs(lambda user_ids, item_ids: item_ids[1:], num_items=6)
    with pytest.raises(ValueError, match=r"each of 12 pairs\. Received: shape \[11\]"):
        evaluate(score, *parts(ROLES), k=1)


# Graded gains


def slow_graded(ranked: list[float], ideal: list[float], k: int, gain) -> float:
    """NDCG of ratings in the order of the ranking, 0 where nothing is relevant."""
    discounts = [1 / math.log2(2 + place) for place in range(k)]
    found = sum(gain(r) * d for r, d in zip(ranked, discounts, strict=False))
    best = sorted(ideal, reverse=True)
    return found / sum(gain(r) * d for r, d in zip(best, discounts, strict=False))


@pytest.mark.parametrize("k", [1, 2, 5, 30])
@pytest.mark.parametrize("steps", [2, 10**6])
def test_graded_metrics_are_those_of_plain_python(k, steps):
    rng = np.random.default_rng(k)
    roles = random_roles(k)
    ratings = rng.integers(1, 6, roles.shape) * (roles == TEST)
    scores = np.round(rng.random(roles.shape) * steps)  # the fewer, the more ties
    train, test = parts(roles)[0], Interactions.from_matrix(ratings)
    names = ["graded_ndcg", "linear_ndcg", "ndcg"]
    for metrics in (names, [*names, "mrr"]):
        found = evaluate(scores, train, test, k=k, metrics=metrics).per_user
        for place, user in enumerate(np.flatnonzero(ratings.any(axis=1))):
            items = [i for i in range(30) if roles[user, i] != TRAIN]
            items.sort(key=lambda i: (-scores[user, i], ratings[user, i]))
            ranked = [float(ratings[user, i]) for i in items]
            for name, gain in (
                ("graded_ndcg", lambda r: 2**r - 1),
                ("linear_ndcg", lambda r: r),
                ("ndcg", lambda r: float(r > 0)),
            ):
                expected = slow_graded(ranked, ranked, k, gain)
                assert found[f"{name}@{k}"][place] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("k", [2, 30])
def test_graded_metrics_are_those_of_scikit_learn(k):
    roles, scores = random_roles(1), tie_free(1)
    ratings = np.random.default_rng(3).integers(1, 6, roles.shape) * (roles == TEST)
    train, test = parts(roles)[0], Interactions.from_matrix(ratings)
    names = ["graded_ndcg", "linear_ndcg"]
    found = evaluate(scores, train, test, k=k, metrics=names).per_user
    for place, user in enumerate(np.flatnonzero(ratings.any(axis=1))):
        ranked = roles[user] != TRAIN
        truth, given_scores = ratings[user, ranked], scores[user, ranked]
        for name, gains in (("graded", 2.0**truth - 1), ("linear", truth)):
            expected = ndcg_score([gains], [given_scores], k=k)
            assert found[f"{name}_ndcg@{k}"][place] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("length", [1, 4, 30])
@pytest.mark.parametrize("k", [1, 2, 5, 30])
def test_graded_metrics_of_candidates_and_lists_are_those_of_the_same_ranking(
    k, length
):
    roles, scores = (
        random_roles(k),
        np.round(np.random.default_rng(k).random((12, 30)) * 9),
    )
    ratings = np.random.default_rng(3).integers(1, 6, roles.shape) * (roles == TEST)
    train, test = parts(roles)[0], Interactions.from_matrix(ratings)
    options = {"k": k, "metrics": ["graded_ndcg", "linear_ndcg"]}
    expected = evaluate(scores, train, test, **options).per_user
    # Candidates are all items but the training items, and these again, last.
    seen = np.where(roles == TRAIN, -np.inf, scores)
    every = SampledCandidates(np.arange(12), np.tile(np.arange(30), (12, 1)))
    found = evaluate_sampled(seen, test, every, **options).per_user
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-9)
    if k <= length:
        ties = np.lexsort((np.tile(np.arange(30), (12, 1)), ratings, -seen), axis=1)
        lists = Lists(ties[:, :length], np.arange(12), train)
        found = evaluate_lists(lists, test, exclude_seen=False, **options).per_user
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values, atol=1e-9)


def test_graded_metrics_need_ratings_of_ordinary_size():
    train = Interactions.from_arrays(["a", "b"], [1, 2])
    vocabularies = {"user_vocabulary": train.users, "item_vocabulary": train.items}
    bare = Interactions.from_arrays(["a"], [2], **vocabularies)
    high = Interactions.from_arrays(["a"], [2], ratings=[500], **vocabularies)
    for test, received in ((bare, "none"), (high, "up to 500")):
        with pytest.raises(ValueError, match=rf"at most 100, .*Received: {received}"):
            evaluate(np.zeros((2, 2)), train, test, k=1, metrics=["graded_ndcg"])
        with pytest.raises(ValueError, match=rf"at most 100, .*Received: {received}"):
            candidates = SampledCandidates(np.array([0]), np.array([[0]]))
            evaluate_sampled(
                np.zeros((2, 2)), test, candidates, k=1, metrics=["graded_ndcg"]
            )
        with pytest.raises(ValueError, match=rf"at most 100, .*Received: {received}"):
            lists = Lists([[1]], [0], train)
            evaluate_lists(lists, test, k=1, metrics=["graded_ndcg"])
