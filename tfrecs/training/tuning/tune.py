"""Tuning of models on the user's own data."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from tfrecs._base.checks import (
    check_above_zero,
    check_choice,
    check_cutoffs,
    check_positive,
)
from tfrecs.data.interactions import Interactions
from tfrecs.data.splits import random_split
from tfrecs.evaluation.protocol import check_apart
from tfrecs.models import HISTORY_MODELS, MODELS
from tfrecs.training.defaults import choose_settings
from tfrecs.training.fit import validation_period
from tfrecs.training.recipe import Recipe
from tfrecs.training.recipe_file import write_recipes

if TYPE_CHECKING:
    from tfrecs.training.tuning.trials import Trial, Tuned

RECIPES, JOURNALS = "recipes.json", "trials"
"""The file of the best recipes in a folder, and the folder of the studies."""


@dataclass(frozen=True)
class Tuning:
    """The outcome of `tune`, by the names of the models.

    Args:
        recipes: the best recipes, for `tfrecs.fit`; without models whose trials all
            failed.
        defaults: the default recipes, with the numbers of epochs of their trials.
        searches: all trials, and which settings mattered.
    """

    recipes: Mapping[str, Recipe]
    defaults: Mapping[str, Recipe]
    searches: Mapping[str, "Tuned"]


def tune(
    train: Interactions,
    models: Sequence[str] | Mapping[str, Recipe] = ("cosine", "mf"),
    *,
    seed: int,
    minutes: float | None = 10.0,
    trials: int | None = None,
    validation: Interactions | None = None,
    k: int = 10,
    metadata: Mapping[str, Mapping[str, Any]] | None = None,
    folder: str | Path | None = None,
    verbose: bool | None = None,
) -> Tuning:
    """Searches the settings of models with Optuna, by their NDCG on validation data.

    The first trial of a model has its default settings. The others come from a
    tree-structured Parzen estimator over the model's space
    (`tfrecs.training.tuning.spaces`). A trial trains a model on `train`, and is scored
    after 1, 2, 4, ... passes: it ends if its score is then below the median of the
    trials with as many epochs. Trials that raise an error are kept and reported.

    It sets Keras's global seed. Same seed and number of trials, same trials; a limit by
    minutes depends on the machine.

    Args:
        train: training data.
        models: names in `tfrecs.models.MODELS` or `HISTORY_MODELS`, whose default is
            the choice of `tfrecs.fit`; or recipes by name, each the default of its
            search.
        seed: seed of the sampler, weights, order, negatives and dropout.
        minutes: minutes of the trials of each model; None for no limit.
        trials: number of trials of each model; None for no limit.
        validation: held-out interactions, never the test set; None to hold out a random
            tenth of `train`. Models of histories need the latest ones, as from
            `tfrecs.data.splits.leave_last_out`.
        k: cut-off of the NDCG.
        metadata: features or buckets by the names of the models, as of `Recipe.build`.
        folder: folder of the trials and of `recipes.json`, the best recipes; a search
            that was killed continues there. None to keep nothing.
        verbose: whether to show a progress bar of the trials; by default on a terminal.

    Returns:
        The best recipes: `model = recipe.build(train)`, then
        `tfrecs.fit(model, train, recipe=recipe, seed=0)`.

    Raises:
        ImportError: if Optuna is not installed.
        ValueError: if a name is unknown, an argument is out of range, there is no limit
            at all, `validation` and `train` share a pair, or `folder` has trials of
            something else.

    Example:
        ```python
        train, test = tfrecs.data.splits.random_split(interactions, seed=0)
        recipe = tfrecs.tune(train, ["cosine"], minutes=5, seed=0).recipes["cosine"]
        model = recipe.build(train)
        tfrecs.fit(model, train, recipe=recipe, seed=0)
        ```
    """
    if find_spec("optuna") is None:
        raise ImportError("`tune` needs Optuna: pip install 'tfrecs[tune]'")
    from tfrecs.training.tuning.recipe_trial import Judge, RecipeTrials
    from tfrecs.training.tuning.search import Limits, search

    _check_limits(minutes, trials)
    fitting = train
    if validation is None:
        fitting, validation = random_split(train, seed=seed, test_fraction=0.1)
    check_apart(fitting, validation, True)
    [k] = check_cutoffs(k, train.num_items)
    metadata = metadata or {}
    defaults = _defaults(models, train, metadata)
    judge, limits = Judge(fitting, validation, k), Limits(minutes, trials)
    searches: dict[str, Tuned] = {}
    best: dict[str, Recipe] = {}
    for name, recipe in defaults.items():
        runs = RecipeTrials(recipe, judge, seed, metadata.get(name, {}))
        journal = None if folder is None else Path(folder, JOURNALS, f"{name}.jsonl")
        show, subject = _progress_bar(name, trials, verbose), runs.subject(name)
        found = searches[name] = search(subject, limits, seed, journal, show)
        if found.best is not None:
            best[name] = planned(recipe, found.best.values, found.best.epochs)
        if found.default is not None:
            defaults[name] = planned(recipe, {}, found.default.epochs)
        if folder is not None:
            write_recipes(Path(folder, RECIPES), best)
    return Tuning(best, defaults, searches)


def recipe_by_shape(
    recipe: Recipe, train: Interactions, metadata: Mapping[str, Any] | None = None
) -> Recipe:
    """Returns a recipe with the defaults of the builder and of `tfrecs.fit`.

    Validation chooses the number of epochs unless they are planned for a decay.

    Args:
        recipe: the recipe; its arguments and settings are replaced.
        train: training data.
        metadata: as of `Recipe.build`.
    """
    bare = replace(recipe, arguments={})
    settings = choose_settings(bare.build(train, metadata), train)
    every = None if settings.short else validation_period(settings.epochs)
    return replace(bare, training=settings, validate_every=every)


def planned(recipe: Recipe, values: Mapping[str, Any], epochs: int | None) -> Recipe:
    """Returns a recipe with the values and the number of epochs of a trial."""
    known = {} if epochs is None else {"epochs": epochs}
    return replace(recipe.with_values({**values, **known}), validate_every=None)


def _defaults(
    models: Sequence[str] | Mapping[str, Recipe],
    train: Interactions,
    metadata: Mapping[str, Mapping[str, Any]],
) -> dict[str, Recipe]:
    if isinstance(models, Mapping):
        return dict(models)
    if isinstance(models, str):
        raise TypeError(f"`models` must be a list of names. Received: {models!r}")
    for name in models:
        check_choice("models", name, {**MODELS, **HISTORY_MODELS})
    return {
        name: recipe_by_shape(Recipe(name), train, metadata.get(name))
        for name in models
    }


def _progress_bar(
    name: str, trials: int | None, verbose: bool | None
) -> Callable[["Trial"], None]:
    """Returns what shows each trial of a model, and the best score, in Keras's bar."""
    if not (sys.stdout.isatty() if verbose is None else verbose):
        return lambda trial: None
    last, best = f"{name}, last NDCG", "best"
    bar = keras.utils.Progbar(trials, unit_name="trial", stateful_metrics=[last, best])
    scores: list[float] = []

    def show(trial: "Trial") -> None:
        scores.append(trial.score or 0.0)
        bar.update(len(scores), [(last, scores[-1]), (best, max(scores))])

    return show


def _check_limits(minutes: float | None, trials: int | None) -> None:
    if minutes is None and trials is None:
        raise ValueError(
            "`minutes` or `trials` must limit the search. Received: None for both"
        )
    if minutes is not None:
        check_above_zero(minutes=minutes)
    if trials is not None:
        check_positive(trials=trials)
