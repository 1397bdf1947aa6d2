"""Recipes: values by name, files that read back, and files that are refused."""

import json

import numpy as np
import pytest

import tfrecs
from tfrecs.bench.recipes import recipes
from tfrecs.losses import configure_loss
from tfrecs.models import MODELS
from tfrecs.training.defaults import Settings
from tfrecs.training.partial_credit import partial_credit
from tfrecs.training.plan import Negatives
from tfrecs.training.recipe import Recipe, settings_of, training_values
from tfrecs.training.recipe_file import read_recipes, write_recipes

SOFT = Recipe(
    "mf",
    {"embedding_dim": 8, "dropout": 0.5},
    Settings(
        configure_loss("softmax", temperature=0.4),
        Negatives("shared-popularity", 64, exponent=0.5),
        epochs=4,
        batch_size=32,
        learning_rate=0.01,
    ),
    validate_every=None,
)


def test_values_name_arguments_training_loss_and_negatives():
    assert SOFT.values == {
        "embedding_dim": 8,
        "dropout": 0.5,
        "objective": "softmax",
        "loss.temperature": 0.4,
        "negatives": "shared-popularity",
        "negatives.num_negatives": 64,
        "negatives.exponent": 0.5,
        "epochs": 4,
        "batch_size": 32,
        "learning_rate": 0.01,
        "short": False,
    }


def test_other_values_change_what_they_name_and_nothing_else():
    changed = SOFT.with_values({"loss.temperature": 0.2, "embedding_dim": 4})
    assert changed.training.objective.settings == {"temperature": 0.2}
    assert changed.values == SOFT.values | {"loss.temperature": 0.2, "embedding_dim": 4}
    assert changed.builder == "mf"
    assert changed.validate_every is None


def test_settings_and_their_values_are_inverse():
    assert settings_of({}) == Settings()
    assert settings_of({"negatives": "own"}).negatives == "own"
    assert training_values(settings_of(SOFT.values)) == training_values(SOFT.training)


@pytest.mark.parametrize("name", recipes())
def test_every_recipe_of_the_bench_reads_back_as_it_was_written(name, tmp_path):
    recipe = recipes()[name]
    write_recipes(tmp_path / "recipes.json", {name: recipe})
    [found] = read_recipes(tmp_path / "recipes.json").values()
    assert found.values == recipe.values
    for key in ("builder", "validate_every", "features", "buckets"):
        assert getattr(found, key) == getattr(recipe, key)


def test_credit_cannot_be_written(tmp_path):
    credit = partial_credit({"decade": np.array([0, 0])}, {"decade": 0.5})
    settings = Settings(negatives=Negatives("own", credit=credit))
    with pytest.raises(ValueError, match="without `credit`"):
        write_recipes(tmp_path / "r.json", {"mf": Recipe("mf", training=settings)})
    assert list(tmp_path.iterdir()) == []


def test_fit_trains_by_a_recipe(from_pairs):
    pairs = [(user, (user + x) % 9) for user in range(9) for x in (0, 1)]
    train = from_pairs(pairs, 9, 9)
    model = SOFT.build(train)
    history = tfrecs.fit(model, train, recipe=SOFT, seed=0)
    assert history.params["objective"] == "softmax"
    assert history.params["negatives"] == "shared-popularity"
    assert history.params["epochs"] == 4
    assert model.user_tower.get_layer("user_factors").embeddings.shape == (9, 8)
    rate = float(np.array(history.model.optimizer.learning_rate))
    assert rate == pytest.approx(0.01)
    fewer = tfrecs.fit(SOFT.build(train), train, recipe=SOFT, seed=0, epochs=2)
    assert fewer.params["epochs"] == 2


def test_a_recipe_and_an_objective_contradict_each_other(from_pairs):
    train = from_pairs([(0, 0), (1, 1)], 2, 2)
    for named in ({"objective": "bce"}, {"negatives": "all"}):
        with pytest.raises(ValueError, match=r"left out with a recipe.*Received: obj"):
            tfrecs.fit(SOFT.build(train), train, recipe=SOFT, seed=0, **named)


# Files that are refused


def written(tmp_path, **changes):
    entry = {"builder": "mf", "arguments": {}, "training": {}, **changes}
    return as_file(tmp_path, {"models": {"mf": entry}})


