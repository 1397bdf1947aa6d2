"""Trains a model by its recipe: chooses the epochs, then trains on all of train."""

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras.callbacks import Callback, EarlyStopping

from tfrecs.bench.callbacks import TimeLimit, board, reporting
from tfrecs.bench.problem import Problem
from tfrecs.bench.result import Progress, Result
from tfrecs.callbacks import RankingMetrics
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation import as_scorer
from tfrecs.models.two_tower import TwoTower
from tfrecs.training.bias_start import start_at_prior
from tfrecs.training.fit import (
    compile_for,
    fit,
    fit_batches,
    validation_period,
)
from tfrecs.training.plan import choose_negatives
from tfrecs.training.recipe import Recipe

SCORED_FIRST = 128
"""Users whose scores are timed before a training with a deadline."""

PATIENCE = 3
"""Validation steps without a better one after which training stops."""


class Training:
    """A model that is compiled once and can be trained from the start several times."""

    def __init__(self, recipe: Recipe, problem: Problem) -> None:
        self.recipe = recipe
        self.problem = problem
        settings = recipe.training
        self._every = recipe.validate_every or validation_period(settings.epochs)
        self._metadata = metadata_of(recipe, problem)
        self.model = recipe.build(problem.train, self._metadata)
        self.plan = choose_negatives(
            problem.train,
            settings.objective,
            settings.negatives,
            max_length=self.model.max_length,
        )
        optimizer = settings.optimizer(self.model, settings.epochs)
        self._trained = compile_for(self.model, self.plan, optimizer)
        optimizer.build(self._trained.trainable_variables)
        self._fresh_optimizer = [np.array(v) for v in optimizer.variables]

    def train(
        self,
        name: str,
        *,
        seed: int,
        epochs: int | None,
        logdir: Path,
        progress: Progress,
        deadline: float | None = None,
    ) -> tuple[TwoTower, Result]:
        """Trains on `problem.train`; chooses the number of epochs without `epochs`.

        The seed is of weights, order, negatives and dropout. Until a deadline, by
        `time.monotonic`, half of the time is for the choice.

        Returns:
            The model, and its result without an evaluation.
        """
        began = time.perf_counter()
        every = self._every
        curve: dict[int, float] = {}
        validation: dict[str, float] = {}
        deadline = before_scoring(deadline, self.model, self.problem)
        choice, limit = TimeLimit(halfway(deadline)), TimeLimit(deadline)
        if epochs is None:
            epochs, validation, curve = self.choose(
                seed, logdir / "select", progress, choice
            )
        else:
            every = validation_period(epochs, every)
        selection_seconds = time.perf_counter() - began
        _, fit_seconds = self.run(
            self.problem.train, seed, every, epochs, logdir / "fit", progress, limit
        )
        chosen = choice.note(self.recipe.training.epochs)
        notes = (limit.note(epochs), f"choice of epochs {chosen}" if chosen else "")
        return self.model, Result(
            model=name,
            seed=seed,
            fit_seconds=fit_seconds,
            selection_seconds=selection_seconds,
            epochs=round(limit.done * epochs),
            parameters=_num_parameters(self.model),
            validation=validation,
            stopped_early="; ".join(filter(None, notes)),
            curve=curve,
            hparams=_hparams(self.recipe, self.plan.negatives.kind),
        )

    def choose(
        self, seed: int, logdir: Path, progress: Progress, limit: TimeLimit
    ) -> tuple[int, dict[str, float], dict[int, float]]:
        """Chooses the number of epochs.

        Trains on `problem.fitting`, and ranks for the users of `problem.validation`
        after every `recipe.validate_every` epochs. The best validation step is that of
        the highest NDCG at the largest k.

        Returns:
            The number of epochs up to the best validation step, its metrics, and the
            NDCG of every validation step by the number of epochs.
        """
        problem, k = self.problem, max(self.problem.cutoffs)
        watch = RankingMetrics(
            problem.fitting, problem.validation, k=k, exclude_seen=problem.exclude_seen
        )
        monitor = f"val_ndcg@{k}"
        stop = EarlyStopping(monitor, mode="max", patience=PATIENCE)
        every, most = self._every, self.recipe.training.epochs
        fitted, _ = self.run(
            problem.fitting, seed, every, most, logdir, progress, limit, watch, stop
        )
        history = fitted.history
        best = int(np.argmax(history[monitor]))
        found = {
            name: x[best] for name, x in history.items() if name.startswith("val_")
        }
        curve = {every * (n + 1): x for n, x in enumerate(history[monitor])}
        return every * (best + 1), found, curve

    def run(
        self,
        part: Interactions,
        seed: int,
        every: int,
        epochs: int,
        logdir: Path,
        progress: Progress,
        *callbacks: Callback,
    ) -> tuple[keras.callbacks.History, float]:
        """Trains from the seed's start for a number of epochs.

        A Keras epoch, after which callbacks run, is of `every` epochs.

        Returns:
            The history, and the seconds of the fit without TensorBoard's.
        """
        problem = self.problem
        data = self.plan.batches(
            part, seed=seed, epochs=every, batch_size=self.recipe.training.batch_size
        )
        held = problem.validation if part is problem.fitting else None
        self._start(seed, part)
        began = time.perf_counter()
        steps = epochs // every
        logs = board(logdir, problem, part, held, every)
        watching = [*callbacks, logs, reporting(progress, steps)]
        history = fit_batches(self._trained, data, steps, watching, every=every)
        return history, time.perf_counter() - began - logs.budget.spent

    def _start(self, seed: int, part: Interactions) -> None:
        """Sets model and optimizer to their start with this seed, without compiling."""
        keras.utils.set_random_seed(seed)
        fresh = self.recipe.build(self.problem.train, self._metadata)
        start_at_prior(fresh, part, self.plan, self.recipe.training.batch_size)
        for variable, value in zip(self.model.variables, fresh.variables, strict=True):
            variable.assign(value)
        states = zip(
            self._trained.optimizer.variables, self._fresh_optimizer, strict=True
        )
        for variable, value in states:
            variable.assign(value)


