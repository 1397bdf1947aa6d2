"""Rows of one positive and negatives of its own."""

from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs.data.interactions import Interactions
from tfrecs.training.batches.shuffling import Assemble, batches_of_pairs
from tfrecs.training.negatives import own_negatives
from tfrecs.training.partial_credit import CreditFunction, PartialCredit
from tfrecs.training.weighted_draws import Sampler

if TYPE_CHECKING:
    import tensorflow as tf


def pairwise_batches(
    train: Interactions,
    *,
    seed: int,
    batch_size: int = 1024,
    num_negatives: int = 4,
    exact: bool = True,
    sampling: str = "uniform",
    exponent: float = 1.0,
    epochs: int = 1,
    start_epoch: int = 0,
    credit: PartialCredit | None = None,
    dislikes: Interactions | None = None,
) -> "tf.data.Dataset":
    """Returns rows of one positive and its negatives, reshuffled in each epoch.

    Args:
        train: the interactions, of which `positives` are used.
        seed: seed of the order and of the negatives.
        batch_size: positives in a batch; all of `train` if it has fewer.
        num_negatives: items drawn for each positive.
        exact: whether a known positive is never drawn as a negative.
        sampling: "uniform" or "popularity". A softmax needs a correction for
            popularity, which `shared_negatives_batches` makes.
        exponent: of "popularity": an item is drawn in proportion to (its
            interactions)^exponent.
        epochs: passes over `train` in one iteration of the dataset. To Keras an
            iteration is one epoch, which has a cost of its own.
        start_epoch: epochs to skip, to resume a training; a multiple of `epochs`.
        credit: labels of negatives that are similar to the positive; see
            `tfrecs.training.partial_credit`.
        dislikes: pairs of low ratings, as from `split_by_rating`. The first negative of
            a row is a dislike of its user, if there is one, and the others are unknown
            items, so that `num_negatives` should be at least 2.

    Returns:
        A finite dataset of `({"user_id": [batch], "item_id": [batch, 1 + n]}, labels
        [batch, 1 + n])`, the positive first; with `[batch]` weights third if `train`
        has weights. Labels are float32, 1 for the positive and the credit of others.

    Raises:
        ValueError: if a size is below 1, `sampling` is unknown, `exponent` is not
            finite or has no effect, with `exact` every user has the whole catalogue
            (such users are left out and counted in the log), `credit` is of another
            catalogue, or `dislikes` do not go with the rest.
    """
    check_positive(batch_size=batch_size, num_negatives=num_negatives, epochs=epochs)
    if credit is not None and dislikes is not None:
        raise ValueError(
            "`credit` must be left out with `dislikes`, which get none. Received: both"
        )
    train, draw = own_negatives(train, sampling, exponent, exact, dislikes)
    batch_size = min(batch_size, len(train))
    labels = None if credit is None else credit.function(train.num_items)
    assemble = with_own(draw, batch_size, num_negatives, labels)
    return batches_of_pairs(
        train,
        assemble,
        batch_size=batch_size,
        epochs=epochs,
        seed=seed,
        start_epoch=start_epoch,
    )


def pointwise_batches(
    train: Interactions,
    *,
    seed: int,
    batch_size: int = 1024,
    num_negatives: int = 4,
    exact: bool = True,
    sampling: str = "uniform",
    exponent: float = 1.0,
    epochs: int = 1,
    start_epoch: int = 0,
    credit: PartialCredit | None = None,
    dislikes: Interactions | None = None,
) -> "tf.data.Dataset":
    """Returns single pairs, 1 positive to `num_negatives` negatives.

    For arguments and errors see `pairwise_batches`.

    Returns:
        A finite dataset of `({"user_id": [b], "item_id": [b]}, labels [b])` with
        b = batch_size * (1 + num_negatives); with `[b]` weights third if `train` has
        weights.
    """
    import tensorflow as tf

    @tf.autograph.experimental.do_not_convert
    def flatten(
        inputs: Any, labels: "tf.Tensor", *weights: "tf.Tensor"
    ) -> tuple[Any, ...]:
        user_id = tf.repeat(inputs["user_id"], 1 + num_negatives)
        item_id = tf.reshape(inputs["item_id"], [-1])
        flat = ({"user_id": user_id, "item_id": item_id}, tf.reshape(labels, [-1]))
        return (*flat, *(tf.repeat(weight, 1 + num_negatives) for weight in weights))

    return pairwise_batches(
        train,
        seed=seed,
        batch_size=batch_size,
        num_negatives=num_negatives,
        exact=exact,
        sampling=sampling,
        exponent=exponent,
        epochs=epochs,
        start_epoch=start_epoch,
        credit=credit,
        dislikes=dislikes,
    ).map(flatten)


def with_own(
    draw: Sampler,
    batch_size: int,
    num_negatives: int,
    credit: "CreditFunction | None" = None,
) -> Assemble:
    """Returns a function of positives, from any source, to rows with own negatives."""
    import tensorflow as tf

    row = np.eye(1, 1 + num_negatives, dtype=np.float32)
    plain = tf.constant(row.repeat(batch_size, axis=0))

    def assemble(
        user_id: "tf.Tensor", item_id: "tf.Tensor", seed: "tf.Tensor"
    ) -> tuple[Any, Any]:
        negatives = draw(user_id, num_negatives, seed)
        labels = plain
        if credit is not None:
            labels = tf.concat([plain[:, :1], credit(item_id, negatives)], axis=1)
            labels = tf.ensure_shape(labels, plain.shape)
        item_id = tf.concat([item_id[:, None], negatives], axis=1)
        item_id = tf.ensure_shape(item_id, [batch_size, 1 + num_negatives])
        return {"user_id": user_id, "item_id": item_id}, labels

    return assemble
