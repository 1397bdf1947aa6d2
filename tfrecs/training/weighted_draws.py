"""Exact weighted draws of items, without rejection.

Items lie on a line, each as long as its weight, and places on it are drawn. Lengths are
whole numbers, so that nothing is rounded, and one binary search finds the items of a
whole batch.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import scipy.sparse as sp

from tfrecs._base.checks import check_choice
from tfrecs._base.types import AnyArray
from tfrecs.data.interactions import Interactions
from tfrecs.data.popularity import OWN, Catalogue, check_exponent, popularity

if TYPE_CHECKING:
    import tensorflow as tf

Sampler: TypeAlias = "Callable[[tf.Tensor, int, tf.Tensor], tf.Tensor]"
"""Takes users `[batch]`, n and a seed `[2]`; returns items or places `[batch, n]`."""


def item_weights(
    train: Catalogue, sampling: str, exponent: float = 1.0, longest: int = 2**44
) -> AnyArray:
    """Returns the items' weights in whole numbers, `[num_items]` int64.

    Uniform weights are 1, and weights in proportion to interactions are these. With
    another exponent their sum is about `longest`, but at most 2^44, so that the
    remainder in `below` stays unbiased in practice.

    Raises:
        ValueError: if `sampling` is unknown, or `exponent` is not finite or has no
            effect.
    """
    check_choice("sampling", sampling, OWN)
    check_exponent(sampling, exponent)
    if sampling == "uniform":
        return np.ones(train.num_items, dtype=np.int64)
    if exponent == 1:
        return train.item_counts.astype(np.int64)
    weights = popularity(train, exponent)
    scaled = np.rint(weights * (min(longest, 2**44) / weights.sum()))
    return np.where(train.item_counts > 0, np.maximum(scaled, 1), 0).astype(np.int64)


def item_at(weights: AnyArray) -> "Callable[[tf.Tensor], tf.Tensor]":
    """Returns a function of places on the line, `[batch, n]`, to items, int32."""
    import tensorflow as tf

    if (weights == 1).all():
        return lambda places: tf.cast(places, tf.int32)
    ends = tf.constant(np.cumsum(weights))

    def at(places: "tf.Tensor") -> "tf.Tensor":
        found = tf.searchsorted(ends, tf.reshape(places, [-1]), side="right")
        return tf.reshape(found, tf.shape(places))

    return at


def left_over(known: sp.csr_array, weights: AnyArray) -> AnyArray:
    """Returns the weight of all items but the user's known ones, `[num_users]`."""
    ends = np.append(0, np.cumsum(weights[known.indices]))
    return weights.sum() - np.diff(ends[known.indptr])


def outside(train: Interactions, known: sp.csr_array, weights: AnyArray) -> Sampler:
    """Returns a sampler of places outside the user's known items, `[batch, n]` int64.

    `known` is `[num_users, num_items]`, items sorted: the positives in `train`, and
    other items that must not be drawn.

    Cut the user's items i_0 < i_1 < ... out of the line: a draw r is below the length
    that remains, and i_j was cut out before r if and only if begin(i_j) less the
    lengths of i_0 to i_j-1 is at most r. One binary search finds how many were, and the
    place on the whole line is r plus their lengths.
    """
    import tensorflow as tf

    starts = known.indptr.astype(np.int64)
    cut = np.append(0, np.cumsum(weights[known.indices]))  # lengths, user after user
    left = left_over(known, weights)
    active = np.flatnonzero(np.bincount(train.user_ids))
    if left[active].min() <= 0:
        user = active[left[active].argmin()]
        raise ValueError(
            "Each user must have no interaction with at least one item. Received: user "
            f"{train.users.ids[[user]].tolist()[0]!r:.60}, who has all "
            f"{np.count_nonzero(weights)}. Remove such users, or use exact=False."
        )
    span = weights.sum() + 1
    of_user = np.repeat(np.arange(train.num_users, dtype=np.int64), np.diff(starts))
    begins = np.cumsum(weights) - weights
    before = begins[known.indices] - (cut[:-1] - cut[starts[of_user]])
    keys = tf.constant(of_user * span + before)
    left, begin = tf.constant(np.maximum(left, 1)), tf.constant(cut[starts[:-1]])
    # With lengths of 1 the table is the identity.
    table = None if (weights == 1).all() else tf.constant(cut)

    def places(user_ids: "tf.Tensor", n: int, seed: "tf.Tensor") -> "tf.Tensor":
        users = tf.cast(user_ids, tf.int64)[:, None]
        r = below(tf.gather(left, users), n, seed)  # [batch, n]
        found = tf.searchsorted(keys, tf.reshape(users * span + r, [-1]), side="right")
        found = tf.reshape(found, tf.shape(r))
        lengths = tf.cast(found, tf.int64) if table is None else tf.gather(table, found)
        return r + lengths - tf.gather(begin, users)

    return places


def own_items(matrix: sp.csr_array) -> Sampler:
    """Returns a sampler of the user's items in a matrix, uniform, with replacement.

    The items drawn for a user without any are arbitrary.
    """
    import tensorflow as tf

    items = tf.constant(matrix.indices.astype(np.int32))
    starts = tf.constant(matrix.indptr[:-1].astype(np.int64))
    sizes = tf.constant(np.maximum(np.diff(matrix.indptr), 1).astype(np.int64))
    last = len(matrix.indices) - 1

    def sample(user_ids: "tf.Tensor", n: int, seed: "tf.Tensor") -> "tf.Tensor":
        users = user_ids[:, None]
        places = tf.gather(starts, users) + below(tf.gather(sizes, users), n, seed)
        return tf.gather(items, tf.minimum(places, last))

    return sample


def below(sizes: "tf.Tensor", num_draws: int, seed: "tf.Tensor") -> "tf.Tensor":
    """Draws integers uniform over [0, size) for each of `[batch, 1]`: `[batch, n]`."""
    import tensorflow as tf

    shape = [tf.shape(sizes)[0], num_draws]
    bits = tf.random.stateless_uniform(shape, seed, None, None, dtype=tf.int64)
    return tf.math.floormod(bits, sizes)  # bias: size / 2^64
