"""From interactions to a trained model: a plan, its batches, and `fit` of Keras."""

import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import keras

from tfrecs._base.checks import check_positive
from tfrecs.data.interactions import Interactions
from tfrecs.data.sizes import check_same_sizes
from tfrecs.losses import RATING_LOSSES, ConfiguredLoss
from tfrecs.losses.score_range import check_score_range
from tfrecs.losses.settings import settings_of
from tfrecs.models.two_tower import TwoTower
from tfrecs.training.defaults import Settings, choose_settings
from tfrecs.training.plan import Negatives, Plan, choose_negatives
from tfrecs.training.recipe import Recipe
from tfrecs.training.svd_start import is_untrained, start_from_svd

if TYPE_CHECKING:
    import tensorflow as tf

STEPS_PER_EXECUTION = 16
"""Steps that run between two returns to Python."""


def fit(
    model: TwoTower,
    train: Interactions,
    *,
    seed: int,
    objective: str | ConfiguredLoss = "auto",
    negatives: str | Negatives = "auto",
    recipe: Recipe | None = None,
    optimizer: keras.optimizers.Optimizer | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    validate_every: int | None = None,
) -> keras.callbacks.History:
    """Trains a model on interactions.

    It chooses settings (`choose_settings`) and negatives (`choose_negatives`), makes
    batches (`Plan.batches`), compiles the model (`compile_for`) and calls Keras
    (`fit_batches`): call these yourself to change a step.

    Args:
        model: from one of the builders; it is trained in place.
        train: the interactions: rankings use its `positives`, and objectives of ratings
            all of them.
        seed: seed of the order and of the negatives. Weights and dropout follow Keras's
            seed: call `keras.utils.set_random_seed` before building the model.
        objective: name in `tfrecs.losses.LOSSES`, `CATALOGUE_LOSSES` or
            `RATING_LOSSES`, or a loss from `tfrecs.losses.configure_loss`. With "auto",
            `choose_settings` chooses it and whatever else is left out by the model and
            the shape of the data; an untrained model may start from an SVD
            (`start_from_svd`). The logger "tfrecs" reports the choice.
        negatives: the items that a positive is compared with: a kind, or a
            `tfrecs.Negatives` with its arguments.
        recipe: whose `training` has the objective, the negatives and the defaults of
            what follows, such as a recipe of `tfrecs.tune`; its model comes from
            `recipe.build(train)`.
        optimizer: by default Adam with a learning rate of 0.003. It visits every row of
            the tables at each step: for large ones use `tfrecs.optimizers`.
        epochs: passes over `train`; 100 by default with an objective.
        batch_size: positives in a batch, 1024 by default, or users for "all" negatives,
            128 by default.
        callbacks: such as `tfrecs.callbacks.RankingMetrics`, or
            `keras.callbacks.ProgbarLogger()` for a progress bar.
        validate_every: epochs between two calls of the callbacks, a divisor of
            `epochs`. To Keras they are one epoch, which has a cost of its own. By
            default the greatest divisor that is at most 5.

    Returns:
        The history of Keras, with a row of metrics for every call of the callbacks. Its
        `params` have `epochs`, `validate_every`, the `objective`, the kind of
        `negatives`, and the `reason` for them.

    Raises:
        ValueError: as `choose_negatives`; if there are an objective or negatives beside
            a recipe; if `train` and the model differ in the number of users or items;
            if `train` has no ratings for an objective of ratings; if the model has a
            `y_range` and ratings are outside, or the objective needs logits; if a size
            is below 1;
            or if `validate_every` does not divide `epochs`.
    """
    check_same_sizes(model, train)
    settings = _settings(model, train, objective, negatives, recipe)
    epochs = settings.epochs if epochs is None else epochs
    batch_size = settings.batch_size if batch_size is None else batch_size
    every = validation_period(epochs) if validate_every is None else validate_every
    check_divides(epochs, every)
    plan = _plan(model, train, settings)
    params = {
        "epochs": epochs,
        "validate_every": every,
        "objective": plan.objective,
        "negatives": plan.negatives.kind,
        "reason": settings.reason or plan.reason,
    }
    logging.getLogger("tfrecs").info(
        ", ".join(f"{name}: {value}" for name, value in params.items())
    )
    data = plan.batches(train, seed=seed, epochs=every, batch_size=batch_size)
    if settings.short and is_untrained(model):
        start_from_svd(model, train, seed=seed)
    start_at_prior(model, train, plan, batch_size)
    steps = int(data.cardinality()) * (epochs // every)
    trained = compile_for(model, plan, optimizer or settings.optimizer(model, steps))
    history = fit_batches(trained, data, epochs // every, callbacks)
    history.params.update(params)
    return history


def _settings(
    model: TwoTower,
    train: Interactions,
    objective: str | ConfiguredLoss,
    negatives: str | Negatives,
    recipe: Recipe | None,
) -> Settings:
    """Returns the settings of the recipe, or the arguments and defaults for the rest.

    Raises:
        ValueError: if there are an objective or negatives beside a recipe.
    """
    auto = objective == "auto"
    if recipe is not None:
        if not auto or negatives != "auto":
            raise ValueError(
                "`objective` and `negatives` must be left out with a recipe, which has "
                f"its own. Received: {objective=!r}, {negatives=!r}"
            )
        return recipe.training
    settings = choose_settings(model, train) if auto else Settings(objective)
    if negatives != "auto":  # whose batches may be of users
        settings = replace(settings, negatives=negatives, batch_size=None)
    return settings


def _plan(model: TwoTower, train: Interactions, settings: Settings) -> Plan:
    """Chooses negatives; raises ValueError if the model's scores do not fit them."""
    plan = choose_negatives(train, settings.objective, settings.negatives)
    check_score_range(model.interaction.y_range, plan.objective, train.ratings)
    return plan


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
    model: TwoTower, train: Interactions, plan: Plan, batch_size: int | None = None
) -> None:
    """Sets the global bias of an untrained model to a closed-form start.

    For "bce" this is the log-odds of a positive: without it almost all pairs start
    wrong, and on ML-100K a hundred epochs go into this number. For ratings it is their
    mean. Losses that rank do not depend on it. A bias that is frozen or not 0 is left
    alone. For the arguments see `fit` and `Plan`.

    References:
        Lin et al. 2017, "Focal Loss for Dense Object Detection", sec. 3.3.
    """
    interaction = model.interaction
    if not interaction.use_bias or not interaction.global_bias.trainable:
        return
    if float(interaction.global_bias) != 0:
        return
    if train.ratings is not None and plan.objective in RATING_LOSSES:
        prior = float(train.ratings.mean())
    elif plan.objective == "bce":
        prior = -math.log(max(1, plan.others(train, batch_size)))
    else:
        return
    interaction.global_bias.assign(_before_range(prior, interaction.y_range))


def _before_range(score: float, y_range: tuple[float, float] | None) -> float:
    """Returns the logit of a score within the range, kept off its ends."""
    if y_range is None:
        return score
    low, high = y_range
    share = min(max((score - low) / (high - low), 0.01), 0.99)
    return math.log(share / (1 - share))


def compile_for(
    model: TwoTower, plan: Plan, optimizer: keras.optimizers.Optimizer
) -> keras.Model:
    """Compiles a model for a plan, and returns the model to call Keras's `fit` on.

    This is the model itself for ratings and own negatives, or a view of it that scores
    the whole catalogue or the negatives of a batch. A loss that estimates ranks gets
    the number of items.
    """
    trained = plan.row.view(model, plan.settings)
    loss = plan.row.losses[plan.objective]
    values = {"num_items": model.num_items, **plan.settings}
    settings = {name: values[name] for name in settings_of(loss) if name in values}
    # XLA and `tf.distribute` do not go together on CPUs, for any optimizer.
    strategy = getattr(trained, "distribute_strategy", None)  # TensorFlow's alone
    trained.compile(
        optimizer,
        loss=ConfiguredLoss(plan.objective, loss, settings) if settings else loss,
        jit_compile=strategy is None or strategy.num_replicas_in_sync == 1,
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    return trained


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
    shown = any(isinstance(c, keras.callbacks.ProgbarLogger) for c in callbacks)
    return trained.fit(
        data,
        epochs=iterations,
        steps_per_epoch=int(data.cardinality()),  # or Keras opens the data twice
        callbacks=list(callbacks),
        shuffle=False,
        verbose=int(shown),  # a logger prints nothing with 0
    )
