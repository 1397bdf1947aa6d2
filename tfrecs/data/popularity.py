"""Item weights for drawing by popularity."""

from typing import Protocol

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.types import AnyArray, IntArray

OWN = ("uniform", "popularity")
"""The distributions of a positive's own negatives."""


class Catalogue(Protocol):
    """The counts that negatives are drawn by: of `Interactions`, or of shards."""

    @property
    def num_items(self) -> int:
        """The number of items."""

    @property
    def item_counts(self) -> AnyArray:
        """`[num_items]`, the interactions of each item."""


def popularity(train: Catalogue, exponent: float = 1.0) -> AnyArray:
    """(An item's interactions)^exponent over the highest of them, `[num_items]`.

    It is 0 for items without interactions, whatever the exponent.

    Raises:
        ValueError: if `exponent` is not finite.
    """
    if not np.isfinite(exponent):
        raise ValueError(f"`exponent` must be finite. Received: exponent={exponent!r}")
    counts = train.item_counts
    logs = exponent * np.log(counts, where=counts > 0, out=np.zeros(len(counts)))
    return np.where(counts > 0, np.exp(logs - logs[counts > 0].max()), 0)


def most_popular(counts: AnyArray, limit: int) -> IntArray:
    """Returns the indices of the `limit` highest counts, ascending.

    Of equal counts, lower indices come first.

    Example:
        >>> most_popular(np.array([5, 9, 5, 1]), limit=2).tolist()
        [0, 1]
    """
    check_positive(limit=limit)
    best = np.argsort(-counts, kind="stable")[:limit]
    return np.sort(best).astype(np.int32)


def check_exponent(sampling: str, exponent: float) -> None:
    """Raises ValueError for an exponent that has no effect."""
    if exponent != 1 and sampling != "popularity":
        raise ValueError(
            "`exponent` must be left out where nothing is drawn by popularity. "
            f"Received: exponent={exponent!r} with {sampling!r}"
        )
