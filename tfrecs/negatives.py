"""Negatives: items that a user did not interact with, drawn a batch at a time."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tfrecs.interactions import Interactions

if TYPE_CHECKING:
    import tensorflow as tf

Sampler: TypeAlias = "Callable[[tf.Tensor, int, tf.Tensor], tf.Tensor]"
"""Takes users `[batch]`, n and a seed `[2]`; gives item ids `[batch, n]` int32."""


def exact_uniform(train: Interactions) -> Sampler:
    """Draws uniformly from the items that the user has no interaction with in `train`.

    Nothing is rejected. The r-th item that a user lacks is r plus the number of the
    user's items before it; with the user's items sorted as i_0 < i_1 < ..., exactly
    those with i_j - j <= r are before it, so one binary search finds it. Memory is
    one int64 for each interaction.

    Raises:
        ValueError: if a user interacted with the whole catalogue.
    """
    import tensorflow as tf

    matrix = train.matrix
    degree = np.diff(matrix.indptr)
    if degree.max() >= train.num_items:
        raise ValueError(
            "Each user must lack at least one item. Received: user "
            f"{train.users.ids[degree.argmax()]!r}, who has all {train.num_items}. "
            "Leave such users out, or use exact=False."
        )
    span = train.num_items + 1
    of_user = np.repeat(np.arange(train.num_users, dtype=np.int64), degree)
    place = np.arange(len(train)) - matrix.indptr[:-1].astype(np.int64)[of_user]
    keys = tf.constant(of_user * span + matrix.indices - place)
    starts = tf.constant(matrix.indptr[:-1].astype(np.int64))
    lacking = tf.constant(train.num_items - degree.astype(np.int64))

    def sample(
        user_ids: "tf.Tensor", num_negatives: int, seed: "tf.Tensor"
    ) -> "tf.Tensor":
        users = tf.cast(user_ids, tf.int64)[:, None]
        r = _below(tf.gather(lacking, users), num_negatives, seed)  # [batch, n]
        before = tf.searchsorted(keys, tf.reshape(users * span + r, [-1]), side="right")
        before = tf.reshape(tf.cast(before, tf.int64), tf.shape(r))
        return tf.cast(r + before - tf.gather(starts, users), tf.int32)

    return sample


def approximate_uniform(train: Interactions) -> Sampler:
    """Draws uniformly from the catalogue: now and then a positive is among them."""
    import tensorflow as tf

    size = tf.constant(train.num_items, tf.int64)

    def sample(
        user_ids: "tf.Tensor", num_negatives: int, seed: "tf.Tensor"
    ) -> "tf.Tensor":
        sizes = tf.fill([tf.shape(user_ids)[0], 1], size)
        return tf.cast(_below(sizes, num_negatives, seed), tf.int32)

    return sample


def _below(sizes: "tf.Tensor", num_draws: int, seed: "tf.Tensor") -> "tf.Tensor":
    """Integers uniform over [0, size) for each size of `[batch, 1]`: `[batch, n]`."""
    import tensorflow as tf

    shape = [tf.shape(sizes)[0], num_draws]
    bits = tf.random.stateless_uniform(shape, seed, None, None, dtype=tf.int64)
    return tf.math.floormod(bits, sizes)  # bias below size / 2^64
