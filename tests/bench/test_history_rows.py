"""Rows of models and baselines that read histories, on the user's own file."""

import json
from pathlib import Path

import numpy as np
import pytest

import tfrecs
from tfrecs.bench.problem import load_problem
from tfrecs.bench.recipes import HISTORIES
from tfrecs.bench.rows import NEXT_ITEM, rows_of

SPLIT = ("--split", "leave-last-out")


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    """Users who go up the items by one, from a place of their own: a line each."""
    path = tmp_path_factory.mktemp("data") / "lists.txt"
    steps = (np.arange(200)[:, None] + np.arange(7)) % 50
    rows = [" ".join(map(str, (user, *row))) for user, row in enumerate(steps)]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def results():
    return {
        row["model"]: row for row in json.loads(Path("r.json").read_text())["results"]
    }


def test_a_model_of_histories_learns_the_next_item_and_has_a_bundle(bench, lists):
    asked = ("--models", "markov,history-mean,mf", "--epochs", "8", "--k", "1")
    status, out, err = bench("--train", lists, *SPLIT, *asked, "--json", "r.json")
    assert (status, "leave-last-out split" in out) == (0, True), err
    rows = results()
    assert rows["markov"]["metrics"]["recall@1"] == 1
    row = rows["history-mean"]
    assert (row["status"], row["epochs"]) == ("ok", 8)
    assert row["metrics"]["recall@1"] > 0.3 > rows["mf"]["metrics"]["recall@1"]
    [bundle] = Path().glob("logs/*/bundles/history-mean")
    recommender = tfrecs.load(bundle)
    assert recommender.settings == row["hparams"]
    assert len(recommender.recommend_for_history([7, 8, 9], k=3)) == 3


@pytest.mark.slow
@pytest.mark.parametrize("name", HISTORIES)
def test_every_model_of_histories_runs(bench, lists, name):
    asked = ("--models", name, "--epochs", "20", "--k", "1", "--json", "r.json")
    status, _, err = bench("--train", lists, *SPLIT, *asked)
    assert status == 0, err
    [row] = results().values()
    assert row["metrics"]["recall@1"] > 0.3
    [bundle] = Path().glob(f"logs/*/bundles/{name}")
    assert len(tfrecs.load(bundle).recommend_for_history([7, 8, 9], k=3)) == 3


def test_rows_of_the_next_item_run_by_default_where_test_is_later(lists):
    later = load_problem(train=lists, k=1, split="leave-last-out")
    other = load_problem(train=lists, k=1, split="leave-one-out")
    for problem, is_run in ((later, True), (other, False)):
        rows = {row.name: row for row in rows_of(problem, None, 1, limited=False)}
        assert [name in rows for name in NEXT_ITEM] == [is_run] * 6
        assert not is_run or not any(rows[name].missing for name in HISTORIES)
        [asked] = rows_of(problem, ("sasrec",), 1, limited=False)
        assert not asked.missing


def test_popularity_of_the_latest_needs_times(lists):
    problem = load_problem(train=lists, k=1, split="leave-last-out")
    [row] = rows_of(problem, ("recent-popularity",), 1, limited=False)
    assert row.missing == "the data have no times"
