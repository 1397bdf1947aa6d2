"""From interactions to a trained model: a plan, its batches, and `fit` of Keras."""

import logging
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import keras

from tfrecs._base.checks import check_positive
from tfrecs._base.forks import check_not_forked
from tfrecs.data.interactions import Interactions
from tfrecs.data.sizes import check_same_sizes
from tfrecs.losses import CATALOGUE_LOSSES, LOSSES, RATING_LOSSES, ConfiguredLoss, Loss
from tfrecs.losses.score_range import check_score_range
from tfrecs.losses.settings import settings_of, title_of
from tfrecs.models.finite_weights import check_weights
from tfrecs.models.two_tower import TwoTower
from tfrecs.training.checkpoints.beginning import Run
from tfrecs.training.checkpoints.checkpoint import Checkpoint
from tfrecs.training.custom_loss import Objective
from tfrecs.training.defaults import Settings, choose_settings
from tfrecs.training.finite_loss import FiniteLoss
from tfrecs.training.plan import Negatives, Plan, choose_negatives
from tfrecs.training.ranking_metrics import RankingMetrics
from tfrecs.training.recipe import Recipe
from tfrecs.training.several_devices import batches_of_devices, scope_of, strategy_of

if TYPE_CHECKING:
    import tensorflow as tf

STEPS_PER_EXECUTION = 16
"""Steps that run between two returns to Python."""


def fit(
    model: TwoTower,
    train: Interactions,
    *,
    seed: int,
    validation: Interactions | None = None,
    objective: Objective = "auto",
    negatives: str | Negatives = "auto",
    recipe: Recipe | None = None,
    optimizer: keras.optimizers.Optimizer | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    validate_every: int | None = None,
    verbose: bool | None = None,
    checkpoint: str | Path | None = None,
) -> keras.callbacks.History:
    """Trains a model on interactions.

    It chooses settings (`choose_settings`) and negatives (`choose_negatives`), makes
    batches (`Plan.batches`), compiles the model (`compile_for`) and calls Keras
    (`fit_batches`): call these yourself to change a step.

    Callbacks get `model`, also where a view of it trains. Afterwards `model` is
    compiled with the optimizer, its state and the loss: `model.fit`, `model.evaluate`
    and `model.save` go on from there, and so does `fit` with
    `optimizer=model.optimizer`.

    Args:
        model: from one of the builders; it is trained in place.
        train: the interactions: rankings use its `positives`, and objectives of ratings
            all of them.
        seed: seed of the order and of the negatives. Weights and dropout follow Keras's
            seed: call `keras.utils.set_random_seed` before building the model.
        validation: held-out interactions, never the test set, for ranking metrics
            after each validation period, such as `val_ndcg@10` in the history. For
            other metrics or fewer users pass `tfrecs.callbacks.RankingMetrics`.
        objective: name in `tfrecs.losses.LOSSES`, `CATALOGUE_LOSSES` or
            `RATING_LOSSES`, a loss from `tfrecs.losses.configure_loss`, or any loss of
            Keras or function of labels and scores (logits). With "auto",
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
        callbacks: callbacks of Keras, after the metrics of `validation`.
        validate_every: epochs between two calls of the callbacks, a divisor of
            `epochs`. To Keras they are one epoch, which has a cost of its own. By
            default the greatest divisor that is at most 5.
        verbose: whether to show Keras's progress bar; by default on a terminal.
        checkpoint: folder of this training's checkpoints, one for each call of the
            callbacks. A training that was killed goes on from the last one, to the same
            weights, if the same call is made again; one that has ended returns. See
            `tfrecs.callbacks.Checkpoint`.

    Returns:
        The history of Keras, with a row of metrics for every call of the callbacks. Its
        `params` have `epochs`, `validate_every`, the `objective`, the kind of
        `negatives`, and the `reason` for them.

    Raises:
        NotFinite: if the loss is NaN or infinite, soon after the step, or the weights
            in the end; they stay as they are. A callback that stops the training then,
            such as `keras.callbacks.TerminateOnNaN`, prevents it.
        ValueError: as `choose_negatives`; if there are an objective or negatives beside
            a recipe; if `train` and the model differ in the number of users or items;
            if `train` has no ratings for an objective of ratings; if the model has a
            `y_range` and ratings are outside, or the objective needs logits; if a size
            is below 1; if `validate_every` does not divide `epochs`; or if
            `checkpoint` is damaged or of another training.
    """
    check_not_forked()
    check_same_sizes(model, train)
    settings = _settings(model, train, objective, negatives, recipe)
    epochs = settings.epochs if epochs is None else epochs
    batch_size = settings.batch_size if batch_size is None else batch_size
    every = validation_period(epochs) if validate_every is None else validate_every
    check_divides(epochs, every)
    plan = _plan(model, train, settings)
    params = _logged(plan, epochs, every, settings.reason)
    order = {"seed": seed, "epochs": every, "batch_size": batch_size}
    run = Run(model, train, plan, order, epochs)
    data = run.batches()
    optimizer = optimizer or settings.optimizer(model, run.steps(data))
    if validation is not None:
        callbacks = [RankingMetrics(train, validation), *callbacks]
    saved = run.checkpoint(checkpoint, optimizer, validation, callbacks)
    data = run.begin(data, saved.epochs_done if saved else 0, settings.short)
    trained = compile_for(model, plan, optimizer)
    history = fit_batches(
        trained, data, epochs // every, callbacks, saved, every=every, verbose=verbose
    )
    history.params.update(params)
    return history


