"""Users and all of their items."""

from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs.data.interactions import Interactions
from tfrecs.training.batches.shuffling import ready, shuffled_rows

if TYPE_CHECKING:
    import tensorflow as tf


def user_batches(
    train: Interactions,
    *,
    seed: int,
    batch_size: int = 128,
    epochs: int = 1,
    start_epoch: int = 0,
) -> "tf.data.Dataset":
    """Returns users and all of their items, for catalogue-wide objectives.

    Weights of `train` are not used. Only one batch at a time is dense.

    Args:
        train: the interactions, of which `positives` are used.
        seed: seed of the order.
        batch_size: users in a batch; all with positives if they are fewer.
        epochs: passes over the users in one iteration of the dataset.
        start_epoch: epochs to skip, to resume a training; a multiple of `epochs`.

    Returns:
        A finite dataset of `({"user_id": [batch]}, labels [batch, num_items])`, the
        labels int8, 0 or 1.

    Raises:
        ValueError: if a size is below 1.
    """
    import tensorflow as tf

    check_positive(batch_size=batch_size, epochs=epochs)
    matrix = train.matrix
    active = np.flatnonzero(np.diff(matrix.indptr)).astype(np.int32)
    batch_size = min(batch_size, len(active))
    users = tf.constant(active)
    items_of = tf.RaggedTensor.from_row_splits(
        matrix.indices.astype(np.int32), matrix.indptr.astype(np.int64)
    )

    @tf.autograph.experimental.do_not_convert
    def gather(rows: "tf.Tensor", seeds: "tf.Tensor") -> tuple[Any, Any]:
        user_id = tf.ensure_shape(tf.gather(users, rows), [batch_size])
        labels = tf.math.bincount(
            tf.gather(items_of, user_id),
            minlength=train.num_items,
            maxlength=train.num_items,
            axis=-1,
            binary_output=True,
        )
        labels = tf.ensure_shape(labels, [batch_size, train.num_items])
        return {"user_id": user_id}, tf.cast(labels, tf.int8)

    rows = shuffled_rows(len(active), batch_size, epochs, seed, start_epoch)
    return ready(rows.map(gather))
