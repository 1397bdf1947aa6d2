"""Rows of several positives of one user, and own negatives."""

from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs.data.interactions import Interactions
from tfrecs.training.batches.shuffling import ready, shuffled_rows
from tfrecs.training.negatives import own_negatives
from tfrecs.training.weighted_draws import own_items

if TYPE_CHECKING:
    import tensorflow as tf


def several_positives_batches(
    train: Interactions,
    *,
    seed: int,
    batch_size: int = 1024,
    num_positives: int = 10,
    num_negatives: int = 10,
    exact: bool = True,
    sampling: str = "uniform",
    exponent: float = 1.0,
    epochs: int = 1,
    start_epoch: int = 0,
    dislikes: Interactions | None = None,
) -> "tf.data.Dataset":
    """Returns rows of several positives of a user, and negatives, for k-OS losses.

    A user has a row for each positive. The positives of a row are drawn from all of the
    user's, with replacement. Weights of `train` are not used. For errors see
    `pairwise_batches`.

    Args:
        train: the interactions, of which `positives` are used.
        seed: seed of the order, of the positives and of the negatives.
        batch_size: rows in a batch; as many as `train` has positives if it has fewer.
        num_positives: items of the user in a row.
        num_negatives: other items in a row.
        exact: as of `pairwise_batches`, like the arguments below.
        sampling: how negatives are drawn.
        exponent: exponent of "popularity".
        epochs: passes over `train` in one iteration of the dataset.
        start_epoch: epochs to skip, to resume a training; a multiple of `epochs`.
        dislikes: as of `pairwise_batches`.

    Returns:
        A finite dataset of `({"user_id": [batch], "item_id": [batch, p + n]}, labels
        [batch, p + n])`, the positives first; labels are float32, 0 or 1.

    References:
        Weston, Yee and Weiss 2013, "Learning to Rank Recommendations with the k-Order
        Statistic Loss", alg. 1, where all users are equally frequent.
    """
    import tensorflow as tf

    check_positive(
        batch_size=batch_size,
        num_positives=num_positives,
        num_negatives=num_negatives,
        epochs=epochs,
    )
    train, negatives = own_negatives(train, sampling, exponent, exact, dislikes)
    positives = own_items(train.matrix)
    batch_size = min(batch_size, len(train))
    users = tf.constant(train.user_ids)
    shape = [batch_size, num_positives + num_negatives]
    row = np.repeat([np.float32(1), np.float32(0)], [num_positives, num_negatives])
    labels = tf.constant(np.broadcast_to(row, shape))

    @tf.autograph.experimental.do_not_convert
    def gather(rows: "tf.Tensor", seeds: "tf.Tensor") -> tuple[Any, Any]:
        user_id = tf.gather(users, rows)
        both = tf.random.experimental.stateless_split(seeds, 2)
        drawn = [
            positives(user_id, num_positives, both[0]),
            negatives(user_id, num_negatives, both[1]),
        ]
        item_id = tf.ensure_shape(tf.concat(drawn, axis=1), shape)
        return {"user_id": user_id, "item_id": item_id}, labels

    rows = shuffled_rows(len(train), batch_size, epochs, seed, start_epoch)
    return ready(rows.map(gather))
