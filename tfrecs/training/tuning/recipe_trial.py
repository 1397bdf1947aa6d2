"""A trial of a recipe: a training with validation steps at rungs of passes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from tfrecs._base.types import Scorer
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation import ScoresUsers, evaluate
from tfrecs.training.fit import fit
from tfrecs.training.recipe import Recipe
from tfrecs.training.tuning.search import Report, Stopped, Subject
from tfrecs.training.tuning.space import including
from tfrecs.training.tuning.spaces import SPACES, TRAINING, default_point

PATIENCE = 2
"""Rungs without a better one after which a training without a plan ends."""


@dataclass(frozen=True)
class Judge:
    """The data that a trial trains on, and how it is scored.

    Args:
        fitting: interactions to train on.
        validation: held-out interactions, never the test set.
        k: cut-off of the NDCG.
        exclude_seen: whether the ranking excludes the items of `fitting`.
    """

    fitting: Interactions
    validation: Interactions
    k: int = 10
    exclude_seen: bool = True

    def score(self, model: ScoresUsers | Scorer) -> float:
        """Returns the NDCG on the validation data."""
        found = evaluate(
            model,
            self.fitting,
            self.validation,
            k=self.k,
            metrics=["ndcg"],
            exclude_seen=self.exclude_seen,
        )
        return found.metrics[f"ndcg@{self.k}"]

    def about(self) -> str:
        """Returns a text that differs for other data, cut-offs or masks."""
        digest = hashlib.sha256()
        for part in (self.fitting, self.validation):
            digest.update(part.user_ids.tobytes() + part.item_ids.tobytes())
        name, seen = digest.hexdigest()[:16], self.exclude_seen
        return f"data {name}, NDCG@{self.k}, exclude_seen={seen}"


@dataclass(frozen=True)
class RecipeTrials:
    """Trials of one recipe with other values.

    Args:
        recipe: the default recipe.
        judge: data and score.
        seed: seed of weights, order, negatives and dropout.
        metadata: as of `Recipe.build`.
    """

    recipe: Recipe
    judge: Judge
    seed: int
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def subject(self, name: str) -> Subject:
        """Returns what a search tunes."""
        builder = self.recipe.builder
        default = default_point(self.recipe, self.judge.fitting.num_items)
        space = including({**TRAINING, **SPACES[builder]}, default)
        about = f"{self.judge.about()}, {self.recipe}"
        return Subject(name, space, default, self.run, about)

    def run(
        self, values: Mapping[str, Any], report: Report
    ) -> tuple[float, int | None]:
        """Trains with other values; returns the NDCG and its number of epochs.

        The score of a plan is the last one. Without a plan it is the best one, and the
        training ends after `PATIENCE` rungs without a better one.

        Raises:
            Stopped: if `report` ends the trial.
        """
        keras.utils.set_random_seed(self.seed)
        recipe = self.recipe.with_values(values)
        model = recipe.build(self.judge.fitting, self.metadata)
        rungs = _Rungs(recipe, self.judge, report)
        fit(
            model,
            self.judge.fitting,
            recipe=recipe,
            seed=self.seed,
            validate_every=rungs.every,
            callbacks=[rungs],
            verbose=False,
        )
        if rungs.stopped is not None:
            raise rungs.stopped
        return rungs.outcome


class _Rungs(keras.callbacks.Callback):
    """Scores a model after 1, 2, 4, ... times the epochs between validation steps."""

    def __init__(self, recipe: Recipe, judge: Judge, report: Report) -> None:
        super().__init__()
        self.every = recipe.validate_every or 1
        self.stopped: Stopped | None = None
        self._judge = judge
        self._report = report
        self._steps = recipe.training.epochs // self.every
        self._planned = recipe.validate_every is None
        self._scores: dict[int, float] = {}

    @property
    def outcome(self) -> tuple[float, int]:
        """The score and its number of epochs: the last one of a plan, or the best."""
        scores = self._scores
        epochs = max(scores) if self._planned else max(scores, key=scores.__getitem__)
        return scores[epochs], epochs

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Scores and reports at a rung and at the end."""
        step = epoch + 1
        if not _is_rung(step, fine=not self._planned) and step < self._steps:
            return
        passes = step * self.every
        score = self._scores[passes] = self._judge.score(self.model)
        try:
            self._report(passes, score)
        except Stopped as stopped:
            self.stopped = stopped
        since = len(self._scores) - 1 - list(self._scores).index(self.outcome[1])
        if self.stopped or (not self._planned and since >= PATIENCE):
            self.model.stop_training = True


def _is_rung(step: int, *, fine: bool) -> bool:
    """Returns whether a step is a power of 2 or, if fine, 3 times one."""
    if fine and step % 3 == 0:
        step //= 3
    return step & (step - 1) == 0
