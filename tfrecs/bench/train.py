"""Trains a model by its recipe: choose the epochs, then train on everything."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfrecs.bench.problem import Problem
from tfrecs.bench.recipes import Recipe
from tfrecs.bench.result import Result, Tell
from tfrecs.callbacks import RankingMetrics, TensorBoard
from tfrecs.features import encode_features
from tfrecs.interactions import Interactions
from tfrecs.losses import CATALOGUE_LOSSES
from tfrecs.models import MODELS, TwoTower
from tfrecs.optimizers import separate_bias_optimizer
from tfrecs.training import batches, compile_for, start_at_prior

PATIENCE = 3
"""Looks at the validation data without a better one, after which training stops."""

CATALOGUE_COST = 20
"""How many pairs of a catalogue-wide objective cost as much as one sampled pair."""


def train(
    name: str,
    recipe: Recipe,
    problem: Problem,
    *,
    seed: int,
    epochs: int | None,
    logdir: Path,
    tell: Tell,
) -> tuple[TwoTower, Result]:
    """Trains a model on `problem.train`.

    Args:
        name: the row's name.
        recipe: its settings.
        problem: the data.
        seed: of weights, order, negatives and dropout.
        epochs: passes over the data; None to choose them, see `Training.choose`.
        logdir: folder of the run's TensorBoard logs.
        tell: told what is going on.

    Returns:
        The model, and its result without an evaluation.
    """
    training = Training(recipe, problem, seed=seed, logdir=logdir, tell=tell)
    began = time.perf_counter()
    looks, validation = training.choose() if epochs is None else (0, {})
    selection_seconds = time.perf_counter() - began
    passes = recipe.passes
    if epochs is not None:
        passes = max(n for n in range(1, recipe.passes + 1) if epochs % n == 0)
        looks = epochs // passes
    began = time.perf_counter()
    training.run(problem.train, "fit", passes, looks)
    return training.model, Result(
        model=name,
        seed=seed,
        fit_seconds=time.perf_counter() - began,
        selection_seconds=selection_seconds,
        epochs=passes * looks,
        parameters=sum(int(np.prod(w.shape)) for w in training.model.trainable_weights),
        validation=validation,
        hparams=_hparams(recipe, training.objective),
    )


class Training:
    """A model and its optimizer, which can start again from the same weights.

    Starting again, rather than building again, keeps what XLA compiled.

    Args:
        recipe: the settings.
        problem: the data.
        seed: of weights, order, negatives and dropout.
        logdir: folder of the run's TensorBoard logs.
        tell: told what is going on.
    """

    def __init__(
        self, recipe: Recipe, problem: Problem, *, seed: int, logdir: Path, tell: Tell
    ) -> None:
        keras.utils.set_random_seed(seed)
        self.recipe = recipe
        self.problem = problem
        self.seed = seed
        self.logdir = logdir
        self.tell = tell
        self.objective = _objective(recipe, problem.train)
        self.model = _build(recipe, problem)
        start_at_prior(self.model, problem.train, self.objective, recipe.num_negatives)
        optimizer = _optimizer(recipe, self.model)
        self._trained = compile_for(self.model, self.objective, optimizer)
        optimizer.build(self._trained.trainable_variables)
        self._start = [np.array(variable) for variable in self._state()]

    def choose(self) -> tuple[int, dict[str, float]]:
        """Chooses how long to train, and sets the weights back.

        Trains on `problem.fitting` and ranks for the users of `problem.validation`
        after every `recipe.passes` passes; the best look is that with the highest NDCG
        at the largest k.

        Returns:
            The number of looks up to the best one, and the metrics seen there.
        """
        problem, k = self.problem, max(self.problem.cutoffs)
        watch = RankingMetrics(
            problem.fitting, problem.validation, k=k, exclude_seen=problem.exclude_seen
        )
        monitor = f"val_ndcg@{k}"
        stop = keras.callbacks.EarlyStopping(monitor, mode="max", patience=PATIENCE)
        passes = self.recipe.passes
        looks = self.recipe.most_passes // passes
        history = self.run(
            problem.fitting, "select", passes, looks, watch, stop
        ).history
        best = int(np.argmax(history[monitor]))
        for variable, value in zip(self._state(), self._start, strict=True):
            variable.assign(value)
        found = {
            name: x[best] for name, x in history.items() if name.startswith("val_")
        }
        return best + 1, found

    def run(
        self,
        part: Interactions,
        folder: str,
        passes: int,
        looks: int,
        *callbacks: keras.callbacks.Callback,
    ) -> keras.callbacks.History:
        """Trains on `part`, `looks` Keras epochs of `passes` passes each."""
        recipe = self.recipe
        data = batches(
            part,
            self.objective,
            seed=self.seed,
            passes=passes,
            batch_size=recipe.batch_size,
            num_negatives=recipe.num_negatives,
            max_positives=_most_positives(self.problem.train),
        )
        board = TensorBoard(
            self.logdir / folder, interactions_per_epoch=passes * len(part)
        )
        return self._trained.fit(
            data,
            epochs=looks,
            callbacks=[*callbacks, board, _Told(self.tell, looks)],
            shuffle=False,
            verbose=0,
        )

    def _state(self) -> list[Any]:
        return [*self._trained.variables, *self._trained.optimizer.variables]


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
    features: dict[str, Any] = {}
    for side in ("user", "item") if recipe.features else ():
        frame = getattr(problem.train, f"{side}_features")
        columns = {
            kind: [c for c in getattr(problem.dataset, kind) if c in frame.columns]
            for kind in ("categorical", "multi_hot", "numeric")
        }
        if any(columns.values()):
            features[f"{side}_features"], _ = encode_features(frame, **columns)
    return MODELS[recipe.builder](
        problem.train.num_users, problem.train.num_items, **recipe.settings, **features
    )


def _optimizer(recipe: Recipe, model: TwoTower) -> keras.optimizers.Optimizer:
    main = keras.optimizers.Adam(recipe.learning_rate)
    if recipe.bias_learning_rate is None:
        return main
    return separate_bias_optimizer(
        model, main, keras.optimizers.SGD(recipe.bias_learning_rate)
    )


def _objective(recipe: Recipe, train: Interactions) -> str:
    """The recipe's objective, or a sampled one where the catalogue costs too much."""
    whole = train.num_users * train.num_items
    sampled = len(train) * (1 + recipe.num_negatives)
    if recipe.objective in CATALOGUE_LOSSES and whole > CATALOGUE_COST * sampled:
        return "sampled-softmax"
    return recipe.objective


def _most_positives(train: Interactions) -> int:
    """One width for both trainings, so that they share what was compiled."""
    return int(min(1024, np.diff(train.matrix.indptr).max()))


def _hparams(recipe: Recipe, objective: str) -> dict[str, Any]:
    settings = {**asdict(recipe), "objective": objective}
    settings.update(settings.pop("settings"))
    return {
        name: value if isinstance(value, bool | int | float | str) else str(value)
        for name, value in settings.items()
        if value is not None
    }
