"""Tuning runs: before and after, on validation data alone, and what is refused."""

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tfrecs.bench.baselines import BASELINES
from tfrecs.bench.chosen import Chosen, read_chosen
from tfrecs.bench.problem import load_problem
from tfrecs.bench.recipe_table import RECIPES
from tfrecs.bench.recipes import HISTORIES
from tfrecs.bench.tuning.baseline_spaces import BASELINE_SPACES
from tfrecs.bench.tuning.families import MOST_USERS, BaselineTrials, judge_of, tunable
from tfrecs.bench.tuning.run import DEFAULT, _Tuning
from tfrecs.bench.tuning.table import remarks, tuning_table
from tfrecs.data.splits import leave_one_out
from tfrecs.training.defaults import Settings
from tfrecs.training.recipe import Recipe
from tfrecs.training.recipe_file import write_recipes
from tfrecs.training.tuning.search import Limits, Report, Stopped
from tfrecs.training.tuning.space import Range, including
from tfrecs.training.tuning.trials import Trial, Tuned

NAMES = {"user_col": "person", "item_col": "film", "rating_col": "stars"}
COLUMNS = ("--user-col", "person", "--item-col", "film", "--rating-col", "stars")
FAST = Recipe("mf", {"embedding_dim": 4}, Settings(epochs=4), validate_every=2)


@pytest.fixture
def tune(bench, good_csv):
    """Tunes on the file with a number of trials; returns status, output and errors."""

    def run(models, trials, *arguments):
        limits = ("--tune", 9, "--trials", trials, "--models", models)
        return bench("--train", good_csv, *COLUMNS, *limits, *arguments)

    return run


@pytest.fixture(scope="module")
def problem(good_csv):
    return load_problem(train=good_csv, k=3, **NAMES)


def report():
    return json.loads(Path("logs/tune-good.csv/results.json").read_text())


def test_a_run_tunes_then_trains_with_both_and_writes_the_settings(
    tune, bench, good_csv, monkeypatch
):
    monkeypatch.setitem(RECIPES, "mf", FAST)
    status, out, err = tune("ease,mf", 2)
    assert status == 0, err
    found = report()
    names = [row["model"] for row in found["results"]]
    assert names == ["ease", "tuned-ease", "mf", "tuned-mf"]
    [ease, mf] = found["tuning"]
    assert ease["trials"][0]["values"] == {"l2": 600.0}
    assert mf["trials"][0]["values"]["embedding_dim"] == 4
    assert len(ease["trials"]) == len(mf["trials"]) == 2
    best = max(ease["trials"], key=lambda trial: trial["score"])
    rows = {row["model"]: row for row in found["results"]}
    scores = [ease["trials"][0]["score"], best["score"]]
    before, after = (f"{score:.4f}" for score in scores)
    on_test = [f"{rows[n]['metrics']['ndcg@10']:.4f}" for n in ("ease", "tuned-ease")]
    [line] = [line for line in out.splitlines() if line.split()[:1] == ["ease"]]
    assert f"{before} -> {after}" in line
    assert " -> ".join(on_test) in line
    assert "Validation chose; test was not used" in out
    assert rows["tuned-ease"]["validation"] == {"val_ndcg@10": best["score"]}
    logged = [path.parent.name for path in Path("logs").rglob("events.out*")]
    assert {"ease-000", "ease-001", "mf-001"} <= set(logged)

    chosen = read_chosen("logs/tune-good.csv/recipes.json")
    assert chosen.baselines == {"ease": ("ease", best["values"])}
    assert chosen.models["mf"].validate_every is None
    again = ("--recipes", "logs/tune-good.csv/recipes.json", "--json", "r.json")
    status, _, _ = bench("--train", good_csv, *COLUMNS, "--models", "ease,mf", *again)
    assert status == 0
    for row in json.loads(Path("r.json").read_text())["results"]:
        tuned = rows[f"tuned-{row['model']}"]
        assert row["metrics"] == tuned["metrics"]
        assert row["epochs"] == tuned["epochs"]


def test_the_same_command_goes_on(tune):
    assert tune("ease", 2)[0] == 0
    first = report()["tuning"][0]["trials"]
    assert tune("ease", 4)[0] == 0
    second = report()["tuning"][0]["trials"]
    assert second[:2] == first
    assert len(second) == 4


def test_the_same_command_trains_the_models_again(tune, monkeypatch):
    monkeypatch.setitem(RECIPES, "mf", FAST)
    assert tune("mf", 1)[0] == 0
    first = report()
    status, out, _ = tune("mf", 1)
    assert status == 0, out
    second = report()
    assert [row["metrics"] for row in second["results"]] == [
        row["metrics"] for row in first["results"]
    ]
    assert second["tuning"] == first["tuning"]


def failing(train, seed, *, l2=600.0):
    if l2 != 600.0:
        raise MemoryError("no room")
    return BASELINES["popularity"](train, seed)


def test_a_trial_that_fails_is_reported_and_survived(tune, monkeypatch):
    monkeypatch.setitem(BASELINES, "ease", failing)
    status, out, _ = tune("ease", 3)
    assert status == 0
    assert out.count("failed: MemoryError: no room") == 2
    rows = [row["model"] for row in report()["results"]]
    assert rows == ["ease", "tuned-ease"]


def test_a_model_whose_trials_all_fail_fails(tune, monkeypatch):
    def fail(train, seed, *, l2=600.0):
        raise MemoryError("no room")

    monkeypatch.setitem(BASELINES, "ease", fail)
    status, out, _ = tune("ease,item-knn", 2)
    assert status == 1
    assert "ease, seed 0: failed: MemoryError: no room" in out
    rows = [(row["model"], row["status"]) for row in report()["results"]]
    assert [name for name, status in rows if status == "ok"] == [
        *("item-knn", "tuned-item-knn")
    ]


