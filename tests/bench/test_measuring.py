"""What is measured of a fitted model, beside `evaluate` and `top_k`."""

from dataclasses import replace

import numpy as np
import pytest

from tfrecs import evaluate
from tfrecs.bench.baselines import BASELINES
from tfrecs.bench.measuring import measured
from tfrecs.bench.problem import load_problem
from tfrecs.bench.result import Result
from tfrecs.evaluation.metrics.exposure import coverage
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.ranking.top_k import top_k

COLUMNS = {"user_col": "person", "item_col": "film", "rating_col": "stars"}


@pytest.fixture(params=[True, False], ids=["unseen", "all"])
def problem(request, good_csv):
    return load_problem(train=good_csv, k=4, exclude_seen=request.param, **COLUMNS)


@pytest.fixture
def model(problem):
    return BASELINES["popularity"](problem.train, 0).score_users


def test_figures_are_those_of_evaluate(problem, model):
    found = measured(model, problem, Result("popularity", 0))
    settings = {"k": (1, 4, 20), "exclude_seen": problem.exclude_seen}
    alone = evaluate(model, problem.train, problem.test, **settings)
    assert set(found.metrics) >= {"ndcg@4", "mrr", "auc"}
    for name, value in found.evaluation.metrics.items():
        assert value == alone.metrics[name]
    for name in ("precision@1", "recall@20", "ndcg@4"):
        assert found.shape[name] == alone.metrics[name]
    assert "ndcg@50" not in found.shape  # there are 40 items
    assert not any("@20" in name for name in found.metrics)
    assert ("micro_recall@4" in found.metrics) == (not problem.exclude_seen)


def test_coverage_is_that_of_the_lists_of_all_tested_users(problem, model):
    users = np.unique(problem.test.user_ids)
    deny = problem.train if problem.exclude_seen else None
    lists = Lists(top_k(model, users, 5, deny=deny)[0], users, problem.train)
    shape = measured(model, problem, Result("popularity", 0)).shape
    assert shape["coverage@5"] == coverage(lists)


def test_example_users_are_tested_and_get_their_best_items(problem, model):
    found = measured(model, problem, Result("popularity", 0)).lists
    assert tuple(found) == problem.example_users
    assert set(found) <= set(problem.test.user_ids.tolist())
    deny = problem.train if problem.exclude_seen else None
    for user, items in found.items():
        assert list(items) == top_k(model, [user], 10, deny=deny)[0][0].tolist()


def test_a_list_ends_where_no_items_are_left(problem, from_pairs):
    every = [(0, item) for item in range(3)] + [(1, 0), (1, 1)]
    train, test = from_pairs(every, 2, 5), from_pairs([(0, 4), (1, 3)], 2, 5)
    some = {"train": train, "test": test, "exclude_seen": True, "cutoffs": (2,)}
    small = replace(problem, **some)
    lists = measured(np.arange(10.0).reshape(2, 5), small, Result("x", 0)).lists
    assert lists[0] == (4, 3)
    assert lists[1] == (4, 3, 2)
