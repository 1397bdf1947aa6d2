"""How the benchmarks train a model of ours: a setting, and what it gives."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from _report import seconds

from tfrecs import FeatureEncoder, Interactions
from tfrecs.bench.baselines import Fitted
from tfrecs.models import build_hybrid
from tfrecs.models.two_tower import TwoTower
from tfrecs.training.bias_start import start_at_prior
from tfrecs.training.fit import compile_for, fit, fit_batches
from tfrecs.training.partial_credit import PartialCredit
from tfrecs.training.plan import Negatives, Plan


def adam(model: TwoTower, rate: Any) -> keras.optimizers.Optimizer:
    """One optimizer for all weights."""
    return keras.optimizers.Adam(rate)


@dataclass(frozen=True)
class Setting:
    """A training of a set length, whose learning rate falls to 0 on a cosine.

    Args:
        build: takes the training data and gives an untrained model.
        epochs: over the training data.
        learning_rate: at the start.
        optimizer: takes a model and a schedule and gives an optimizer.
        objective: a name in `tfrecs.training.objectives.OBJECTIVES`.
        negatives: a name in `tfrecs.training.objectives.NEGATIVES`, not "auto".
        batch_size: None for the pipeline's default, like what follows.
        num_negatives: for each positive or for the batch.
        credit: takes the training data and gives partial credit; None for none.
    """

    build: Callable[[Interactions], TwoTower]
    epochs: int
    learning_rate: float
    optimizer: Callable[[TwoTower, Any], keras.optimizers.Optimizer] = adam
    objective: str = "bce"
    negatives: str = "all"
    batch_size: int | None = None
    num_negatives: int | None = None
    credit: Callable[[Interactions], PartialCredit] | None = None

    def __call__(self, train: Interactions, seed: int) -> Fitted:
        """Trains; the seconds have tracing and compiling in them."""
        keras.utils.set_random_seed(seed)
        model = self.build(train)
        return self.go_on(model, train, seed)

    def go_on(self, model: TwoTower, train: Interactions, seed: int) -> Fitted:
        """Trains a model from where it stands."""
        trained, data = self.prepare(model, train, seed)
        taken = seconds(lambda: fit_batches(trained, data, 1))
        parameters = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
        return Fitted(model.score_users, taken, self.epochs, parameters)

    def prepare(
        self, model: TwoTower, train: Interactions, seed: int
    ) -> tuple[keras.Model, tf.data.Dataset]:
        """Gives what to call `fit` on, compiled, and the batches for it."""
        credit = None if self.credit is None else self.credit(train)
        negatives = Negatives(self.negatives, self.num_negatives, credit=credit)
        plan = Plan(self.objective, negatives)
        data = plan.batches(
            train, seed=seed, epochs=self.epochs, batch_size=self.batch_size
        )
        start_at_prior(model, train, plan, self.batch_size)
        steps = int(data.cardinality())
        decay = keras.optimizers.schedules.CosineDecay(self.learning_rate, steps)
        optimizer = self.optimizer(model, decay)
        return compile_for(model, plan, optimizer), data


@dataclass(frozen=True)
class ByShape:
    """A training with the settings that `tfrecs.fit` chooses by the data's shape.

    Args:
        build: takes the training data and gives an untrained model.
    """

    build: Callable[[Interactions], TwoTower]

    def __call__(self, train: Interactions, seed: int) -> Fitted:
        """Trains; the seconds have tracing and compiling in them."""
        keras.utils.set_random_seed(seed)
        model = self.build(train)
        began = time.perf_counter()
        epochs = fit(model, train, seed=seed).params["epochs"]
        taken = time.perf_counter() - began
        return Fitted(model.score_users, taken, epochs, model.count_params())


def built(
    builder: Callable[..., TwoTower], **settings: Any
) -> Callable[[Interactions], TwoTower]:
    """Takes training data and builds a model of its size."""
    return lambda train: builder(train.num_users, train.num_items, **settings)


def hybrid(train: Interactions, **settings: Any) -> TwoTower:
    """Builds the hybrid with ML-100K's metadata of films and people."""
    of_films = FeatureEncoder(categorical=["decade"], multi_hot=["genres"])
    of_people = FeatureEncoder(categorical=["age_group", "gender", "occupation"])
    return build_hybrid(
        train.num_users,
        train.num_items,
        item_features=of_films.fit_transform(train.item_features),
        user_features=of_people.fit_transform(train.user_features),
        **settings,
    )
