"""Negatives of each positive, drawn for a whole batch at a time."""

import logging
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from tfrecs.data.columns import pairs_matrix
from tfrecs.data.interactions import Interactions
from tfrecs.data.popularity import Catalogue
from tfrecs.training.weighted_draws import (
    Sampler,
    below,
    item_at,
    item_weights,
    left_over,
    outside,
    own_items,
)

if TYPE_CHECKING:
    import tensorflow as tf


def exact_negatives(
    train: Interactions,
    sampling: str = "uniform",
    exponent: float = 1.0,
    dislikes: Interactions | None = None,
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
        dislikes: pairs of low ratings, which are never drawn as unknown. If the user
            has any, the first item of a row is one of them, drawn uniformly.

    Raises:
        ValueError: if `sampling` is unknown, `exponent` is not finite or has no effect,
            a user interacted with every item that can be drawn, or `dislikes` have
            other vocabularies or a pair of `train`.

    References:
        Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their
        Compositionality", sec. 2.2, whose exponent is 0.75.
        Caselles-Dupre et al. 2018, "Word2Vec Applied to Recommendation: Hyperparameters
        Matter", where the best one depends on the data, and may be below 0.
    """
    weights = item_weights(train, sampling, exponent, 2**62 // train.num_users)
    known = _known(train, dislikes)
    places, at = outside(train, known, weights), item_at(weights)

    def sample(users: "tf.Tensor", n: int, seed: "tf.Tensor") -> "tf.Tensor":
        return at(places(users, n, seed))

    return sample if dislikes is None else _dislike_first(sample, dislikes)


def without_full_users(
    train: Interactions,
    sampling: str = "uniform",
    exponent: float = 1.0,
    dislikes: Interactions | None = None,
) -> Interactions:
    """Returns the interactions of users with an unknown item to draw.

    The logger "tfrecs" counts the users that are left out. Arguments are as of
    `exact_negatives`.

    Raises:
        ValueError: if no user is left.
    """
    known, kept = _known(train, dislikes), train
    users = len(np.unique(train.user_ids))
    while True:  # without a user, others may have all that is left by popularity
        weights = item_weights(kept, sampling, exponent)
        rows = (left_over(known, weights) > 0)[kept.user_ids]
        if rows.all():
            break
        if not rows.any():
            raise ValueError(
                "A user must have no interaction with at least one item. Received: "
                f"{users} users, and none such. Use exact=False, or shared negatives."
            )
        kept = kept.take(rows)
    if len(kept) < len(train):
        logging.getLogger("tfrecs").warning(
            "%d of %d users have an interaction with every item that can be drawn as a "
            "negative: their %d interactions are left out of training",
            *(users - len(np.unique(kept.user_ids)), users, len(train) - len(kept)),
        )
    return kept


def _known(train: Interactions, dislikes: Interactions | None) -> sp.csr_array:
    """Returns likes and dislikes, `[num_users, num_items]`, items sorted."""
    if dislikes is None:
        return train.matrix
    shared = train.contains(dislikes)
    if shared.any():
        raise ValueError(
            "`dislikes` must hold no pair of `train`. Received: "
            f"{shared.sum()} of {len(dislikes)} shared. Divide the data with "
            "split_by_rating."
        )
    known = sp.csr_array(train.matrix + _matrix(dislikes))
    known.sort_indices()
    return known


def _matrix(dislikes: Interactions) -> sp.csr_array:
    shape = dislikes.num_users, dislikes.num_items
    return pairs_matrix(dislikes.user_ids, dislikes.item_ids, shape)


def _dislike_first(draw: Sampler, dislikes: Interactions) -> Sampler:
    """Returns `draw` with a dislike of the user as the first item, if any."""
    import tensorflow as tf

    matrix = _matrix(dislikes)
    sizes = tf.constant(np.diff(matrix.indptr).astype(np.int64))
    dislike = own_items(matrix)

    def sample(users: "tf.Tensor", n: int, seed: "tf.Tensor") -> "tf.Tensor":
        seeds = tf.random.experimental.stateless_split(seed, 2)
        unknown = draw(users, n, seeds[0])
        first = tf.where(
            tf.gather(sizes, users)[:, None] > 0,
            dislike(users, 1, seeds[1]),
            unknown[:, :1],
        )
        return tf.concat([first, unknown[:, 1:]], axis=1)

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


def own_negatives(
    train: Interactions,
    sampling: str,
    exponent: float,
    exact: bool,
    dislikes: Interactions | None,
) -> tuple[Interactions, Sampler]:
    """Returns the positives to train on, and the sampler of their negatives.

    For arguments and errors see `pairwise_batches`.
    """
    train = train.positives
    if not exact:
        if dislikes is not None:
            raise ValueError(
                "`dislikes` need exact negatives, or they would be drawn as unknown. "
                "Received: exact=False. Leave it out."
            )
        return train, approximate_negatives(train, sampling, exponent)
    train = without_full_users(train, sampling, exponent, dislikes)
    return train, exact_negatives(train, sampling, exponent, dislikes)
