"""Training of the bench: compiled once, whatever the seeds and the looks."""

import inspect
import re
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tfrecs.bench import train as train_module
from tfrecs.bench.problem import load_problem
from tfrecs.bench.recipe_table import INCLUDING_SEEN
from tfrecs.bench.recipes import (
    HISTORIES,
    MOST_INTERACTIONS,
    MOST_ITEMS,
    is_large,
    is_quick,
    recipes,
)
from tfrecs.bench.rows import BY_NAME, NEXT_ITEM, model_names, rows_of
from tfrecs.bench.run import run
from tfrecs.data.column_kinds import ColumnKinds
from tfrecs.models import HISTORY_MODELS, MODELS
from tfrecs.training.defaults import Settings
from tfrecs.training.objectives import OBJECTIVES
from tfrecs.training.plan import Negatives
from tfrecs.training.recipe import Recipe

COLUMNS = {"user_col": "person", "item_col": "film", "rating_col": "stars"}
SIZES = {"embedding_dim": 4, "dropout": 0.5}
MF = Recipe("mf", SIZES, Settings(epochs=6), validate_every=2)


@pytest.fixture(scope="module")
def problem(good_csv):
    return load_problem(train=good_csv, k=3, **COLUMNS)


@pytest.fixture
def trained(problem, tmp_path):
    """Trains with a recipe and seeds; returns scores by seed and traces of the step."""

    def trained(recipe, *seeds, epochs=2):
        training, traces, found = train_module.Training(recipe, problem), [], []
        step = training._trained.train_step

        def counted(data):
            traces.append(data)
            return step(data)

        training._trained.train_step = counted
        settings = {"epochs": epochs, "logdir": tmp_path, "progress": print}
        for seed in seeds:
            model, _ = training.train("mf", seed=seed, **settings)
            found.append(model.score_users(np.arange(problem.train.num_users)))
        return found, len(traces)

    return trained


@pytest.mark.xla
def test_choosing_and_training_with_several_seeds_traces_once(trained):
    own = Settings(negatives=Negatives("own", 2), epochs=6, batch_size=16)
    recipe = replace(MF, training=own)
    _, traces = trained(recipe, 0, 1, epochs=None)
    assert traces == 1


def test_the_curve_leads_to_the_epochs_that_were_chosen(problem, tmp_path):
    training = train_module.Training(MF, problem)
    settings = {"epochs": None, "logdir": tmp_path, "progress": print}
    _, found = training.train("mf", seed=0, **settings)
    assert list(found.curve) == [2, 4, 6][: len(found.curve)]  # `validate_every` apart
    assert found.curve[found.epochs] == max(found.curve.values())
    assert found.validation["val_ndcg@3"] == found.curve[found.epochs]


def test_a_seed_gives_the_same_whatever_was_trained_before(trained):
    [first, other, again], traces = trained(MF, 0, 1, 0)
    assert traces == 1
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
    [alone], _ = trained(MF, 1)
    assert np.array_equal(alone, other)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "share"),
    # An MLP can only come near to a dot product (Rendle et al. 2020): it had 89.9%.
    [("mf", 0.9), ("gmf", 0.9), ("neumf", 0.9), ("hybrid", 0.9), ("mlp", 0.85)],
)
def test_planted_factors_are_found(name, share, tmp_path):
    """A share of the best possible NDCG@10, by the model's own recipe."""
    names, problem = ("oracle", name), load_problem("synthetic")
    rows = rows_of(problem, names, 1, limited=False)
    found = run(problem, rows, epochs=None, folder=tmp_path, progress=print)
    oracle, model = (result.metrics["ndcg@10"] for result in found)
    assert model >= share * oracle


# Large data


@pytest.fixture
def large(monkeypatch):
    """Every data set counts as large, and popularity is the one quick baseline."""
    monkeypatch.setattr("tfrecs.training.plan.affords_catalogue", lambda train: False)
    monkeypatch.setattr("tfrecs.bench.recipes.QUICK", {"popularity": 1, "cosine": 2})


@pytest.mark.usefixtures("large")
def test_large_data_have_quick_rows_and_planned_epochs(problem, tmp_path):
    settings = {"epochs": None, "folder": tmp_path, "progress": print}
    rows = rows_of(problem, None, 1, limited=False)
    results = {result.model: result for result in run(problem, rows, **settings)}
    assert results["popularity"].status == results["cosine"].status == "ok"
    cosine = results["cosine"]
    assert (cosine.epochs, cosine.selection_seconds, cosine.curve) == (16, 0, {})
    assert cosine.hparams["objective"] == "softmax"
    assert cosine.metrics["ndcg@3"] > results["popularity"].metrics["ndcg@3"]
    others = {*results} - {"popularity", "cosine", "hybrid", "bucketed_mf"}
    for name in others:
        expected = f"skipped: long on data of this size: ask with --models {name}"
        assert results[name].status == expected
    rows = rows_of(problem, ("mf",), 1, limited=False)
    [asked] = run(problem, rows, **{**settings, "epochs": 2})
    assert (asked.status, asked.epochs) == ("ok", 2)