def as_file(tmp_path, content):
    path = tmp_path / "recipes.json"
    whole = {"kind": "tfrecs recipes", "version": 1, **content}
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"builder": "svd"}, "mf.builder` must be one of mf, .*Received: 'svd'"),
        ({"builder": None}, "mf.builder` must be one of mf, .*Received: None"),
        ({"sizes": {}}, "key of `models.mf` must be one of builder, .*ved: 'sizes'"),
        ({"arguments": []}, "`models.mf.arguments` must be an object. Received: ..$"),
        (
            {"arguments": {"dim": 4}},
            "key of `models.mf.arguments` must be one of embedding_dim.*ved: 'dim'",
        ),
        (
            {"arguments": {"name": "x"}},
            "key of `models.mf.arguments` must be .*Received: 'name'",
        ),
        (
            {"arguments": {"embedding_dim": 4.5}},
            "mf.arguments.embedding_dim` must be a whole number. Received: 4.5",
        ),
        ({"arguments": {"embedding_dim": True}}, "a whole number. Received: True"),
        ({"arguments": {"dropout": "0.5"}}, "a finite number. Received: '0.5'"),
        ({"arguments": {"dropout": float("nan")}}, "finite number. Received: nan"),
        ({"arguments": {"init_std": float("inf")}}, "finite number. Received: inf"),
        ({"arguments": {"init_std": 10**400}}, "a finite number. Received: 1000"),
        ({"arguments": {"y_range": [1]}}, "a finite number or null. Received: .1.$"),
        ({"training": 3}, "`models.mf.training` must be an object. Received: 3"),
        (
            {"training": {"objective": "warped"}},
            "training.objective` must be one of .*Received: 'warped'",
        ),
        ({"training": {"objective": ["bce"]}}, "must be one of .*Received: .'bce'.$"),
        (
            {"training": {"negatives": "few"}},
            "training.negatives` must be one of .*Received: 'few'",
        ),
        (
            {"training": {"loss.temperature": 2.0}},
            "key of `models.mf.training` must be one of .*'loss.temperature'",
        ),
        ({"training": {"epochs": 0}}, "training.epochs` must be above 0.*epochs=0"),
        ({"training": {"epochs": 1.0}}, "epochs` must be a whole number. .*: 1.0"),
        ({"training": {"learning_rate": -1}}, "must be above 0.*learning_rate=-1"),
        ({"training": {"short": 1}}, "short` must be true or false. Received: 1"),
        (
            {"training": {"short": True}, "validate_every": 9},
            r"`short`, whose decay.*validate_every=9",
        ),
        ({"features": "yes"}, "features` must be true or false. Received: 'yes'"),
    ],
)
def test_a_recipe_that_is_wrong_is_refused(tmp_path, changes, message):
    with pytest.raises(ValueError, match=f"recipes.json: .*{message}"):
        read_recipes(written(tmp_path, **changes))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"kind": "bundle"}, "`kind` must be \"tfrecs recipes\".*Received: 'bundle'"),
        ({"version": 2}, "`version` 1. Received: 'tfrecs recipes' and 2"),
        ({"recipes": {}}, "must be one of kind, version, models, .*'recipes'"),
        ({"models": []}, "`models` must be an object. Received: ..$"),
        ({"models": {"../mf": {}}}, "letters, digits, - and _. Received: '../mf'"),
        ({"models": {"mf": 1}}, "`models.mf` must be an object. Received: 1"),
    ],
)
def test_a_file_that_is_wrong_is_refused(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        read_recipes(as_file(tmp_path, content))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "[]", "\xff"])
def test_what_is_no_json_object_is_refused(tmp_path, text):
    path = tmp_path / "recipes.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"recipes\.json: "):
        read_recipes(path)
    with pytest.raises(FileNotFoundError, match="Name a file of recipes"):
        read_recipes(tmp_path / "other.json")


def test_every_builder_has_arguments_that_a_file_can_hold(tmp_path):
    path = as_file(
        tmp_path,
        {"models": {name: {"builder": name} for name in MODELS}},
    )
    found = read_recipes(path)
    assert list(found) == list(MODELS)
    assert found["mf"] == Recipe("mf", validate_every=None)
