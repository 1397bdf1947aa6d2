"""From interactions to a trained model: a pipeline, a loss, and `fit` of Keras."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras

from tfrecs._checks import check_choice, check_positive
from tfrecs.interactions import Interactions
from tfrecs.losses import CATALOGUE_LOSSES, LOSSES
from tfrecs.models import TwoTower
from tfrecs.pipelines import pairwise_batches, user_batches

if TYPE_CHECKING:
    import tensorflow as tf

STEPS_PER_EXECUTION = 16
"""Steps that run between two returns to Python."""


def fit(
    model: TwoTower,
    train: Interactions,
    *,
    seed: int,
    objective: str = "catalogue-bce",
    optimizer: keras.optimizers.Optimizer | None = None,
    epochs: int = 20,
    passes: int = 5,
    batch_size: int | None = None,
    num_negatives: int = 8,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: str | int = 0,
) -> keras.callbacks.History:
    """Trains a model on interactions: `batches`, `compile_for` and `fit` of Keras.

    Args:
        model: from one of our builders; it is trained in place.
        train: the positives.
        seed: of the order and of the negatives. The model's start and its dropout are
            Keras's: call `keras.utils.set_random_seed` before building it.
        objective: a name of `tfrecs.losses.CATALOGUE_LOSSES`, which score the whole
            catalogue for each user of a batch, or of `LOSSES`, which score a positive
            beside `num_negatives`. Prefer the first while the catalogue is small.
        optimizer: Adam with a learning rate of 0.003 if not given.
        epochs: the number of epochs.
        passes: times that an epoch goes over `train`.
        batch_size: users in a batch (128 if not given) or positives (1024).
        num_negatives: items drawn for each positive; not for catalogue objectives.
        callbacks: such as `tfrecs.callbacks.RankingMetrics`.
        verbose: as of `keras.Model.fit`.

    Returns:
        The history of `keras.Model.fit`.

    Raises:
        ValueError: if `objective` is unknown or for the whole catalogue while `train`
            has weights, a size is below 1, or `train` has not the model's users and
            items.
    """
    if (train.num_users, train.num_items) != (model.num_users, model.num_items):
        raise ValueError(
            f"`model` must be built for {train.num_users} users and {train.num_items} "
            f"items, those of `train`. Received: {model.num_users} and "
            f"{model.num_items}"
        )
    if train.weights is not None and objective in CATALOGUE_LOSSES:
        raise ValueError(
            f"`objective` must be one of {', '.join(LOSSES)} to use the weights of "
            f"`train`. Received: {objective!r}"
        )
    check_positive(epochs=epochs)
    start_at_prior(model, train, objective, num_negatives)
    data = batches(
        train,
        objective,
        seed=seed,
        passes=passes,
        batch_size=batch_size,
        num_negatives=num_negatives,
    )
    trained = compile_for(model, objective, optimizer or keras.optimizers.Adam(3e-3))
    return trained.fit(
        data, epochs=epochs, callbacks=list(callbacks), shuffle=False, verbose=verbose
    )


def start_at_prior(
    model: TwoTower, train: Interactions, objective: str, num_negatives: int
) -> None:
    """Sets the global bias of an untrained model to the log-odds of a positive.

    Losses that ask "is this an interaction?" start with almost all pairs wrong
    otherwise, and on ML-100K spend a hundred passes on this one number. Losses that
    rank do not see it. A bias that is not 0 any more is left alone.

    References:
        Lin et al. 2017, "Focal Loss for Dense Object Detection", sec. 3.3.
    """
    bias = model.interaction.global_bias
    if float(bias) != 0:
        return
    if objective == "catalogue-bce":
        others = train.num_users * train.num_items - len(train)
        bias.assign(math.log(len(train) / max(1, others)))
    elif objective == "bce":
        bias.assign(-math.log(num_negatives))


def batches(
    train: Interactions,
    objective: str,
    *,
    seed: int,
    passes: int,
    batch_size: int | None,
    num_negatives: int,
    max_positives: int | None = None,
) -> "tf.data.Dataset":
    """Gives the batches that `objective` takes.

    Arguments are those of `fit`, and `max_positives` that of `user_batches`.
    """
    check_choice("objective", objective, (*LOSSES, *CATALOGUE_LOSSES))
    if objective in CATALOGUE_LOSSES:
        size = 128 if batch_size is None else batch_size
        return user_batches(
            train,
            seed=seed,
            batch_size=size,
            max_positives=max_positives,
            passes=passes,
        )
    return pairwise_batches(
        train,
        seed=seed,
        batch_size=1024 if batch_size is None else batch_size,
        num_negatives=num_negatives,
        passes=passes,
    )


def compile_for(
    model: TwoTower, objective: str, optimizer: keras.optimizers.Optimizer
) -> keras.Model:
    """Compiles a model for an objective and gives what to call `fit` on.

    That is the model itself, or `model.over_catalogue()` for catalogue objectives.
    """
    check_choice("objective", objective, (*LOSSES, *CATALOGUE_LOSSES))
    trained = model.over_catalogue() if objective in CATALOGUE_LOSSES else model
    trained.compile(
        optimizer,
        loss={**LOSSES, **CATALOGUE_LOSSES}[objective],
        jit_compile=True,
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    return trained
