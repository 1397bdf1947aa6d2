"""Positives and negatives that the whole batch shares."""

from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs.data.interactions import Interactions
from tfrecs.training.batches.shuffling import Assemble, batches_of_pairs
from tfrecs.training.partial_credit import CreditFunction, PartialCredit
from tfrecs.training.shared_negatives import SharedNegatives, shared_negatives

if TYPE_CHECKING:
    import tensorflow as tf


def shared_negatives_batches(
    train: Interactions,
    *,
    seed: int,
    batch_size: int = 1024,
    num_negatives: int = 1024,
    sampling: str = "uniform",
    exponent: float = 1.0,
    correct: bool = True,
    label_negatives: bool = True,
    epochs: int = 1,
    start_epoch: int = 0,
    credit: PartialCredit | None = None,
) -> "tf.data.Dataset":
    """Returns positives and negatives that a batch shares, for large catalogues.

    One matmul scores all of the negatives for every positive. Some of them may be
    positives of the user: few, if the catalogue is large.

    Args:
        train: the interactions, of which `positives` are used.
        seed: seed of the order and of the negatives.
        batch_size: positives in a batch; all of `train` if it has fewer.
        num_negatives: items drawn for the batch, by "uniform" and "popularity".
        sampling: name in `tfrecs.training.shared_negatives.SHARED_NEGATIVES`.
        exponent: exponent of "popularity".
        correct: whether scores are corrected for how often an item is drawn (logQ),
            which makes a softmax over the sample one over the catalogue.
        label_negatives: whether labels have a column for each negative. `tfrecs.fit`
            needs none for a softmax.
        epochs: passes over `train` in one iteration of the dataset.
        start_epoch: epochs to skip, to resume a training; a multiple of `epochs`.
        credit: labels of negatives that are similar to the positive.

    Returns:
        A finite dataset of `({"user_id": [batch], "item_id": [batch], "negative_id":
        [n], "log_probability": [batch + n]}, labels [batch, 1 + n])`, the last input
        with `correct` only, and the positive's label first (alone without
        `label_negatives`); with `[batch]` weights third if `train` has weights. Labels
        are int8, 0 or 1, or with `credit` float32. "in-batch" has no `negative_id`,
        which would be `item_id`, and `log_probability` `[batch]`.

    Raises:
        ValueError: if a size is below 1, `sampling` is unknown, `exponent` is not
            finite or has no effect, or `credit` is of another catalogue.
    """
    check_positive(batch_size=batch_size, num_negatives=num_negatives, epochs=epochs)
    train = train.positives
    negatives = shared_negatives(train, sampling, exponent)
    batch_size = min(batch_size, len(train))
    labels = None if credit is None else credit.function(train.num_items)
    assemble = with_shared(
        negatives, batch_size, num_negatives, correct, labels, label_negatives
    )
    return batches_of_pairs(
        train,
        assemble,
        batch_size=batch_size,
        epochs=epochs,
        seed=seed,
        start_epoch=start_epoch,
    )


def with_shared(
    negatives: SharedNegatives,
    batch_size: int,
    num_negatives: int,
    correct: bool,
    credit: "CreditFunction | None" = None,
    label_negatives: bool = True,
) -> Assemble:
    """Returns a function of positives, from any source, to batches with negatives."""
    import tensorflow as tf

    with np.errstate(divide="ignore"):  # of items that are never drawn
        log_probability = tf.constant(np.log(negatives.probability))

    def assemble(
        user_id: "tf.Tensor", item_id: "tf.Tensor", seed: "tf.Tensor"
    ) -> tuple[Any, Any]:
        item_id = tf.ensure_shape(item_id, [batch_size])
        negative_id = negatives.draw(item_id, num_negatives, seed)
        inputs = {
            "user_id": tf.ensure_shape(user_id, [batch_size]),
            "item_id": item_id,
        }
        looked_up = item_id
        if not negatives.in_batch:
            inputs["negative_id"] = negative_id
            looked_up = tf.concat([item_id, negative_id], axis=0)
        if correct:
            inputs["log_probability"] = tf.gather(log_probability, looked_up)
        if credit is not None:
            of_positives = tf.ones([batch_size, 1])
            others = credit(item_id, negative_id)
            return inputs, tf.concat([of_positives, others], axis=1)
        with tf.init_scope():  # once, and not in each batch
            columns = 1 + negative_id.shape[0] if label_negatives else 1
            row = np.eye(1, columns, dtype=np.int8)
            labels = tf.constant(row.repeat(batch_size, axis=0))
        return inputs, tf.identity(labels)

    return assemble
