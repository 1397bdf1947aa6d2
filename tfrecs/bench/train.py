"""Trains a model by its recipe: choose the epochs, then train on everything."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tfrecs.bench.problem import Problem
from tfrecs.bench.recipes import Recipe
from tfrecs.bench.result import Result, Tell
from tfrecs.callbacks import RankingMetrics, TensorBoard
from tfrecs.data.features import encode_features
from tfrecs.data.interactions import Interactions
from tfrecs.models import MODELS, TwoTower
from tfrecs.optimizers import separate_bias_optimizer
from tfrecs.training.fit import (
    batches,
    choose_negatives,
    compile_for,
    fit_batches,
    start_at_prior,
)

if TYPE_CHECKING:
    import tensorflow as tf

PATIENCE = 3
"""Looks at the validation data without a better one, after which training stops."""


class Training:
    """A model that is compiled once and can be trained again and again from a start.

    Args:
        recipe: the settings.
        problem: the data.
    """

    def __init__(self, recipe: Recipe, problem: Problem) -> None:
        objective, train = recipe.objective, problem.train
        self.recipe = recipe
        self.problem = problem
        self.negatives = choose_negatives(train, objective, recipe.negatives).kind
        self.model = _build(recipe, problem)
        optimizer = _optimizer(recipe, self.model)
        self._trained = compile_for(self.model, objective, self.negatives, optimizer)
        optimizer.build(self._trained.trainable_variables)
        self._fresh_optimizer = [np.array(v) for v in optimizer.variables]

    def train(
        self, name: str, *, seed: int, epochs: int | None, logdir: Path, tell: Tell
    ) -> tuple[TwoTower, Result]:
        """Trains on `problem.train`.

        Args:
            name: the row's name.
            seed: of weights, order, negatives and dropout.
            epochs: passes over the data; None to choose them, see `choose`.
            logdir: folder of the run's TensorBoard logs.
            tell: told what is going on.

        Returns:
            The model, and its result without an evaluation.
        """
        began = time.perf_counter()
        passes, looks = self.recipe.passes, 0
        curve: dict[int, float] = {}
        validation: dict[str, float] = {}
        if epochs is None:
            looks, validation, curve = self.choose(seed, logdir / "select", tell)
        else:
            passes = max(n for n in range(1, passes + 1) if epochs % n == 0)
            looks = epochs // passes
        selection_seconds = time.perf_counter() - began
        _, fit_seconds = self.run(
            self.problem.train, seed, passes, looks, logdir / "fit", tell
        )
        weights = self.model.trainable_weights
        return self.model, Result(
            model=name,
            seed=seed,
            fit_seconds=fit_seconds,
            selection_seconds=selection_seconds,
            epochs=passes * looks,
            parameters=sum(int(np.prod(weight.shape)) for weight in weights),
            validation=validation,
            curve=curve,
            hparams=_hparams(self.recipe, self.negatives),
        )

    def choose(
        self, seed: int, logdir: Path, tell: Tell
    ) -> tuple[int, dict[str, float], dict[int, float]]:
        """Chooses how long to train.

        Trains on `problem.fitting` and ranks for the users of `problem.validation`
        after every `recipe.passes` passes; the best look is that with the highest NDCG
        at the largest k.

        Returns:
            The number of looks up to the best one, the metrics seen there, and passes
            over the data to the NDCG after them.
        """
        problem, k = self.problem, max(self.problem.cutoffs)
        watch = RankingMetrics(
            problem.fitting, problem.validation, k=k, exclude_seen=problem.exclude_seen
        )
        monitor = f"val_ndcg@{k}"
        stop = keras.callbacks.EarlyStopping(monitor, mode="max", patience=PATIENCE)
        passes = self.recipe.passes
        looks = self.recipe.most_passes // passes
        told, _ = self.run(
            problem.fitting, seed, passes, looks, logdir, tell, watch, stop
        )
        history = told.history
        best = int(np.argmax(history[monitor]))
        found = {
            name: x[best] for name, x in history.items() if name.startswith("val_")
        }
        curve = {passes * (n + 1): x for n, x in enumerate(history[monitor])}
        return best + 1, found, curve

    def run(
        self,
        part: Interactions,
        seed: int,
        passes: int,
        looks: int,
        logdir: Path,
        tell: Tell,
        *callbacks: keras.callbacks.Callback,
    ) -> tuple[keras.callbacks.History, float]:
        """Trains from the seed's start, `looks` Keras epochs of `passes` passes each.

        Returns:
            The history, and the seconds of the fit, without what TensorBoard takes.
        """
        recipe, problem = self.recipe, self.problem
        data = batches(
            part,
            recipe.objective,
            self.negatives,
            seed=seed,
            passes=passes,
            batch_size=recipe.batch_size,
            num_negatives=recipe.num_negatives,
        )
        held = problem.validation if part is problem.fitting else None
        self._start(seed, part, data)
        began = time.perf_counter()
        board = TensorBoard(
            logdir,
            part,
            held,
            passes=passes,
            card={"data set": problem.dataset.name, "protocol": problem.in_one_line},
            k=max(problem.cutoffs),
            example_users=problem.example_users,
        )
        watching = [*callbacks, board, _Told(tell, looks)]
        history = fit_batches(self._trained, data, looks, watching)
        return history, time.perf_counter() - began - board.budget.spent

    def _start(self, seed: int, part: Interactions, data: "tf.data.Dataset") -> None:
        """Sets model and optimizer to what they would be if built with this seed.

        Building again, instead, would compile again.
        """
        keras.utils.set_random_seed(seed)
        fresh = _build(self.recipe, self.problem)
        start_at_prior(fresh, part, self.recipe.objective, self.negatives, data)
        for variable, value in zip(self.model.variables, fresh.variables, strict=True):
            variable.assign(value)
        states = zip(
            self._trained.optimizer.variables, self._fresh_optimizer, strict=True
        )
        for variable, value in states:
            variable.assign(value)


class _Told(keras.callbacks.Callback):
    """Tells how far training is."""

    def __init__(self, tell: Tell, looks: int) -> None:
        super().__init__()
        self.tell = tell
        self.looks = looks

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        found = [
            f"{x:.4f} {name}" for name, x in (logs or {}).items() if "ndcg" in name
        ]
        self.tell(f"{epoch + 1} of at most {self.looks} {' '.join(found)}")


def _build(recipe: Recipe, problem: Problem) -> TwoTower:
    metadata = _features(problem) if recipe.features else {}
    if recipe.buckets:
        metadata["item_buckets"] = problem.item_buckets
    return MODELS[recipe.builder](
        problem.train.num_users, problem.train.num_items, **recipe.settings, **metadata
    )


def _features(problem: Problem) -> dict[str, Any]:
    """What towers read of the sides that have something to read."""
    features: dict[str, Any] = {}
    for side in ("user", "item"):
        frame = getattr(problem.train, f"{side}_features")
        known = () if frame is None else frame.columns
        columns = {
            kind: [c for c in getattr(problem.dataset, kind) if c in known]
            for kind in ("categorical", "multi_hot", "numeric")
        }
        if any(columns.values()):
            features[f"{side}_features"], _ = encode_features(frame, **columns)
    return features


def _optimizer(recipe: Recipe, model: TwoTower) -> keras.optimizers.Optimizer:
    main = keras.optimizers.Adam(recipe.learning_rate)
    if recipe.bias_learning_rate is None:
        return main
    return separate_bias_optimizer(
        model, main, keras.optimizers.SGD(recipe.bias_learning_rate)
    )


def _hparams(recipe: Recipe, negatives: str) -> dict[str, Any]:
    settings = {**asdict(recipe), "negatives": negatives}
    settings.update(settings.pop("settings"))
    return {
        name: value if isinstance(value, bool | int | float | str) else str(value)
        for name, value in settings.items()
        if value is not None
    }
