"""Tuning of models: the default first, recipes that train, and what is refused."""

import inspect
import itertools
from dataclasses import replace

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.data.splits import random_split
from tfrecs.evaluation import evaluate
from tfrecs.models import HISTORY_MODELS, MODELS
from tfrecs.training.defaults import Settings
from tfrecs.training.recipe import Recipe, is_training
from tfrecs.training.recipe_file import read_recipes
from tfrecs.training.tuning.recipe_trial import Judge, RecipeTrials, _is_rung
from tfrecs.training.tuning.search import Stopped
from tfrecs.training.tuning.space import Choice
from tfrecs.training.tuning.spaces import SPACES, TRAINING, default_point
from tfrecs.training.tuning.tune import planned, recipe_by_shape

PLAN = Recipe(
    "cosine",
    {"embedding_dim": 8},
    Settings("softmax", "all", epochs=4, batch_size=16, learning_rate=0.01),
    validate_every=None,
)
OPEN = Recipe("mf", {"embedding_dim": 8}, Settings(epochs=12), validate_every=2)


@pytest.fixture(scope="module")
def parts(from_pairs):
    """Two halves of users who like two halves of the items."""
    rng = np.random.default_rng(0)
    pairs = [(u, i) for u in range(30) for i in range(20) if u % 2 == i % 2]
    kept = [pair for pair in pairs if rng.random() < 0.7]
    return random_split(from_pairs(kept, 30, 20), seed=0, test_fraction=0.2)