def train_planned(
    name: str,
    recipe: Recipe,
    problem: Problem,
    *,
    seed: int,
    epochs: int | None,
    logdir: Path,
    progress: Progress,
    deadline: float | None = None,
) -> tuple[TwoTower, Result]:
    """Trains for the epochs that a recipe plans.

    Args:
        name: name of the row.
        recipe: the recipe.
        problem: the data.
        seed: seed of weights, order, negatives and dropout.
        epochs: number of epochs; None for the recipe's.
        logdir: folder of the TensorBoard logs.
        progress: shows what is going on.
        deadline: when the training must end, by `time.monotonic`; None for no limit.

    Returns:
        The model, and its result without an evaluation.
    """
    keras.utils.set_random_seed(seed)
    model = recipe.build(problem.train, metadata_of(recipe, problem))
    train, settings = problem.train, recipe.training
    planned = settings.epochs if epochs is None else epochs
    deadline = before_scoring(deadline, model, problem)
    limit = TimeLimit(deadline, settings.learning_rate if settings.short else None)
    logs = board(logdir / "fit", problem, train, None, 1)
    began = time.perf_counter()
    history = fit(
        model,
        train,
        seed=seed,
        recipe=recipe,
        epochs=planned,
        callbacks=[limit, logs, reporting(progress, planned)],
        validate_every=1,
        verbose=False,
    )
    seconds = time.perf_counter() - began - logs.budget.spent
    return model, Result(
        model=name,
        seed=seed,
        fit_seconds=seconds,
        epochs=round(limit.done * planned),
        parameters=_num_parameters(model),
        stopped_early=limit.note(planned),
        hparams=_hparams(recipe, history.params["negatives"]),
    )


def before_scoring(
    deadline: float | None, model: TwoTower, problem: Problem
) -> float | None:
    """Returns the deadline less the time to score all test users, as that of a few.

    The time kept for an evaluation is of a baseline: wide vectors take longer.
    """
    if deadline is None:
        return None
    users = np.unique(problem.test.user_ids)
    few = users[:SCORED_FIRST]
    score = as_scorer(model, train=problem.train)
    score(few)  # compiles
    began = time.monotonic()
    score(few)
    return deadline - (time.monotonic() - began) * len(users) / len(few)


def halfway(deadline: float | None) -> float | None:
    """Returns the middle of the time from now, by `time.monotonic`, to a deadline."""
    return None if deadline is None else (time.monotonic() + deadline) / 2


def _num_parameters(model: TwoTower) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def metadata_of(recipe: Recipe, problem: Problem) -> dict[str, Any]:
    """Returns the features or buckets that the recipe's builder takes."""
    metadata = _features(problem) if recipe.features else {}
    if recipe.buckets:
        metadata["item_buckets"] = problem.item_buckets
    return metadata


def _features(problem: Problem) -> dict[str, Any]:
    """Returns the encoded features of each side that has any."""
    return {
        f"{side}_features": encoder.transform(
            getattr(problem.train, f"{side}_features")
        )
        for side, encoder in problem.encoders.items()
    }


def _hparams(recipe: Recipe, negatives: str) -> dict[str, Any]:
    """Returns the settings that were used, for TensorBoard and the JSON file."""
    found = {"builder": recipe.builder, **recipe.values, "negatives": negatives}
    return {
        name: value if isinstance(value, bool | int | float | str) else str(value)
        for name, value in found.items()
    }
