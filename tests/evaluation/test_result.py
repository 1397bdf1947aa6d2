"""What an evaluation tells: intervals, comparisons, groups of users, and tables."""

import numpy as np
import pandas as pd
import pytest

from tfrecs.data.interactions import Interactions
from tfrecs.evaluation import Evaluation, Protocol, evaluate
from tfrecs.evaluation.measures import choose_measures
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.ranking.top_k import top_k
from tfrecs.evaluation.segments import activity
from tfrecs.evaluation.significance import bootstrap_ci, paired_test

NAN = float("nan")
FULL = Protocol("full", exclude_seen=True)


def result(user_ids=(0, 2, 3, 5), protocol=FULL, **per_user) -> Evaluation:
    return Evaluation(
        per_user={name: np.array(values) for name, values in per_user.items()},
        user_ids=np.array(user_ids),
        num_relevant=np.ones(len(user_ids), int),
        num_left_out=6 - len(user_ids),
        protocol=protocol,
        overall={"coverage@2": 0.5},
    )


RESULT = result(mrr=[1.0, 0.5, 0.0, 0.1], diversity=[0.2, NAN, 0.4, NAN])


# Intervals and comparisons


def test_intervals_are_those_of_the_bootstrap():
    expected = bootstrap_ci([1, 0.5, 0, 0.1], seed=3, level=0.8, num_resamples=50)
    assert RESULT.ci("mrr", level=0.8, seed=3, num_resamples=50) == expected
    assert RESULT.ci("diversity") == bootstrap_ci([0.2, 0.4], seed=0)
    with pytest.raises(ValueError, match=r"mrr, diversity\. Received: 'coverage@2'"):
        RESULT.ci("coverage@2")


def test_a_summary_has_a_row_for_each_metric():
    summary = RESULT.summary(num_resamples=50)
    assert summary.index.name == "metric"
    assert summary.columns.tolist() == ["mean", "low", "high", "users"]
    low, high = RESULT.ci("mrr", num_resamples=50)
    assert summary.loc["mrr"].tolist() == [0.4, low, high, 4]
    assert summary.loc["diversity", "users"] == 2
    assert summary.loc["coverage@2", "mean"] == 0.5
    assert summary.loc["coverage@2", ["low", "high"]].isna().all()
    assert summary["users"].dtype == int
    assert RESULT.metrics == pytest.approx(summary["mean"].to_dict())
    one = result(user_ids=[1], mrr=[0.5]).summary().loc["mrr"]
    assert one.tolist() == pytest.approx([0.5, NAN, NAN, 1], nan_ok=True)


def test_a_comparison_is_the_paired_test_of_the_same_users():
    other = result(mrr=[0.0, 0.5, 0.5, 0.4], diversity=[0.1, 0.3, 0.1, NAN])
    expected = paired_test([1, 0.5, 0, 0.1], [0, 0.5, 0.5, 0.4], seed=4, level=0.9)
    assert RESULT.compare(other, "mrr", seed=4, level=0.9) == expected
    both = paired_test([0.2, 0.4], [0.1, 0.1], seed=0)
    assert RESULT.compare(other, "diversity") == both
    assert both.difference == pytest.approx(0.2)


def test_comparisons_of_other_users_protocols_and_metrics_are_refused():
    others = result(user_ids=(0, 2, 4, 5), mrr=[0.0, 0.5, 0.5, 0.4])
    with pytest.raises(
        ValueError, match=r"same users.*4 and 4 users, 3 of them in bot"
    ):
        RESULT.compare(others, "mrr")
    with pytest.raises(ValueError, match=r"must be one of mrr\. Received: 'diversity'"):
        RESULT.compare(result(mrr=[0.0] * 4), "diversity")
    for protocol, told in (
        (Protocol("sampled", None, 99), "full: .*; and sampled: test items among 99"),
        (
            Protocol("full", False),
            "full: .* without the user's .*; and full: .* with the user",
        ),
    ):
        with pytest.raises(ValueError, match=f"same protocol. Received: {told}"):
            RESULT.compare(result(protocol=protocol, mrr=[0.0] * 4), "mrr")


def test_lists_compare_with_the_full_catalogue_and_samples_with_their_size():
    assert Protocol("lists", True, 10).compares == FULL.compares
    sampled = Protocol("sampled", None, 99)
    assert sampled.compares == Protocol("sampled", None, 99).compares
    assert sampled.compares != Protocol("sampled", None, 100).compares


# Groups of users


def test_groups_have_a_summary_each():
    labels = ["b", "x", "a", "b", "x", "b"]  # of tested users 0, 2, 3, 5: b, a, b, b
    groups = RESULT.by(labels, num_resamples=50)
    assert groups.index.names == ["group", "metric"]
    assert [*groups.index] == [
        *[("a", "mrr"), ("a", "diversity"), ("b", "mrr"), ("b", "diversity")]
    ]
    assert groups.loc["a", "mean"].tolist() == pytest.approx([0.5, NAN], nan_ok=True)
    expected = result(
        user_ids=(0, 3, 5), mrr=[1.0, 0.0, 0.1], diversity=[0.2, 0.4, NAN]
    ).summary(num_resamples=50)
    assert groups.loc["b"].equals(expected.drop("coverage@2"))
    with pytest.raises(ValueError, match=r"each of 6 users.*Received: 4"):
        RESULT.by(["a", "b", "a", "b"])