def _logged(plan: Plan, epochs: int, every: int, reason: str) -> dict[str, str | int]:
    """Logs the choice, and returns it for the history."""
    params: dict[str, str | int] = {
        "epochs": epochs,
        "validate_every": every,
        "objective": plan.objective,
        "negatives": plan.negatives.kind,
        "reason": reason or plan.reason,
    }
    logging.getLogger("tfrecs").info(
        ", ".join(f"{name}: {value}" for name, value in params.items())
    )
    return params


def _settings(
    model: TwoTower,
    train: Interactions,
    objective: Objective,
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
    plan = choose_negatives(
        train, settings.objective, settings.negatives, max_length=model.max_length
    )
    if plan.negatives.kind == "none":
        check_score_range(model.interaction.y_range, "mse", train.ratings)
    elif plan.loss is None:
        check_score_range(model.interaction.y_range, plan.objective, None)
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


def compile_for(
    model: TwoTower, plan: Plan, optimizer: keras.optimizers.Optimizer
) -> keras.Model:
    """Compiles a model for a plan, and returns the model to call Keras's `fit` on.

    This is the model itself for ratings and own negatives, or a view of it that scores
    the whole catalogue or the negatives of a batch. The model is then compiled with the
    same optimizer, and with the objective's loss of one positive and its negatives.
    """
    with scope_of(model):
        trained = plan.row.view(model, plan.settings)
    # With `tf.distribute`, XLA fails on CPUs and several steps in one call do too.
    is_alone = strategy_of(trained) is None
    options = {
        "jit_compile": is_alone,
        "steps_per_execution": STEPS_PER_EXECUTION if is_alone else 1,
    }
    losses = {**RATING_LOSSES, **CATALOGUE_LOSSES, **LOSSES}
    trained.compile(optimizer, loss=_loss(model, plan, plan.row.losses), **options)
    if trained is not model:
        model.compile(trained.optimizer, loss=_loss(model, plan, losses), **options)
    return trained


def _loss(model: TwoTower, plan: Plan, losses: Mapping[str, Loss]) -> Loss:
    """Returns a plan's loss; one that estimates ranks gets the number of items."""
    if plan.loss is not None:
        return plan.loss
    loss = losses[plan.objective]
    values = {"num_items": model.num_items, **plan.settings}
    settings = {name: values[name] for name in settings_of(loss) if name in values}
    return ConfiguredLoss(plan.objective, loss, settings) if settings else loss


def fit_batches(
    trained: keras.Model,
    data: "tf.data.Dataset",
    iterations: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    checkpoint: Checkpoint | None = None,
    *,
    every: int = 1,
    verbose: bool | None = False,
) -> keras.callbacks.History:
    """Calls Keras's `fit` on a compiled model and a pipeline's batches.

    Args:
        trained: from `compile_for`.
        data: batches; an iteration is a Keras epoch, after which callbacks are called.
        iterations: the number of iterations over `data`.
        callbacks: as of `fit`.
        checkpoint: where to resume; `data` starts after its `epochs_done` iterations.
        every: epochs of an iteration.
        verbose: whether to show a progress bar, or None to show it on a terminal; a
            `ProgbarLogger` among the callbacks shows it too.

    Raises:
        NotFinite: as `fit`.
    """
    steps = int(data.cardinality())
    verbose = sys.stdout.isatty() if verbose is None else verbose
    shown = verbose or any(
        isinstance(callback, keras.callbacks.ProgbarLogger) for callback in callbacks
    )
    saved = [] if checkpoint is None else [checkpoint]
    listed = keras.callbacks.CallbackList(
        [*callbacks, FiniteLoss(every), *saved],
        add_history=True,
        add_progbar=shown,
        model=getattr(trained, "towers", trained),
        verbose=int(shown),  # a logger prints nothing with 0
        epochs=iterations,
        steps=steps,
        loss=title_of(trained.loss),  # of a view, which callbacks do not see
    )
    with batches_of_devices(trained, data) as batches:
        history = trained.fit(
            batches,
            epochs=iterations,
            initial_epoch=checkpoint.initial_epoch(iterations) if checkpoint else 0,
            steps_per_epoch=steps,  # or Keras opens the data twice
            callbacks=listed,
            shuffle=False,
        )
    if math.isfinite(history.history.get("loss", [0.0])[-1]):
        check_weights(trained)  # the last step's may not be
    return history
