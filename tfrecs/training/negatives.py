"""Negatives of each positive, drawn for a whole batch at a time."""

from typing import TYPE_CHECKING

from tfrecs.data.interactions import Interactions
from tfrecs.data.popularity import Catalogue
from tfrecs.training.weighted_draws import (
    Sampler,
    below,
    item_at,
    item_weights,
    outside,
)

if TYPE_CHECKING:
    import tensorflow as tf


def exact_negatives(
    train: Interactions, sampling: str = "uniform", exponent: float = 1.0
) -> Sampler:
    """Returns a sampler of items that the user has no interaction with in `train`.

    Nothing is rejected: places are drawn on a line on which an item is as long as its
    weight, and the user's items are cut out of it. By popularity the weight is (the
    item's interactions)^exponent, so that items without interactions are never drawn.
    Memory is one or two int64 for each interaction.

    Args:
        train: the positives.
        sampling: "uniform" or "popularity".
        exponent: of "popularity": 1 is in proportion to interactions, 0 the same for
            all items with interactions, and below 0 favours unpopular items.

    Raises:
        ValueError: if `sampling` is unknown, `exponent` is not finite or has no effect,
            or a user interacted with every item that can be drawn.

    References:
        Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their
        Compositionality", sec. 2.2, whose exponent is 0.75.
        Caselles-Dupre et al. 2018, "Word2Vec Applied to Recommendation: Hyperparameters
        Matter", where the best one depends on the data, and may be below 0.
    """
    weights = item_weights(train, sampling, exponent, 2**62 // train.num_users)
    places, at = outside(train, weights), item_at(weights)

    def sample(users: "tf.Tensor", n: int, seed: "tf.Tensor") -> "tf.Tensor":
        return at(places(users, n, seed))

    return sample


def approximate_negatives(
    train: Catalogue, sampling: str = "uniform", exponent: float = 1.0
) -> Sampler:
    """Returns a sampler of items of the catalogue, positives of the user included.

    Positives are rare among uniform negatives. By popularity, with an exponent above 0,
    they are far more frequent. For arguments and errors see `exact_negatives`.
    """
    import tensorflow as tf

    weights = item_weights(train, sampling, exponent)
    length, at = tf.constant(weights.sum()), item_at(weights)

    def sample(users: "tf.Tensor", n: int, seed: "tf.Tensor") -> "tf.Tensor":
        return at(below(tf.fill([tf.shape(users)[0], 1], length), n, seed))

    return sample
