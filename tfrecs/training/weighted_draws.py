"""Items on a line, each as long as its weight: places on it are drawn, exactly.

Lengths are whole numbers, so that nothing is rounded, and a place is found by a binary
search for a whole batch at once.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tfrecs._base.types import AnyArray
from tfrecs.data.interactions import Interactions
from tfrecs.data.popularity import Catalogue, popularity

if TYPE_CHECKING:
    import tensorflow as tf

Sampler: TypeAlias = "Callable[[tf.Tensor, int, tf.Tensor], tf.Tensor]"
"""Takes users `[batch]`, n and a seed `[2]`; gives item ids `[batch, n]` int32."""


def whole_weights(train: Catalogue, exponent: float, longest: int = 2**44) -> AnyArray:
    """Popularity in whole numbers, `[num_items]` int64, which draw without rounding.

    Their sum is about `longest`, but 2^44 at the most, so that `below` is even enough;
    in proportion to interactions they are these themselves.
    """
    if exponent == 1:
        return train.item_counts.astype(np.int64)
    weights = popularity(train, exponent)
    scaled = np.rint(weights * (min(longest, 2**44) / weights.sum()))
    return np.where(train.item_counts > 0, np.maximum(scaled, 1), 0).astype(np.int64)


def item_at(weights: AnyArray) -> "Callable[[tf.Tensor], tf.Tensor]":
    """Gives the items at places of a line, `[batch, n]`, each as long as its weight."""
    import tensorflow as tf

    ends = tf.constant(np.cumsum(weights))

    def at(places: "tf.Tensor") -> "tf.Tensor":
        found = tf.searchsorted(ends, tf.reshape(places, [-1]), side="right")
        return tf.reshape(found, tf.shape(places))

    return at


def outside(train: Interactions, weights: AnyArray) -> Sampler:
    """Draws places outside the user's items, `[batch, n]` int64.

    The catalogue is a line on which each item is as long as its weight, a whole number.
    Cut the user's items i_0 < i_1 < ... out of it: what is left has the length that a
    draw r is below, and i_j was cut out before r if and only if begin(i_j) less the
    lengths of i_0 to i_j-1 is at most r. One binary search finds how many were, and the
    place on the whole line is r plus their lengths.
    """
    import tensorflow as tf

    matrix = train.matrix
    starts = matrix.indptr.astype(np.int64)
    cut = np.append(0, np.cumsum(weights[matrix.indices]))  # lengths, user after user
    left = weights.sum() - np.diff(cut[starts])
    if left.min() <= 0:
        raise ValueError(
            "Each user must lack at least one item. Received: user "
            f"{train.users.ids[[left.argmin()]].tolist()[0]!r}, who has all "
            f"{np.count_nonzero(weights)}. Leave such users out, or use exact=False."
        )
    span = weights.sum() + 1
    of_user = np.repeat(np.arange(train.num_users, dtype=np.int64), np.diff(starts))
    begins = np.cumsum(weights) - weights
    before = begins[matrix.indices] - (cut[:-1] - cut[starts[of_user]])
    keys = tf.constant(of_user * span + before)
    left, begin = tf.constant(left), tf.constant(cut[starts[:-1]])
    # With lengths of 1 the table would tell its own places.
    table = None if (weights == 1).all() else tf.constant(cut)

    def places(
        user_ids: "tf.Tensor", num_negatives: int, seed: "tf.Tensor"
    ) -> "tf.Tensor":
        users = tf.cast(user_ids, tf.int64)[:, None]
        r = below(tf.gather(left, users), num_negatives, seed)  # [batch, n]
        found = tf.searchsorted(keys, tf.reshape(users * span + r, [-1]), side="right")
        found = tf.reshape(found, tf.shape(r))
        lengths = tf.cast(found, tf.int64) if table is None else tf.gather(table, found)
        return r + lengths - tf.gather(begin, users)

    return places


def below(sizes: "tf.Tensor", num_draws: int, seed: "tf.Tensor") -> "tf.Tensor":
    """Integers uniform over [0, size) for each size of `[batch, 1]`: `[batch, n]`."""
    import tensorflow as tf

    shape = [tf.shape(sizes)[0], num_draws]
    bits = tf.random.stateless_uniform(shape, seed, None, None, dtype=tf.int64)
    return tf.math.floormod(bits, sizes)  # bias below size / 2^64