def test_data_are_large_by_their_pairs_or_their_catalogue(from_pairs, monkeypatch):
    few = from_pairs([(user, user) for user in range(9)], 9, 180)
    assert not is_large(few)
    assert is_quick("ease", few)
    monkeypatch.setitem(MOST_ITEMS, "ease", 179)
    assert not is_quick("ease", few)
    assert is_quick("slim", few) and is_quick("popularity", few)
    assert is_quick("lightfm-tuned", few)
    monkeypatch.setitem(MOST_INTERACTIONS, "lightfm-tuned", len(few) - 1)
    assert not is_quick("lightfm-tuned", few) and is_quick("lightfm", few)
    assert is_large(from_pairs([(0, 0)], 1, 181))
    monkeypatch.setattr("tfrecs.bench.recipes.FEW", 8)
    assert is_large(few)


# Little time


@pytest.mark.usefixtures("large")
def test_a_training_that_runs_out_of_time_is_evaluated_and_marked(problem, tmp_path):
    rows = rows_of(problem, ("cosine",), 1, limited=True)
    settings = {"folder": tmp_path, "progress": print}
    [row] = run(problem, rows, epochs=100_000, minutes=0.05, **settings)
    assert (row.status, row.failed) == ("ok", False)
    assert 0 < row.epochs < 100_000
    assert re.fullmatch(r"stopped after \d+\.\d of 100000 epochs", row.stopped_early)
    assert row.as_json()["stopped_early"] == row.stopped_early
    assert row.metrics["ndcg@3"] > 0


@pytest.mark.xla
def test_half_of_the_time_is_for_the_choice_of_epochs(problem, tmp_path):
    assert train_module.halfway(None) is None
    settings = {"logdir": tmp_path, "progress": print}
    # Its deadline is over, but 16 steps run at once: a validation step of 2 epochs.
    training, over = train_module.Training(MF, problem), time.monotonic() - 1
    _, found = training.train("mf", seed=0, epochs=None, deadline=over, **settings)
    assert found.epochs == 2
    assert list(found.curve) == [2]
    expected = "choice of epochs stopped after 2.0 of 6 epochs"
    assert found.stopped_early == expected
    _, found = training.train("mf", seed=0, epochs=10, deadline=over, **settings)
    assert found.epochs == 2
    assert found.stopped_early == "stopped after 2.0 of 10 epochs"


def test_the_time_to_score_all_users_is_kept(problem):
    class Slow:
        def catalogue_scorer(self):
            return lambda users: time.sleep(0.01 * len(users))

    users = len(np.unique(problem.test.user_ids))
    assert train_module.before_scoring(None, Slow(), problem) is None
    kept = 1000 - train_module.before_scoring(1000.0, Slow(), problem)
    assert kept >= 0.01 * users
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_module, "SCORED_FIRST", 5)
        kept = 1000 - train_module.before_scoring(1000.0, Slow(), problem)
    assert kept >= 0.01 * users  # all users' time, by 5 of them


def test_rows_run_by_quality_for_the_time_if_it_is_limited(problem):
    free, limited = (rows_of(problem, None, 1, limited=x) for x in (False, True))
    others = (*NEXT_ITEM, *BY_NAME)
    every = [name for name in model_names(problem) if name not in others]
    assert [row.name for row in free] == every
    names = [row.name for row in limited]
    assert sorted(names) == sorted(every)
    assert names[:2] == ["popularity", "item-knn"]
    assert names.index("cosine") < names.index("mf") < names.index("neumf")
    asked = rows_of(problem, ("mf", "popularity"), 2, limited=True)
    titles = ["mf-seed0", "mf-seed1", "popularity-seed0", "popularity-seed1"]
    assert [row.title for row in asked] == titles


# Metadata


@pytest.fixture(scope="module")
def described(problem):
    """The same problem, with metadata of its items, and none of its users."""
    kinds = pd.DataFrame({"kind": [str(item % 3) for item in range(40)]})
    return replace(
        problem,
        dataset=replace(problem.dataset, item_kinds=ColumnKinds(categorical=("kind",))),
        train=replace(problem.train, item_features=kinds),
    )


def test_features_of_one_side_are_enough(described):
    recipe = Recipe("hybrid", {"embedding_dim": 4}, features=True)
    model = train_module.Training(recipe, described).model
    towers = (model.user_tower, model.item_tower)
    user, item = ({layer.name for layer in tower.layers} for tower in towers)
    assert "item_features" in item
    assert "user_features" not in user


def test_buckets_are_those_of_the_items_categories(described):
    recipe = Recipe("bucketed_mf", {"embedding_dim": 4}, buckets=True)
    model = train_module.Training(recipe, described).model
    held = model.item_tower.get_layer("item_buckets").categories.numpy()
    assert held.tolist() == [item % 3 for item in range(40)]


def test_every_recipe_has_its_builder_and_says_how_to_build_it():
    builders = {**MODELS, **HISTORY_MODELS}
    assert {recipe.builder for recipe in recipes().values()} == set(builders)
    for name, recipe in (*recipes().items(), *INCLUDING_SEEN.items()):
        options = set(inspect.signature(builders[recipe.builder]).parameters)
        assert set(recipe.arguments) <= options, name
        may_do_without = name in HISTORIES or name == "deepfm"
        assert recipe.features == ("item_features" in options) or may_do_without
        assert recipe.buckets == ("item_buckets" in options)
        assert recipe.training.objective in OBJECTIVES
        assert recipe.training.epochs % recipe.validate_every == 0