@pytest.fixture(scope="module")
def tuned(parts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tuned")
    found = tfrecs.tune(
        parts.train, {"dot": PLAN}, seed=0, minutes=None, trials=2, k=5, folder=folder
    )
    return found, folder


def test_a_progress_bar_is_shown_if_asked_for(parts, capsys):
    limits = {"minutes": None, "trials": 2}
    for verbose in (None, True):  # None: the output is no terminal here
        assert capsys.readouterr().out == ""
        found = tfrecs.tune(
            parts.train, {"dot": PLAN}, seed=0, k=5, verbose=verbose, **limits
        )
    first, last = (trial.score or 0 for trial in found.searches["dot"].trials)
    expected = f"dot, last NDCG: {last:.4f} - best: {max(first, last):.4f}"
    assert expected in capsys.readouterr().out


def test_the_first_trial_has_the_default_point(tuned):
    search = tuned[0].searches["dot"]
    assert search.trials[0].values == {
        "embedding_dim": 8,
        "temperature": pytest.approx(1.32 / np.log(21)),
        "dropout": 0.0,
        "learning_rate": 0.01,
        "epochs": 4,
        "batch_size": 16,
    }
    assert len(search.trials) == 2
    assert {trial.status for trial in search.trials} <= {"ok", "pruned"}


def test_the_best_recipe_is_written_and_trains(tuned, parts):
    found, folder = tuned
    best, recipe = found.searches["dot"].best, found.recipes["dot"]
    assert recipe.values == PLAN.values | best.values | {"epochs": best.epochs}
    assert read_recipes(folder / "recipes.json") == found.recipes
    model = recipe.build(parts.train)
    history = tfrecs.fit(model, parts.train, recipe=recipe, seed=0)
    assert history.params["epochs"] == best.epochs
    assert found.defaults["dot"].values == PLAN.values


def test_a_seed_and_a_validation_part_reproduce_the_scores(tuned, parts):
    fitting, validation = random_split(parts.train, seed=0, test_fraction=0.1)
    again = tfrecs.tune(
        *(fitting, {"dot": PLAN}),
        **{"seed": 0, "minutes": None, "trials": 2, "k": 5, "validation": validation},
    )
    first, second = (
        [(trial.values, trial.score) for trial in found.searches["dot"].trials]
        for found in (tuned[0], again)
    )
    assert first == second


def test_it_goes_on_in_its_folder(tuned, parts):
    found, folder = tuned
    more = tfrecs.tune(
        parts.train, {"dot": PLAN}, seed=0, minutes=None, trials=3, k=5, folder=folder
    )
    trials = more.searches["dot"].trials
    assert trials[:2] == found.searches["dot"].trials
    assert len(trials) == 3


# A trial


@pytest.fixture
def judge(parts):
    return Judge(*parts, k=5)


def test_the_score_of_a_plan_is_the_last_and_of_the_trained_model(judge):
    seen = {}
    six = {"epochs": 6}
    score, epochs = RecipeTrials(PLAN, judge, 0).run(six, seen.__setitem__)
    assert list(seen) == [1, 2, 4, 6]
    assert (score, epochs) == (seen[6], 6)
    keras.utils.set_random_seed(0)
    model = PLAN.build(judge.fitting)
    tfrecs.fit(model, judge.fitting, recipe=PLAN, seed=0, epochs=6, validate_every=1)
    found = evaluate(model, judge.fitting, judge.validation, k=5)
    assert score == found.metrics["ndcg@5"]


def test_validation_chooses_the_epochs_without_a_plan(judge, monkeypatch):
    scores = iter([0.1, 0.3, 0.2, 0.2, 0.4])
    monkeypatch.setattr(Judge, "score", lambda self, model: next(scores))
    seen = {}
    found = RecipeTrials(OPEN, judge, 0).run({}, seen.__setitem__)
    assert seen == {2: 0.1, 4: 0.3, 6: 0.2, 8: 0.2}  # two without a better one
    assert found == (0.3, 4)


def test_a_report_ends_a_trial(judge):
    seen = []

    def report(passes, score):
        seen.append(passes)
        raise Stopped("pruned")

    with pytest.raises(Stopped, match="pruned"):
        RecipeTrials(OPEN, judge, 0).run({}, report)
    assert seen == [2]


def test_rungs_are_powers_of_2_and_fine_ones_3_times_them():
    assert [n for n in range(1, 20) if _is_rung(n, fine=False)] == [1, 2, 4, 8, 16]
    fine = [n for n in range(1, 20) if _is_rung(n, fine=True)]
    assert fine == [1, 2, 3, 4, 6, 8, 12, 16]


def test_the_planned_recipe_has_the_epochs_of_the_trial():
    found = planned(OPEN, {"dropout": 0.5, "learning_rate": 0.1}, 8)
    training = Settings(epochs=8, learning_rate=0.1)
    arguments = {"embedding_dim": 8, "dropout": 0.5}
    assert found == Recipe("mf", arguments, training, validate_every=None)


# Spaces and defaults


def test_every_model_has_a_space_of_its_arguments():
    builders = {**MODELS, **HISTORY_MODELS}
    assert set(SPACES) == set(builders)
    for name, space in SPACES.items():
        parameters = inspect.signature(builders[name]).parameters
        assert set(space) <= set(parameters), name
    assert all(is_training(name) for name in TRAINING)


def test_the_default_is_the_choice_of_fit(parts):
    shape = recipe_by_shape(Recipe("cosine"), parts.train)
    assert (shape.training.epochs, shape.training.short) == (16, True)
    assert shape.validate_every is None
    plain = recipe_by_shape(Recipe("neumf"), parts.train)
    assert (plain.training, plain.validate_every) == (Settings(), 5)
    assert set(default_point(plain, 20)) == {
        *("embedding_dim", "mlp_embedding_dim", "hidden_units", "dropout", "init_std"),
        "learning_rate",
    }
    soft = replace(OPEN, training=replace(OPEN.training, bias_learning_rate=0.1))
    assert default_point(soft, 20)["bias_learning_rate"] == 0.1


@pytest.mark.parametrize("name", HISTORY_MODELS)
def test_models_of_histories_build_with_all_that_is_tried(name, parts):
    space = {key: x for key, x in SPACES[name].items() if isinstance(x, Choice)}
    for values in itertools.zip_longest(*(choice.values for choice in space.values())):
        given = {k: x for k, x in zip(space, values, strict=True) if x is not None}
        model = Recipe(name, given).build(parts.train)
        assert model.max_length == given.get("max_length", model.max_length)


def test_models_of_histories_are_tuned(parts):
    recipe = recipe_by_shape(Recipe("sasrec"), parts.train)
    small = replace(recipe, arguments={"max_length": 5, "embedding_dim": 8})
    found = tfrecs.tune(
        *(parts.train, {"next": small.with_values({"epochs": 1})}),
        **{"seed": 0, "minutes": None, "trials": 1, "k": 5},
    )
    [trial] = found.searches["next"].trials
    assert trial.status == "ok"
    assert trial.values == {
        **{"embedding_dim": 8, "max_length": 5, "num_blocks": 1, "num_heads": 1},
        **{"temperature": 0.1, "dropout": 0.3},
        **{"learning_rate": 0.005, "epochs": 1, "batch_size": 1024},
    }
    assert found.recipes["next"].build(parts.train).max_length == 5


def test_names_of_models_of_histories_are_known(parts):
    found = tfrecs.tune(
        parts.train, ["history_mean"], seed=0, minutes=None, trials=1, k=5
    )
    training = found.defaults["history_mean"].training
    assert (training.short, training.epochs) == (True, 20)


# What is refused


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"models": ["svd"]}, ValueError, "`models` must be one of mf, .*ved: 'svd'"),
        ({"models": "mf"}, TypeError, "must be a list of names. Received: 'mf'"),
        ({"minutes": None}, ValueError, "`minutes` or `trials` must limit the search"),
        ({"minutes": 0}, ValueError, "`minutes` must be above 0.*minutes=0"),
        ({"minutes": float("nan")}, ValueError, "above 0, and finite.*minutes=nan"),
        ({"trials": 0}, ValueError, "trials=0"),
        ({"k": 21}, ValueError, "k=21"),
    ],
)
def test_arguments_that_are_wrong_are_refused(parts, arguments, error, message):
    with pytest.raises(error, match=message):
        tfrecs.tune(parts.train, seed=0, **arguments)
    with pytest.raises(ValueError, match="must hold no pair of `train`"):
        tfrecs.tune(parts.train, seed=0, validation=parts.train)


def test_optuna_is_asked_for_by_name(parts, monkeypatch):
    monkeypatch.setattr("tfrecs.training.tuning.tune.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'tfrecs\[tune\]'"):
        tfrecs.tune(parts.train, seed=0)
