"""The row of a second stage: asked for by name, and blind to the test data."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfrecs.bench.problem import load_problem
from tfrecs.bench.reranked import RERANKED, fit_reranked
from tfrecs.bench.rows import rows_of
from tfrecs.bench.run import listing
from tfrecs.data.column_kinds import ColumnKinds
from tfrecs.inference.second_stage import reranked as module

COLUMNS = {"user_col": "person", "item_col": "film", "rating_col": "stars"}


@pytest.fixture(scope="module")
def problem(good_csv):
    return load_problem(train=good_csv, k=3, **COLUMNS)


def quiet(line):
    """Shows no progress."""


def test_it_has_a_row_where_it_is_asked_for(bench, good_csv):
    given = ("--train", good_csv, "--user-col", "person", "--item-col", "film")
    status, out, _ = bench(*given, "--models", "ease,reranked", "--json", "r.json")
    assert status == 0, out
    first, second = json.loads(Path("r.json").read_text())["results"]
    assert (second["model"], second["status"]) == ("reranked", "ok")
    assert second["hparams"]["candidates"] == 40  # all items of a small catalogue
    assert second["parameters"] == first["parameters"]
    assert 0 < second["metrics"]["ndcg@10"] <= 1


def test_it_has_none_by_default(problem):
    assert "reranked (only if asked for)" in listing()
    assert RERANKED not in [row.name for row in rows_of(problem, None, 1, limited=True)]


def test_its_ranker_learns_from_the_validation_part_alone(problem, monkeypatch):
    given = []
    train = module.Reranked.train.__func__

    def watched(cls, first, held_out, *arguments, **options):
        given.append((first.train, held_out))
        return train(cls, first, held_out, *arguments, **options)

    monkeypatch.setattr(module.Reranked, "train", classmethod(watched))
    fitted, _ = fit_reranked(problem, 0, quiet)
    [(seen, held_out)] = given
    for part, expected in ((seen, problem.fitting), (held_out, problem.validation)):
        np.testing.assert_array_equal(part.user_ids, expected.user_ids)
        np.testing.assert_array_equal(part.item_ids, expected.item_ids)
    assert fitted.recommender.train.num_shared(problem.train) == len(problem.train)
    assert not fitted.recommender.train.contains(problem.test).any()
    users = np.arange(problem.train.num_users)
    other, _ = fit_reranked(replace(problem, test=problem.validation), 0, quiet)
    assert (fitted.score_users(users) == other.score_users(users)).all()


def test_it_reads_encoded_features_and_no_others(problem):
    films = {"kind": [str(item % 3) for item in range(40)], "title": ["x"] * 40}
    of_items = {"item_features": pd.DataFrame(films)}
    people = pd.DataFrame({"name": "x"}, index=problem.train.users.ids)
    raw = {"user_features": people, **of_items}
    known = replace(
        problem,
        dataset=replace(problem.dataset, item_kinds=ColumnKinds(categorical=("kind",))),
        train=replace(problem.train, **of_items),
        fitting=replace(problem.fitting, **raw),
    )
    fitted, _ = fit_reranked(known, 0, quiet)
    assert list(fitted.ranker.feature_names_in_) == [
        "user_interactions",
        *(f"item_kind={kind}" for kind in range(3)),
        *("item_interactions", "score", "rank"),
    ]


def test_it_does_not_rank_seen_items(bench, good_csv):
    given = ("--train", good_csv, "--user-col", "person", "--item-col", "film")
    status, out, _ = bench(*given, "--models", "reranked", "--include-seen")
    assert status == 1
    assert "failed: a second stage ranks unseen items alone" in out


def test_without_scikit_learn_a_line_names_it(bench, good_csv, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    given = ("--train", good_csv, "--user-col", "person", "--item-col", "film")
    status, out, _ = bench(*given, "--models", "reranked")
    assert status == 1
    assert "reranked, seed 0: not installed: pip install scikit-learn\n" in out
