"""Negatives, drawn a batch at a time: for each positive, or shared by the batch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.types import FloatArray
from tfrecs.data.interactions import Interactions
from tfrecs.data.popularity import OWN, check_exponent
from tfrecs.data.popularity import Catalogue as Catalogue
from tfrecs.training.weighted_draws import Sampler as Sampler
from tfrecs.training.weighted_draws import below, item_at, outside, whole_weights

if TYPE_CHECKING:
    import tensorflow as tf


def exact_uniform(train: Interactions) -> Sampler:
    """Draws uniformly from the items that the user has no interaction with in `train`.

    Nothing is rejected: the r-th item that a user lacks is r plus the number of the
    user's items before it, which one binary search finds. Memory is one int64 for each
    interaction.

    Raises:
        ValueError: if a user interacted with the whole catalogue.
    """
    import tensorflow as tf

    places = outside(train, np.ones(train.num_items, dtype=np.int64))

    def sample(
        user_ids: "tf.Tensor", num_negatives: int, seed: "tf.Tensor"
    ) -> "tf.Tensor":
        return tf.cast(places(user_ids, num_negatives, seed), tf.int32)

    return sample


def exact_popular(train: Interactions, exponent: float = 1.0) -> Sampler:
    """Draws by popularity from the items that the user has no interaction with.

    An item's probability is (its interactions)^exponent, over the sum of that for all
    items that the user lacks. Nothing is rejected: places are drawn on a line on which
    items are as long as that, and the user's are cut out. Items that nobody has are
    never drawn. Memory is two int64 for each interaction.

    Args:
        train: the positives.
        exponent: 1 is in proportion to interactions, 0 the same for all that someone
            has, and below 0 the less popular the likelier.

    Raises:
        ValueError: if `exponent` is not finite, or a user has all that anyone has.

    References:
        Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their
        Compositionality", sec. 2.2, whose exponent is 0.75.
        Caselles-Dupre et al. 2018, "Word2Vec Applied to Recommendation: Hyperparameters
        Matter", where the best one depends on the data, and may be below 0.
    """
    weights = whole_weights(train, exponent, 2**62 // train.num_users)
    places, at = outside(train, weights), item_at(weights)

    def sample(
        user_ids: "tf.Tensor", num_negatives: int, seed: "tf.Tensor"
    ) -> "tf.Tensor":
        return at(places(user_ids, num_negatives, seed))

    return sample


def approximate_uniform(train: Catalogue) -> Sampler:
    """Draws uniformly from the catalogue: now and then a positive is among them."""
    import tensorflow as tf

    size = tf.constant(train.num_items, tf.int64)

    def sample(
        user_ids: "tf.Tensor", num_negatives: int, seed: "tf.Tensor"
    ) -> "tf.Tensor":
        sizes = tf.fill([tf.shape(user_ids)[0], 1], size)
        return tf.cast(below(sizes, num_negatives, seed), tf.int32)

    return sample


def approximate_popular(train: Catalogue, exponent: float = 1.0) -> Sampler:
    """Draws from the catalogue by popularity, positives of the user among them.

    With an exponent above 0, positives are far more often among them than among uniform
    ones: they are popular. Arguments and errors are those of `exact_popular`.
    """
    import tensorflow as tf

    weights = whole_weights(train, exponent)
    length, at = tf.constant(weights.sum()), item_at(weights)

    def sample(
        user_ids: "tf.Tensor", num_negatives: int, seed: "tf.Tensor"
    ) -> "tf.Tensor":
        lengths = tf.fill([tf.shape(user_ids)[0], 1], length)
        return at(below(lengths, num_negatives, seed))

    return sample


def own_negatives(
    train: Interactions, *, sampling: str, exact: bool, exponent: float
) -> Sampler:
    """Gives the sampler of a name of `OWN`.

    Raises:
        ValueError: if `sampling` is unknown, `exponent` is not for it, or as the
            sampler.
    """
    if not exact:
        return approximate_negatives(train, sampling=sampling, exponent=exponent)
    check_choice("sampling", sampling, OWN)
    check_exponent(sampling, exponent)
    if sampling == "uniform":
        return exact_uniform(train)
    return exact_popular(train, exponent)


def approximate_negatives(
    train: Catalogue, *, sampling: str, exponent: float
) -> Sampler:
    """Gives what `own_negatives` gives for `exact=False`, of shards on the disk too."""
    check_choice("sampling", sampling, OWN)
    check_exponent(sampling, exponent)
    if sampling == "uniform":
        return approximate_uniform(train)
    return approximate_popular(train, exponent)


@dataclass(frozen=True)
class SharedNegatives:
    """How a batch's shared negatives are drawn. They may be positives of a user.

    Args:
        draw: takes the batch's items `[batch]`, n and a seed `[2]`; gives item ids.
        probability: `[num_items]`, of each item at each draw, for logQ correction.
    """

    draw: "Callable[[tf.Tensor, int, tf.Tensor], tf.Tensor]"
    probability: FloatArray


def shared_uniform(train: Catalogue) -> SharedNegatives:
    """Draws n items, each with the same probability."""
    import tensorflow as tf

    sizes = tf.fill([1, 1], tf.constant(train.num_items, tf.int64))

    def draw(item_id: "tf.Tensor", n: int, seed: "tf.Tensor") -> "tf.Tensor":
        return tf.cast(below(sizes, n, seed)[0], tf.int32)

    share = np.full(train.num_items, 1 / train.num_items, dtype=np.float32)
    return SharedNegatives(draw, share)


def shared_popular(train: Catalogue, exponent: float = 1.0) -> SharedNegatives:
    """Draws n items by popularity: (an item's interactions)^exponent, over their sum.

    Raises:
        ValueError: if `exponent` is not finite.
    """
    import tensorflow as tf

    weights = whole_weights(train, exponent)
    lengths, at = tf.fill([1, 1], tf.constant(weights.sum())), item_at(weights)

    def draw(item_id: "tf.Tensor", n: int, seed: "tf.Tensor") -> "tf.Tensor":
        return at(below(lengths, n, seed))[0]

    return SharedNegatives(draw, (weights / weights.sum()).astype(np.float32))


def shared_in_batch(train: Catalogue) -> SharedNegatives:
    """Takes the items of the batch's positives, and draws none."""
    return SharedNegatives(lambda item_id, n, seed: item_id, _popularity(train))


def shared_mixed(train: Catalogue) -> SharedNegatives:
    """Takes the items of the batch's positives and draws as many uniformly.

    References:
        Yang et al. 2020, "Mixed Negative Sampling for Learning Two-tower Neural
        Networks in Recommendations", sec. 3.2.
    """
    import tensorflow as tf

    uniform = shared_uniform(train)

    def draw(item_id: "tf.Tensor", n: int, seed: "tf.Tensor") -> "tf.Tensor":
        drawn = uniform.draw(item_id, item_id.shape[0], seed)
        return tf.concat([item_id, drawn], axis=0)

    return SharedNegatives(
        draw, np.float32(0.5) * (_popularity(train) + uniform.probability)
    )


SHARED_NEGATIVES: dict[str, Callable[[Catalogue], SharedNegatives]] = {
    "uniform": shared_uniform,
    "popularity": shared_popular,
    "in-batch": shared_in_batch,
    "mixed": shared_mixed,
}


def shared_negatives(
    train: Catalogue, *, sampling: str, exponent: float
) -> SharedNegatives:
    """Gives the shared negatives of a name of `SHARED_NEGATIVES`.

    Raises:
        ValueError: if `sampling` is unknown, or `exponent` is not for it.
    """
    check_choice("sampling", sampling, SHARED_NEGATIVES)
    check_exponent(sampling, exponent)
    if sampling == "popularity":
        return shared_popular(train, exponent)
    return SHARED_NEGATIVES[sampling](train)


def _popularity(train: Catalogue) -> FloatArray:
    """Each item's share of the interactions."""
    return (train.item_counts / train.item_counts.sum()).astype(np.float32)
