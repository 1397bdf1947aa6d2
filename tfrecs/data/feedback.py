"""The rule by which an interaction counts as a positive, for every source of data."""

import logging
from functools import cache
from typing import Any

import numpy as np

from tfrecs._base.types import AnyArray, BoolArray


def is_positive(ratings: Any, min_rating: float | None) -> Any:
    """Returns whether a rating, or each of an array, is the one of a positive.

    Without a minimum it is if it is above 0: a 0 is "shown, but not clicked", as in a
    column of 0/1 labels, and no interaction in a matrix.

    Example:
        >>> is_positive(np.array([0.0, 1.0, 5.0]), None).tolist()
        [False, True, True]
        >>> is_positive(np.array([0.0, 1.0, 5.0]), 4).tolist()
        [False, False, True]
    """
    return ratings > 0 if min_rating is None else ratings >= min_rating


def count_low(ratings: AnyArray | None, min_rating: float | None) -> int:
    """Returns how many ratings are not the ones of positives."""
    return 0 if ratings is None else int(np.sum(~is_positive(ratings, min_rating)))


def positive_rows(
    ratings: AnyArray | None, min_rating: float | None
) -> BoolArray | None:
    """Returns which rows are positives, None for all, and warns without a minimum.

    Raises:
        ValueError: if no row is one.
    """
    if ratings is None:
        return None
    lowest, highest = ratings.min(), ratings.max()
    if min_rating is None and lowest < highest:
        warn_of_no_minimum(
            f"Ratings are from {lowest:g} to {highest:g}",
            f"`at_least`, such as train.at_least({highest:g}), in test data as well",
        )
    keep: BoolArray = is_positive(ratings, min_rating)
    if not keep.any():
        least = "above 0" if min_rating is None else f"{min_rating:g} or more"
        raise ValueError(
            f"At least one interaction must be a positive, rated {least}. Received: "
            f"{len(keep)} of at most {highest:g}. Choose the minimum with "
            "`at_least`."
        )
    return None if keep.all() else keep


def rows_of_at_least(ratings: AnyArray | None, min_rating: float) -> BoolArray:
    """Returns the rows of `Interactions.at_least`, whose errors it raises."""
    if ratings is None:
        raise ValueError(
            "`at_least` needs ratings. Received: interactions without them. Name "
            "the rating column when reading, or leave out the minimum."
        )
    keep: BoolArray = is_positive(ratings, min_rating)
    if not keep.any():
        raise ValueError(
            f"`min_rating` must be at most {ratings.max():g}, the highest "
            f"rating. Received: min_rating={min_rating:g}"
        )
    return keep


@cache
def warn_of_no_minimum(ratings: str, remedy: str) -> None:
    """Logs once which ratings make a positive.

    Args:
        ratings: what has ratings, the start of a sentence.
        remedy: how to choose a minimum, its end.
    """
    logging.getLogger("tfrecs").warning(
        "%s, and no minimum was given: all above 0 count as positives, and 0 does not. "
        "Choose the lowest rating of a positive with %s.",
        *(ratings, remedy),
    )
