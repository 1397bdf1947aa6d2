"""From interactions to a trained model: a pipeline, a loss, and `fit` of Keras."""

import logging
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras

from tfrecs._base.checks import check_positive
from tfrecs.data.interactions import Interactions
from tfrecs.data.popularity import check_exponent
from tfrecs.losses import CATALOGUE_LOSSES, LOSSES, RATING_LOSSES, ConfiguredLoss
from tfrecs.losses.settings import settings_of
from tfrecs.models.two_tower import TwoTower
from tfrecs.training.batches import (
    pairwise_batches,
    rating_batches,
    several_positives_batches,
    shared_negatives_batches,
    user_batches,
)
from tfrecs.training.objectives import NEGATIVES as NEGATIVES
from tfrecs.training.objectives import OBJECTIVES as OBJECTIVES
from tfrecs.training.objectives import OWN_NEGATIVES, SEVERAL_POSITIVES
from tfrecs.training.objectives import Negatives as Negatives
from tfrecs.training.objectives import choose_negatives as choose_negatives
from tfrecs.training.partial_credit import PartialCredit

if TYPE_CHECKING:
    import tensorflow as tf

STEPS_PER_EXECUTION = 16
"""Steps that run between two returns to Python."""


def fit(
    model: TwoTower,
    train: Interactions,
    *,
    seed: int,
    objective: str | ConfiguredLoss = "bce",
    negatives: str = "auto",
    optimizer: keras.optimizers.Optimizer | None = None,
    epochs: int = 100,
    validate_every: int | None = None,
    batch_size: int | None = None,
    num_negatives: int | None = None,
    exponent: float = 1.0,
    credit: PartialCredit | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.callbacks.History:
    """Trains a model on interactions: `batches`, `compile_for` and `fit` of Keras.

    Args:
        model: from one of our builders; it is trained in place.
        train: the positives, or rated interactions for objectives of ratings.
        seed: of the order and of the negatives. The model's start and its dropout are
            Keras's: call `keras.utils.set_random_seed` before building it.
        objective: a name of `tfrecs.losses.LOSSES`, `CATALOGUE_LOSSES` or
            `RATING_LOSSES`, or what `tfrecs.losses.configure_loss` gives for one, with
            settings.
        negatives: which items a positive stands against; see
            `tfrecs.training.objectives.choose_negatives`. What "auto" chose, and why, is in the
            `params` of the history, and logged by the logger "tfrecs".
        optimizer: Adam with a learning rate of 0.003 if not given. It visits every row
            of the tables at each step: for large ones give one of `tfrecs.optimizers`.
        epochs: passes over `train`.
        validate_every: epochs between two calls of the callbacks, a divisor of
            `epochs`. To Keras they are one epoch, which has a cost of its own. By
            default the greatest divisor that is at most 5.
        batch_size: users, for "all" negatives, or positives in a batch; by default that
            of the pipeline (see `batches`).
        num_negatives: items drawn for each positive, where negatives are its own, or
            for the batch, for "uniform" and "popularity"; by default that of the
            pipeline.
        exponent: of "popularity" and "own-popularity": an item is drawn by its
            interactions to that power.
        credit: what negatives are given for being like the positive; see
            `tfrecs.training.partial_credit`. For negatives of a positive's own or shared by a batch.
        callbacks: such as `tfrecs.callbacks.RankingMetrics`, or
            `keras.callbacks.ProgbarLogger()` for a progress bar.

    Returns:
        The history of `keras.Model.fit`.

    Raises:
        ValueError: if `objective` or `negatives` is unknown, or they do not go
            together; if `train` has weights or there is `credit` that would not be
            used; if `train` has no ratings for an objective of ratings; if a size is
            below 1; if `exponent` is given for others than popular negatives; or if
            `train` or `credit` has not the model's users and items.
    """
    if (train.num_users, train.num_items) != (model.num_users, model.num_items):
        raise ValueError(
            f"`model` must be built for {train.num_users} users and {train.num_items} "
            f"items, those of `train`. Received: {model.num_users} and "
            f"{model.num_items}"
        )
    every = validation_period(epochs) if validate_every is None else validate_every
    check_divides(epochs, every)
    name, _ = _named(objective)
    chosen = choose_negatives(train, name, negatives, credit)
    logging.getLogger("tfrecs").info("negatives: %s, %s", chosen.kind, chosen.why)
    data = batches(
        train,
        name,
        chosen.kind,
        seed=seed,
        epochs=every,
        batch_size=batch_size,
        num_negatives=num_negatives,
        exponent=exponent,
        credit=credit,
    )
    start_at_prior(model, train, name, chosen.kind, data)
    optimizer = optimizer or keras.optimizers.Adam(3e-3)
    trained = compile_for(model, objective, chosen.kind, optimizer)
    history = fit_batches(trained, data, epochs // every, callbacks)
    history.params.update(
        epochs=epochs,
        validate_every=every,
        negatives=chosen.kind,
        reason=chosen.why,
    )
    return history


def validation_period(epochs: int, longest: int = 5) -> int:
    """Returns the greatest divisor of `epochs` that is at most `longest`."""
    check_positive(epochs=epochs)
    return max(n for n in range(1, longest + 1) if epochs % n == 0)


def check_divides(epochs: int, validate_every: int) -> None:
    """Raises ValueError if `validate_every` does not divide `epochs`."""
    check_positive(epochs=epochs, validate_every=validate_every)
    if epochs % validate_every:
        near = max(1, round(epochs / validate_every)) * validate_every
        raise ValueError(
            f"`validate_every` must divide epochs={epochs}. Received: validate_every="
            f"{validate_every}. Use epochs={near}, or validate_every="
            f"{validation_period(epochs, validate_every)}."
        )


def start_at_prior(
    model: TwoTower,
    train: Interactions,
    objective: str,
    negatives: str,
    data: "tf.data.Dataset",
) -> None:
    """Sets the global bias of an untrained model to what is known without learning.

    That is the log-odds of a positive for losses that ask "is this an interaction?",
    which start with almost all pairs wrong otherwise, and on ML-100K spend a hundred
    passes on this one number; and the mean rating for losses of ratings. Losses that
    rank do not see it. A bias that is not 0 any more, or frozen, is left alone.

    Arguments are those of `batches`, and `data` is what it returns for them.

    References:
        Lin et al. 2017, "Focal Loss for Dense Object Detection", sec. 3.3.
    """
    interaction = model.interaction
    if not interaction.use_bias or not interaction.global_bias.trainable:
        return
    if float(interaction.global_bias) != 0:
        return
    if train.ratings is not None and objective in RATING_LOSSES:
        prior = float(train.ratings.mean())
    elif objective == "bce":
        prior = -math.log(max(1, _others(train, negatives, data)))
    else:
        return
    interaction.global_bias.assign(_before_range(prior, interaction.y_range))


def _others(train: Interactions, negatives: str, data: "tf.data.Dataset") -> float:
    """How many other items stand against each positive."""
    if negatives == "all":
        return train.num_users * train.num_items / len(train) - 1
    return data.element_spec[1].shape[1] - 1


def _before_range(score: float, y_range: tuple[float, float] | None) -> float:
    """What becomes the score in the range, or near its ends what is close to it."""
    if y_range is None:
        return score
    low, high = y_range
    share = min(max((score - low) / (high - low), 0.01), 0.99)
    return math.log(share / (1 - share))


def batches(
    train: Interactions,
    objective: str,
    negatives: str,
    *,
    seed: int,
    epochs: int,
    batch_size: int | None = None,
    num_negatives: int | None = None,
    exponent: float = 1.0,
    credit: PartialCredit | None = None,
) -> "tf.data.Dataset":
    """Gives the batches that `objective` takes with `negatives`, not "auto".

    They are those of `user_batches` for "all" negatives, of `rating_batches` for
    "none", of `pairwise_batches` for those of `OWN_NEGATIVES` or, for "kos-warp", of
    `several_positives_batches`, and else of `shared_negatives_batches`. Arguments are those of
    `fit`, the objective by its name; sizes that are not given are the pipeline's own.
    """
    given: dict[str, Any] = {"seed": seed, "epochs": epochs}
    if batch_size is not None:
        given["batch_size"] = batch_size
    if negatives in ("all", "none"):
        check_exponent(negatives, exponent)
        return (user_batches if negatives == "all" else rating_batches)(train, **given)
    given["exponent"] = exponent
    if num_negatives is not None:
        given["num_negatives"] = num_negatives
    if objective == SEVERAL_POSITIVES:
        sampling = OWN_NEGATIVES[negatives]
        return several_positives_batches(train, sampling=sampling, **given)
    given["credit"] = credit
    if negatives in OWN_NEGATIVES:
        return pairwise_batches(train, sampling=OWN_NEGATIVES[negatives], **given)
    correct = objective == "softmax"
    return shared_negatives_batches(train, sampling=negatives, correct=correct, **given)


def fit_batches(
    trained: keras.Model,
    data: "tf.data.Dataset",
    iterations: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.callbacks.History:
    """Calls Keras's `fit` on a compiled model and a pipeline's batches.

    Args:
        trained: from `compile_for`.
        data: batches; an iteration is a Keras epoch, after which callbacks are called.
        iterations: the number of iterations over `data`.
        callbacks: as of `fit`.
    """
    return trained.fit(
        data,
        epochs=iterations,
        steps_per_epoch=int(data.cardinality()),  # or Keras opens the data twice
        callbacks=list(callbacks),
        shuffle=False,
        verbose=int(
            any(isinstance(c, keras.callbacks.ProgbarLogger) for c in callbacks)
        ),
    )


def compile_for(
    model: TwoTower,
    objective: str | ConfiguredLoss,
    negatives: str,
    optimizer: keras.optimizers.Optimizer,
) -> keras.Model:
    """Compiles a model for an objective and gives what to call `fit` on.

    That is the model itself for ratings and a positive's own negatives, or a view of it
    that scores the whole catalogue or the negatives that a batch shares. A loss that
    estimates ranks is told the catalogue's size.
    """
    name, settings = _named(objective)
    if negatives in OWN_NEGATIVES:
        trained, losses = model, LOSSES
    elif negatives == "none":
        trained, losses = model, RATING_LOSSES
    elif negatives == "all":
        trained, losses = model.over_catalogue(), CATALOGUE_LOSSES
    else:
        temperature = settings.get("temperature", 1.0)
        trained, losses = model.over_shared_negatives(temperature), LOSSES
    loss = losses[name]
    if "num_items" in settings_of(loss):
        settings = {"num_items": model.num_items, **settings}
    # XLA and `tf.distribute` do not go together on CPUs, for any optimizer.
    strategy = getattr(trained, "distribute_strategy", None)  # TensorFlow's alone
    trained.compile(
        optimizer,
        loss=ConfiguredLoss(name, loss, settings) if settings else loss,
        jit_compile=strategy is None or strategy.num_replicas_in_sync == 1,
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    return trained


def _named(objective: str | ConfiguredLoss) -> tuple[str, dict[str, float]]:
    """The objective's name in the registries, and its settings."""
    if isinstance(objective, str):
        return objective, {}
    return objective.name, objective.settings