def test_trials_see_nothing_of_the_test_part(problem, tmp_path):
    """Every pair outside of train as the test part changes no trial."""
    pairs = ~problem.train.matrix.toarray().astype(bool)
    users, items = (ids.astype(np.int32) for ids in np.nonzero(pairs))
    other = replace(problem.test, user_ids=users, item_ids=items, ratings=None)
    found = []
    for number, part in enumerate((problem.test, other)):
        data = replace(problem, test=part)
        folder = tmp_path / str(number)
        tuning = _Tuning(data, judge_of(data, None), Limits(trials=4), folder)
        for name in ("ease", "item-knn"):
            _, search = tuning._search(name, lambda what: None)
            found.append([(trial.values, trial.score) for trial in search.trials])
    assert found[0] == found[2]
    assert found[1] == found[3]


def test_validation_is_held_out_by_the_split_that_was_asked_for(problem):
    judge = judge_of(problem, "leave-one-out")
    fitting, validation = leave_one_out(problem.train, seed=0)
    assert np.array_equal(judge.fitting.item_ids, fitting.item_ids)
    assert len(judge.validation) == len(validation)
    assert judge.k == 3
    usual = judge_of(problem, None)
    assert usual.fitting is problem.fitting
    assert len(problem.validation) == len(usual.validation)
    assert MOST_USERS > problem.train.num_users


def test_a_trial_of_a_baseline_ends_at_its_deadline(problem):
    trials = BaselineTrials("lightfm", judge_of(problem, None))
    late = Report(None, None, time.monotonic() + 0.1, print)
    with pytest.raises(Stopped, match="out of time"):
        trials.run({"epochs": 10_000_000}, late)


def test_every_space_is_of_a_baseline_and_holds_its_default(problem):
    assert set(BASELINE_SPACES) <= set(BASELINES)
    assert {*DEFAULT, *HISTORIES} <= set(tunable(problem))
    for name, space in BASELINE_SPACES.items():
        subject = BaselineTrials(name, judge_of(problem, None)).subject()
        assert set(subject.default) == set(space)
        assert including(subject.space, subject.default) == subject.space


# The table


def search_of(*scores, failed=0):
    trials = [
        Trial(number, number, {"rate": 0.1 * number}, "ok", score, 2, 30.0)
        for number, score in enumerate(scores)
    ]
    trials += [Trial(9, 9, {"rate": 1.0}, "failed: it", None, None, 60.0)] * failed
    return Tuned("mf", tuple(trials), {"rate": 0.75})


def test_the_table_has_validation_and_test_before_and_after():
    table, lines = tuning_table({"mf": search_of(0.1, 0.25, failed=1)}, [], 3)
    cells = [next(iter(column.cells)) for column in table.columns]
    assert cells[:5] == ["mf", "3", "0", "1", "2.0"]
    assert cells[5:] == ["0.1000 -> 0.2500", "- -> -", "- -> -"]
    assert lines[1:] == [
        "mf, best: rate 0.1, epochs 2",
        "mf, what mattered: rate 75%",
        "mf, trial 9: failed: it",
    ]
    assert remarks(Tuned("mf", ())) == []


# What is refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--tune", 0), "expected minutes above 0, not '0'"),
        (("--tune", 1, "--models", "popularity"), "--models must be one of lightfm, "),
        (("--tune", 1, "--seeds", 2), "--seeds does not go with --tune"),
        (("--tune", 1, "--epochs", 2), "--epochs does not go with --tune"),
        (("--tune", 1, "--recipes", "r"), "--recipes does not go with --tune"),
        (("--trials", 1), "--trials needs --tune"),
        (("--recipes", "none.json"), "none.json: no such file"),
    ],
)
def test_options_that_are_wrong_are_refused(refused, good_csv, arguments, message):
    assert message in refused("--train", good_csv, *COLUMNS, *arguments)


@pytest.mark.parametrize(
    ("models", "baselines", "message"),
    [
        ({}, {"svd": {}}, "`baselines` must be one of popularity, .*Received: 'svd'"),
        ({}, {"ease": {"lambda": 1}}, "`baselines.ease` must be one of l2. .*'lambda'"),
        ({}, {"ease": {"l2": "1"}}, "ease.l2` must be a finite number. Received: '1'"),
        ({"ease": FAST}, {}, "must be none of a baseline. Received: 'ease'"),
    ],
)
def test_settings_of_baselines_are_checked(tmp_path, models, baselines, message):
    path = tmp_path / "recipes.json"
    write_recipes(path, models, baselines)
    with pytest.raises(ValueError, match=f"recipes.json: .*{message}"):
        read_chosen(path)


def test_a_new_name_is_a_row_of_its_own(bench, good_csv, tmp_path):
    write_recipes(tmp_path / "mine.json", {"mine": replace(FAST, validate_every=None)})
    assert read_chosen(tmp_path / "mine.json") == Chosen(
        {"mine": replace(FAST, validate_every=None)}
    )
    options = ("--recipes", "mine.json", "--models", "mine", "--json", "r.json")
    status, _, err = bench("--train", good_csv, *COLUMNS, *options)
    assert status == 0, err
    [row] = json.loads(Path("r.json").read_text())["results"]
    assert (row["model"], row["epochs"]) == ("mine", 4)
    assert row["hparams"]["embedding_dim"] == 4
    assert Range(0, 1).including(2) == Range(0, 2)
