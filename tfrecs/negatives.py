"""Negatives, drawn a batch at a time: for each positive, or shared by the batch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from tfrecs._types import AnyArray, FloatArray
from tfrecs.interactions import Interactions

if TYPE_CHECKING:
    import tensorflow as tf

Sampler: TypeAlias = "Callable[[tf.Tensor, int, tf.Tensor], tf.Tensor]"
"""Takes users `[batch]`, n and a seed `[2]`; gives item ids `[batch, n]` int32."""


class Catalogue(Protocol):
    """What shared negatives are drawn by: `Interactions`, or shards on the disk."""

    @property
    def num_items(self) -> int:
        """The number of items."""

    @property
    def item_counts(self) -> AnyArray:
        """`[num_items]`, the interactions of each item."""


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


def approximate_uniform(train: Catalogue) -> Sampler:
    """Draws uniformly from the catalogue: now and then a positive is among them."""
    import tensorflow as tf

    size = tf.constant(train.num_items, tf.int64)

    def sample(
        user_ids: "tf.Tensor", num_negatives: int, seed: "tf.Tensor"
    ) -> "tf.Tensor":
        sizes = tf.fill([tf.shape(user_ids)[0], 1], size)
        return tf.cast(_below(sizes, num_negatives, seed), tf.int32)

    return sample


@dataclass(frozen=True)
class Candidates:
    """How a batch's shared negatives are drawn. They may be positives of a user.

    Args:
        draw: takes the batch's items `[batch]`, n and a seed `[2]`; gives item ids.
        probability: `[num_items]`, of each item at each draw, for logQ correction.
    """

    draw: "Callable[[tf.Tensor, int, tf.Tensor], tf.Tensor]"
    probability: FloatArray


def uniform_candidates(train: Catalogue) -> Candidates:
    """Draws n items, each with the same probability."""
    import tensorflow as tf

    sizes = tf.fill([1, 1], tf.constant(train.num_items, tf.int64))

    def draw(item_id: "tf.Tensor", n: int, seed: "tf.Tensor") -> "tf.Tensor":
        return tf.cast(_below(sizes, n, seed)[0], tf.int32)

    share = np.full(train.num_items, 1 / train.num_items, dtype=np.float32)
    return Candidates(draw, share)


def popular_candidates(train: Catalogue) -> Candidates:
    """Draws n items, each with a probability that is its share of the interactions."""
    import tensorflow as tf

    ends = np.cumsum(train.item_counts, dtype=np.int64)
    sizes = tf.fill([1, 1], tf.constant(ends[-1]))
    ends = tf.constant(ends)

    def draw(item_id: "tf.Tensor", n: int, seed: "tf.Tensor") -> "tf.Tensor":
        drawn = _below(sizes, n, seed)[0]  # interactions, numbered item by item
        return tf.searchsorted(ends, drawn, side="right")

    return Candidates(draw, _popularity(train))


def in_batch_candidates(train: Catalogue) -> Candidates:
    """Takes the items of the batch's positives, and draws none."""
    return Candidates(lambda item_id, n, seed: item_id, _popularity(train))


def mixed_candidates(train: Catalogue) -> Candidates:
    """Takes the items of the batch's positives and draws as many uniformly.

    References:
        Yang et al. 2020, "Mixed Negative Sampling for Learning Two-tower Neural
        Networks in Recommendations", sec. 3.2.
    """
    import tensorflow as tf

    uniform = uniform_candidates(train)

    def draw(item_id: "tf.Tensor", n: int, seed: "tf.Tensor") -> "tf.Tensor":
        drawn = uniform.draw(item_id, item_id.shape[0], seed)
        return tf.concat([item_id, drawn], axis=0)

    return Candidates(
        draw, np.float32(0.5) * (_popularity(train) + uniform.probability)
    )


CANDIDATES: dict[str, Callable[[Catalogue], Candidates]] = {
    "uniform": uniform_candidates,
    "popularity": popular_candidates,
    "in-batch": in_batch_candidates,
    "mixed": mixed_candidates,
}


def _popularity(train: Catalogue) -> FloatArray:
    """Each item's share of the interactions."""
    return (train.item_counts / train.item_counts.sum()).astype(np.float32)


def _below(sizes: "tf.Tensor", num_draws: int, seed: "tf.Tensor") -> "tf.Tensor":
    """Integers uniform over [0, size) for each size of `[batch, 1]`: `[batch, n]`."""
    import tensorflow as tf

    shape = [tf.shape(sizes)[0], num_draws]
    bits = tf.random.stateless_uniform(shape, seed, None, None, dtype=tf.int64)
    return tf.math.floormod(bits, sizes)  # bias below size / 2^64
