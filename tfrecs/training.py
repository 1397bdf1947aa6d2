"""From interactions to a trained model: a pipeline, a loss, and `fit` of Keras."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

from tfrecs._checks import check_choice, check_positive
from tfrecs.interactions import Interactions
from tfrecs.losses import CATALOGUE_LOSSES, LOSSES
from tfrecs.models import TwoTower
from tfrecs.negatives import CANDIDATES, check_exponent
from tfrecs.pipelines import candidate_batches, pairwise_batches, user_batches

if TYPE_CHECKING:
    import tensorflow as tf

STEPS_PER_EXECUTION = 16
"""Steps that run between two returns to Python."""

OBJECTIVES = tuple(dict.fromkeys((*LOSSES, *CATALOGUE_LOSSES)))
"""What is asked of the scores; see `tfrecs.losses`."""

OWN_NEGATIVES = {"own": "uniform", "own-popularity": "popularity"}
"""Negatives that each positive has of its own, and how they are drawn."""

NEGATIVES = ("auto", "all", *OWN_NEGATIVES, *CANDIDATES)
"""Which items a positive stands against; see `Negatives`."""

MOST_PAIRS = 180
"""Pairs of the whole catalogue, for each positive, up to which it is scored whole."""

SHARED = "mixed"
"""The shared negatives that "auto" takes for catalogues larger than that."""


@dataclass(frozen=True)
class Negatives:
    """Which items a positive stands against in training.

    Args:
        kind: "all" for every other item of the catalogue; "own" or "own-popularity" for
            items drawn for each positive, of which the user has none; or the name of a
            way to draw items for a whole batch, in `tfrecs.negatives.CANDIDATES`.
        why: the reason for it.
    """

    kind: str
    why: str


def fit(
    model: TwoTower,
    train: Interactions,
    *,
    seed: int,
    objective: str = "bce",
    negatives: str = "auto",
    optimizer: keras.optimizers.Optimizer | None = None,
    epochs: int = 20,
    passes: int = 5,
    batch_size: int | None = None,
    num_negatives: int | None = None,
    exponent: float = 1.0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: str | int = 0,
) -> keras.callbacks.History:
    """Trains a model on interactions: `batches`, `compile_for` and `fit` of Keras.

    Args:
        model: from one of our builders; it is trained in place.
        train: the positives.
        seed: of the order and of the negatives. The model's start and its dropout are
            Keras's: call `keras.utils.set_random_seed` before building it.
        objective: a name of `tfrecs.losses.LOSSES` or `CATALOGUE_LOSSES`.
        negatives: which items a positive stands against; see `choose_negatives`. What
            "auto" chose, and why, is in the `params` of the history, and logged by the
            logger "tfrecs".
        optimizer: Adam with a learning rate of 0.003 if not given. It visits every row
            of the tables at each step: for large ones give one of `tfrecs.optimizers`.
        epochs: the number of epochs.
        passes: times that an epoch goes over `train`.
        batch_size: users, for "all" negatives, or positives in a batch; by default that
            of the pipeline (see `batches`).
        num_negatives: items drawn for each positive, where negatives are its own, or
            for the batch, for "uniform" and "popularity"; by default that of the
            pipeline.
        exponent: of "popularity" and "own-popularity": an item is drawn by its
            interactions to that power.
        callbacks: such as `tfrecs.callbacks.RankingMetrics`.
        verbose: as of `keras.Model.fit`.

    Returns:
        The history of `keras.Model.fit`.

    Raises:
        ValueError: if `objective` or `negatives` is unknown, or they do not go
            together; if all items are negatives while `train` has weights; if a size is
            below 1; if `exponent` is given for others than popular negatives; or if
            `train` has not the model's users and items.
    """
    if (train.num_users, train.num_items) != (model.num_users, model.num_items):
        raise ValueError(
            f"`model` must be built for {train.num_users} users and {train.num_items} "
            f"items, those of `train`. Received: {model.num_users} and "
            f"{model.num_items}"
        )
    check_positive(epochs=epochs)
    chosen = choose_negatives(train, objective, negatives)
    logging.getLogger("tfrecs").info("negatives: %s, %s", chosen.kind, chosen.why)
    data = batches(
        train,
        objective,
        chosen.kind,
        seed=seed,
        passes=passes,
        batch_size=batch_size,
        num_negatives=num_negatives,
        exponent=exponent,
    )
    start_at_prior(model, train, objective, chosen.kind, data)
    optimizer = optimizer or keras.optimizers.Adam(3e-3)
    trained = compile_for(model, objective, chosen.kind, optimizer)
    history = fit_batches(trained, data, epochs, callbacks, verbose)
    history.params.update(negatives=chosen.kind, why=chosen.why)
    return history


def choose_negatives(
    train: Interactions, objective: str, negatives: str = "auto"
) -> Negatives:
    """Says which items a positive stands against, for "auto" by what that costs.

    All items are best while they can be afforded, since one matmul scores them and
    nothing is left to chance. Where a positive would stand for more than `MOST_PAIRS`
    pairs, negatives are shared by a batch. Objectives that only compare a positive with
    single items draw each its own.

    Raises:
        ValueError: if a name is unknown, `objective` has no form with such negatives,
            or all items are negatives while `train` has weights.
    """
    check_choice("objective", objective, OBJECTIVES)
    check_choice("negatives", negatives, NEGATIVES)
    if negatives == "auto":
        return _affordable(train, objective)
    if negatives == "all":
        check_choice("objective", objective, CATALOGUE_LOSSES)
        if train.weights is not None:
            raise ValueError(
                f"`negatives` must be one of {', '.join(NEGATIVES[2:])} to use the "
                "weights of `train`. Received: 'all'"
            )
    else:
        allowed = dict(LOSSES)
        if negatives == "own-popularity":  # which nothing corrects a softmax for
            del allowed["softmax"]
        check_choice("objective", objective, allowed)
    return Negatives(negatives, "as asked for")


def _affordable(train: Interactions, objective: str) -> Negatives:
    pairs = train.num_users * train.num_items / len(train)
    if objective not in LOSSES:
        return Negatives("all", f"{objective} is over the whole catalogue")
    if objective not in CATALOGUE_LOSSES:
        return Negatives("own", f"{objective} compares a positive with single items")
    if train.weights is not None:
        return Negatives("own", "train has weights, one for each positive")
    if pairs <= MOST_PAIRS:
        return Negatives(
            "all", f"{pairs:.0f} pairs for each positive, at most {MOST_PAIRS}"
        )
    return Negatives(
        SHARED, f"all would be {pairs:.0f} pairs for each positive, over {MOST_PAIRS}"
    )


def start_at_prior(
    model: TwoTower,
    train: Interactions,
    objective: str,
    negatives: str,
    data: "tf.data.Dataset",
) -> None:
    """Sets the global bias of an untrained model to the log-odds of a positive.

    Losses that ask "is this an interaction?" start with almost all pairs wrong
    otherwise, and on ML-100K spend a hundred passes on this one number. Losses that
    rank do not see it. A bias that is not 0 any more, or frozen, is left alone.

    Args:
        model: the model.
        train: the positives.
        objective: as of `fit`.
        negatives: as of `batches`.
        data: what `batches` gave for them.

    References:
        Lin et al. 2017, "Focal Loss for Dense Object Detection", sec. 3.3.
    """
    bias = model.interaction.global_bias
    if objective != "bce" or float(bias) != 0 or not bias.trainable:
        return
    if negatives == "all":
        others = train.num_users * train.num_items / len(train) - 1
    else:
        others = data.element_spec[1].shape[1] - 1
    bias.assign(-math.log(max(1, others)))


def batches(
    train: Interactions,
    objective: str,
    negatives: str,
    *,
    seed: int,
    passes: int,
    batch_size: int | None = None,
    num_negatives: int | None = None,
    exponent: float = 1.0,
) -> "tf.data.Dataset":
    """Gives the batches that `objective` takes with `negatives`, not "auto".

    They are those of `user_batches` for "all" negatives, of `pairwise_batches` for
    those of `OWN_NEGATIVES`, and else of `candidate_batches`. Arguments are those of
    `fit`; sizes that are not given are the pipeline's own.
    """
    given: dict[str, Any] = {"seed": seed, "passes": passes}
    if batch_size is not None:
        given["batch_size"] = batch_size
    if negatives == "all":
        check_exponent(negatives, exponent)
        return user_batches(train, **given)
    given["exponent"] = exponent
    if num_negatives is not None:
        given["num_negatives"] = num_negatives
    if negatives in OWN_NEGATIVES:
        return pairwise_batches(train, sampling=OWN_NEGATIVES[negatives], **given)
    correct = objective == "softmax"
    return candidate_batches(train, sampling=negatives, correct=correct, **given)


def fit_batches(
    trained: keras.Model,
    data: "tf.data.Dataset",
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: str | int = 0,
) -> keras.callbacks.History:
    """Calls `fit` of a compiled model on batches of ours."""
    return trained.fit(
        data,
        epochs=epochs,
        steps_per_epoch=int(data.cardinality()),  # or Keras opens the data twice
        callbacks=list(callbacks),
        shuffle=False,
        verbose=verbose,
    )


def compile_for(
    model: TwoTower,
    objective: str,
    negatives: str,
    optimizer: keras.optimizers.Optimizer,
) -> keras.Model:
    """Compiles a model for an objective and gives what to call `fit` on.

    That is the model itself for a positive's own negatives, or a view of it that scores
    the whole catalogue or the candidates that a batch shares.
    """
    if negatives in OWN_NEGATIVES:
        trained, losses = model, LOSSES
    elif negatives == "all":
        trained, losses = model.over_catalogue(), CATALOGUE_LOSSES
    else:
        trained, losses = model.over_candidates(), LOSSES
    # XLA and `tf.distribute` do not go together on CPUs, for any optimizer.
    strategy = getattr(trained, "distribute_strategy", None)  # TensorFlow's alone
    trained.compile(
        optimizer,
        loss=losses[objective],
        jit_compile=strategy is None or strategy.num_replicas_in_sync == 1,
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    return trained