def test_labels_may_be_missing_and_of_an_index():
    labels = pd.Series([1.0, 2, NAN, 1, 2, NAN], index=list("uvwxyz"))
    users = RESULT.by(labels)["users"]
    assert users.xs("mrr", level="metric").tolist() == [2, 2]


COUNTS = [3, 0, 1, 7, 1, 0, 2, 4]  # sorted, without zeros: 1 1 2 3 4 7


def trained(counts) -> Interactions:
    return Interactions.from_matrix(np.arange(9) < np.array(counts)[:, None])


@pytest.mark.parametrize(
    ("counts", "bounds", "expected"),
    [
        (COUNTS, None, "medium new light heavy light new medium heavy"),
        (COUNTS, (1, 2), "heavy new light heavy light new heavy heavy"),
        (COUNTS, (3, 7), "light new light heavy light new light medium"),
        ([0, 0, 0, 1, 2, 3], None, "new new new light medium heavy"),
        ([2, 2, 2, 2], None, "light light light light"),
    ],
)
def test_users_are_assigned_to_segments_by_their_counts(counts, bounds, expected):
    found = activity(trained(counts), bounds)
    assert " ".join(found) == expected
    assert found.categories.tolist() == ["new", "light", "medium", "heavy"]


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ((5, 5), r"Received: \(5, 5\)"),
        ((0, 5), "at least 1. Received: bounds=0"),
        ((1, 2.5), r"at least 1. Received: bounds=2\.5"),
    ],
)
def test_bounds_of_segments_rise(bounds, told):
    with pytest.raises(ValueError, match=told):
        activity(trained(COUNTS), bounds)


def test_segments_stand_in_order_and_without_those_that_are_empty():
    train = trained([3, 8, 0, 0, 1, 1])  # of tested users 0, 2, 3, 5: 3, 0, 0, 1
    segments = RESULT.by_segment(train, num_resamples=50, bounds=(3, 5))
    found = segments.xs("mrr", level="metric")
    assert found.index.tolist() == ["new", "light"]
    assert found["users"].tolist() == [2, 2]
    assert found["mean"].tolist() == pytest.approx([0.25, 0.55])


# Metrics of lists, measured with the others


def case():
    rng = np.random.default_rng(0)
    draws = rng.random((15, 30))
    train, test = (Interactions.from_matrix(x) for x in (draws > 0.8, draws < 0.1))
    return np.round(rng.normal(size=(15, 30)), 1), train, test


@pytest.mark.parametrize("scores_at_once", [30, 100, 10**6])
def test_metrics_of_lists_are_those_of_top_k(scores_at_once):
    scores, train, test = case()
    names = ["coverage", "ndcg", "gini", "novelty", "diversity"]
    features = np.random.default_rng(1).random((30, 4))
    asked = []

    def score(user_ids):
        asked.extend(user_ids.tolist())
        return scores[user_ids]

    options = {"item_features": features, "scores_at_once": scores_at_once}
    measured = evaluate(score, train, test, k=(3, 5), metrics=names, **options)
    users = measured.user_ids
    assert asked == users.tolist()  # each user is scored once
    items, _ = top_k(scores, users, 5, deny=train)
    names.remove("ndcg")
    measures = choose_measures(names, (3, 5), item_features=features)
    of_users, overall = measures.of_lists(Lists(items, users, train, features))
    assert measured.overall == overall
    assert set(overall) == {"coverage@3", "coverage@5", "gini@3", "gini@5"}
    for name, values in of_users.items():
        assert measured.per_user[name].tolist() == values.tolist()
    alone = evaluate(scores, train, test, k=(3, 5), metrics=["ndcg"])
    assert list(measured.per_user) == [*alone.per_user, *of_users]
    assert measured.metrics["ndcg@5"] == alone.metrics["ndcg@5"]
    alone = evaluate(scores, train, test, k=3, metrics=["coverage"])
    assert list(alone.metrics) == ["coverage@3"]
    with pytest.raises(ValueError, match=r"'diversity' needs `item_features`.*none"):
        evaluate(scores, train, test, k=3, metrics=["diversity"])


# Tables


def test_a_notebook_shows_the_same_table():
    shown = RESULT._repr_html_()
    told = "Evaluation of 4 users (2 without test items left out): full: "
    assert f"<caption>{told}" in shown
    shown = "".join(shown.split())
    assert "<th></th><th>@2</th><th>wholelist</th></tr>" in shown
    assert "<th>mrr</th><td></td><td>0.4000</td></tr>" in shown
    assert "<th>coverage</th><td>0.5000</td><td></td></tr>" in shown
    assert "theuser&#x27;strainingitems" in shown


def test_a_table_of_metrics_at_k_alone_has_no_other_column():
    told = repr(result(user_ids=[1], **{"ndcg@2": [0.25], "ndcg@10": [1.0]}))
    assert told.splitlines()[0] == (
        "<Evaluation of 1 user (5 without test items left out)"
    )
    assert told.splitlines()[2:] == [
        "              @2     @10",
        "ndcg      0.2500  1.0000",
        "coverage  0.5000>",
    ]


@pytest.mark.parametrize(
    ("protocol", "told"),
    [
        (FULL, "full: the catalogue without the user's training items, ties against"),
        (Protocol("full", False), "full: the catalogue with the user's training items"),
        (Protocol("lists", True, 7), "lists of 7 items without the user's training"),
        (Protocol("sampled", None, 9), "among 9 stored candidates, ties against the"),
    ],
)
def test_what_was_ranked_is_told(protocol, told):
    assert told in str(protocol)
