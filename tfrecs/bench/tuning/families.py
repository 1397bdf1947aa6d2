"""The models and baselines that a tuning run can tune, and what it makes of them."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tfrecs.bench.baselines import BASELINES
from tfrecs.bench.baselines.fitted import OutOfTime
from tfrecs.bench.baselines.process import ends_by
from tfrecs.bench.chosen import Chosen
from tfrecs.bench.problem import SPLIT_SEED, Problem
from tfrecs.bench.recipes import is_by_shape, recipes
from tfrecs.bench.train import metadata_of
from tfrecs.bench.tuning.baseline_spaces import BASELINE_SPACES
from tfrecs.data.splits import SPLITS
from tfrecs.evaluation.user_sample import sample_users
from tfrecs.training.recipe import Recipe
from tfrecs.training.tuning.recipe_trial import Judge, RecipeTrials
from tfrecs.training.tuning.search import Report, Stopped, Subject
from tfrecs.training.tuning.space import including
from tfrecs.training.tuning.spaces import SPACES
from tfrecs.training.tuning.trials import OUT_OF_TIME, Trial
from tfrecs.training.tuning.tune import planned, recipe_by_shape

MOST_USERS = 5_000
"""Validation users of a trial: the NDCG of so many is sure to about 1%."""


@dataclass(frozen=True)
class Family:
    """A model or baseline to tune.

    Args:
        subject: as a search sees it.
        recipe: the default recipe of a model; None for a baseline.
    """

    subject: Subject
    recipe: Recipe | None = None

    def chosen(self, row: str, trial: Trial) -> Chosen:
        """Returns the settings of a trial, for a row."""
        if self.recipe is None:
            return Chosen(baselines={row: (self.subject.name, trial.values)})
        return Chosen({row: planned(self.recipe, trial.values, trial.epochs)})


@dataclass(frozen=True)
class BaselineTrials:
    """Trials of a baseline with other values.

    Args:
        name: name in `BASELINES`.
        judge: data and score.
        seed: seed of the baseline.
    """

    name: str
    judge: Judge
    seed: int = field(default=0)

    def subject(self) -> Subject:
        """Returns what a search tunes."""
        parameters = inspect.signature(BASELINES[self.name]).parameters
        space = BASELINE_SPACES[self.name]
        default = {name: parameters[name].default for name in space}
        return Subject(
            self.name, including(space, default), default, self.run, self.judge.about()
        )

    def run(
        self, values: Mapping[str, Any], report: Report
    ) -> tuple[float, int | None]:
        """Fits with other values; returns the NDCG. A baseline reports no rungs.

        Raises:
            Stopped: if a baseline in a process of its own runs out of time.
        """
        try:
            with ends_by(report.deadline):
                fitted = BASELINES[self.name](self.judge.fitting, self.seed, **values)
        except OutOfTime as error:
            raise Stopped(OUT_OF_TIME) from error
        return self.judge.score(fitted.score_users), None


def tunable(problem: Problem) -> list[str]:
    """Returns the names that can be tuned."""
    models = recipes(exclude_seen=problem.exclude_seen).items()
    with_space = [name for name, recipe in models if recipe.builder in SPACES]
    return [*BASELINE_SPACES, *with_space]


def judge_of(problem: Problem, split: str | None) -> Judge:
    """Returns fitting and validation data by the split that was asked for.

    Without a split by name, as for the files and splits of a data set, these are the
    parts on which the number of epochs is chosen.
    """
    fitting, validation = problem.fitting, problem.validation
    if split in SPLITS:
        fitting, validation = SPLITS[split](problem.train, seed=SPLIT_SEED)
    validation = sample_users(validation, MOST_USERS, SPLIT_SEED)
    return Judge(fitting, validation, max(problem.cutoffs), problem.exclude_seen)


def family_of(name: str, problem: Problem, judge: Judge, seed: int) -> Family:
    """Returns a family with its default: that of the usual row."""
    if name in BASELINE_SPACES:
        return Family(BaselineTrials(name, judge, seed).subject())
    recipe = recipes(exclude_seen=problem.exclude_seen)[name]
    metadata = metadata_of(recipe, problem)
    if is_by_shape(name, problem.train):
        recipe = recipe_by_shape(recipe, problem.train, metadata)
    trials = RecipeTrials(recipe, judge, seed, metadata)
    return Family(trials.subject(name), recipe)
