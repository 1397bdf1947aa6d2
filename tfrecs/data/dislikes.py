"""Ratings divided into likes and dislikes."""

from typing import NamedTuple

import numpy as np

from tfrecs.data.feedback import is_positive
from tfrecs.data.interactions import Interactions


class Rated(NamedTuple):
    """Interactions over one vocabulary.

    Args:
        likes: interactions rated the minimum or more, the positives.
        dislikes: interactions of lower ratings, for `tfrecs.Negatives(dislikes=...)`.
    """

    likes: Interactions
    dislikes: Interactions


def split_by_rating(interactions: Interactions, min_rating: float) -> Rated:
    """Divides interactions by the lowest rating of a positive.

    Args:
        interactions: rated interactions, such as the training part of a split.
        min_rating: lowest rating of a positive.

    Raises:
        ValueError: if there are no ratings, or all are on one side.

    Example:
        >>> rated = Interactions.from_matrix([[5, 2, 0], [0, 4, 1]])
        >>> likes, dislikes = split_by_rating(rated, 4)
        >>> likes.ratings.tolist(), dislikes.ratings.tolist()
        ([5.0, 4.0], [2.0, 1.0])
    """
    likes = interactions.at_least(min_rating)
    low = np.flatnonzero(~is_positive(interactions.ratings, min_rating))
    if not len(low):
        raise ValueError(
            "`min_rating` must be above the lowest rating. Received: "
            f"min_rating={min_rating:g}, where no rating is lower"
        )
    return Rated(likes, interactions.take(low))
