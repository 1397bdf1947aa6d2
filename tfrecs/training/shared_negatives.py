"""Negatives that all rows of a batch share."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.types import FloatArray
from tfrecs.data.popularity import Catalogue, check_exponent
from tfrecs.training.weighted_draws import below, item_at, item_weights

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class SharedNegatives:
    """A way to draw the shared negatives of a batch, positives of a user included.

    Args:
        draw: takes the batch's items `[batch]`, n and a seed `[2]`; returns item ids.
        probability: `[num_items]`, of each item at each draw, for logQ correction.
        in_batch: whether they are the items of the batch, in order.
    """

    draw: "Callable[[tf.Tensor, int, tf.Tensor], tf.Tensor]"
    probability: FloatArray
    in_batch: bool = False


def _by_weight(train: Catalogue, exponent: float, sampling: str) -> SharedNegatives:
    """Draws n items, each with a probability in proportion to its weight."""
    import tensorflow as tf

    weights = item_weights(train, sampling, exponent)
    lengths, at = tf.fill([1, 1], tf.constant(weights.sum())), item_at(weights)

    def draw(item_id: "tf.Tensor", n: int, seed: "tf.Tensor") -> "tf.Tensor":
        return at(below(lengths, n, seed))[0]

    return SharedNegatives(draw, (weights / weights.sum()).astype(np.float32))


def _in_batch(train: Catalogue, exponent: float) -> SharedNegatives:
    """Takes the items of the batch's positives, and draws none."""
    share = train.item_counts / train.item_counts.sum()
    share = share.astype(np.float32)
    return SharedNegatives(lambda item_id, n, seed: item_id, share, in_batch=True)


def _mixed(train: Catalogue, exponent: float) -> SharedNegatives:
    """Takes the items of the batch's positives, and draws as many uniformly.

    References:
        Yang et al. 2020, "Mixed Negative Sampling for Learning Two-tower Neural
        Networks in Recommendations", sec. 3.2.
    """
    import tensorflow as tf

    in_batch = _in_batch(train, exponent)
    uniform = _by_weight(train, exponent, "uniform")

    def draw(item_id: "tf.Tensor", n: int, seed: "tf.Tensor") -> "tf.Tensor":
        drawn = uniform.draw(item_id, item_id.shape[0], seed)
        return tf.concat([item_id, drawn], axis=0)

    share = np.float32(0.5) * (in_batch.probability + uniform.probability)
    return SharedNegatives(draw, share)


SHARED_NEGATIVES: dict[str, Callable[[Catalogue, float], SharedNegatives]] = {
    "uniform": partial(_by_weight, sampling="uniform"),
    "popularity": partial(_by_weight, sampling="popularity"),
    "in-batch": _in_batch,
    "mixed": _mixed,
}


def shared_negatives(
    train: Catalogue, sampling: str = "uniform", exponent: float = 1.0
) -> SharedNegatives:
    """Returns the shared negatives of a name in `SHARED_NEGATIVES`.

    Args:
        train: the positives, in memory or in shards.
        sampling: "uniform" and "popularity" draw n items; "in-batch" takes the items of
            the batch's positives; "mixed" takes these and draws as many uniformly.
        exponent: of "popularity", as of `tfrecs.training.negatives.exact_negatives`.

    Raises:
        ValueError: if `sampling` is unknown, or `exponent` is not finite or has no
            effect.
    """
    check_choice("sampling", sampling, SHARED_NEGATIVES)
    check_exponent(sampling, exponent)
    return SHARED_NEGATIVES[sampling](train, exponent)
