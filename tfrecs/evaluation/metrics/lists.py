"""Recommended lists and the training data of their users."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from tfrecs._base.checks import check_positive, check_unlabelled
from tfrecs._base.indices import as_indices
from tfrecs._base.types import AnyArray, IntArray
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.metrics.ranking import Values
from tfrecs.evaluation.ranking.top_k import NO_ITEM


@dataclass(frozen=True, eq=False, repr=False)
class Lists:
    """Recommended lists of some users, read-only.

    Args:
        items: `[users, k]` item ids, best first, each at most once in a list; shorter
            lists end in -1.
        user_ids: `[users]`.
        train: training data: the catalogue, popularity, and each user's history.
        item_features: `[num_items, features]`, dense or sparse, such as flags of
            genres; zeros for an item without known features. None for no features.

    Raises:
        ValueError: if a shape does not fit, an id is out of range, a list repeats an
            item or continues after its end, all lists are empty, or a feature is not
            finite.

    Example:
        >>> from tfrecs import Interactions
        >>> train = Interactions.from_matrix(np.array([[1, 0, 0], [0, 1, 1]]))
        >>> Lists([[1, 2], [0, -1]], [0, 1], train)
        <Lists of 2 users, up to 2 of 3 items each>
    """

    items: IntArray
    user_ids: IntArray
    train: Interactions
    item_features: Any = None

    def __post_init__(self) -> None:
        """Checks every array once and makes ids read-only."""
        user_ids = np.asarray(self.user_ids)
        items = np.asarray(self.items)
        if items.ndim != 2 or user_ids.shape != items.shape[:1] or not items.size:
            raise ValueError(
                "`items` must be [users, k], with one of the [users] `user_ids` for "
                f"each row. Received: shapes {list(items.shape)} and "
                f"{list(user_ids.shape)}"
            )
        user_ids = as_indices(user_ids, "user_ids", self.train.num_users)
        items = as_indices(
            items, "items", self.train.num_items, lowest=NO_ITEM, dimensions=2
        )
        _check_rows(items)
        for name, ids in {"user_ids": user_ids, "items": items}.items():
            ids.flags.writeable = False
            object.__setattr__(self, name, ids)
        if self.item_features is not None:
            features = _as_features(self.item_features, self.train.num_items)
            object.__setattr__(self, "item_features", features)

    def first(self, k: int) -> "Lists":
        """Returns the first k items of each list; ValueError if lists are shorter."""
        check_positive(k=k)
        if k > self.items.shape[1]:
            raise ValueError(
                f"`k` must be at most {self.items.shape[1]}, the length of the lists. "
                f"Received: k={k}. Recommend more items."
            )
        return replace(self, items=self.items[:, :k])

    @cached_property
    def lengths(self) -> AnyArray:
        """`[users]`, the length of each list."""
        return (self.items != NO_ITEM).sum(axis=1)

    @cached_property
    def exposure(self) -> AnyArray:
        """`[num_items]`, the number of lists with each item."""
        shown = self.items[self.items != NO_ITEM]
        return np.bincount(shown, minlength=self.train.num_items)

    def matrix(self, rows: slice) -> sp.csr_array:
        """Returns `[rows, num_items]` sparse, 1 for each item in the list."""
        items, ends = self.items[rows], np.cumsum(self.lengths[rows])
        shown = items[items != NO_ITEM]
        return sp.csr_array(
            (np.ones(len(shown)), shown, np.append(0, ends)),
            shape=(len(items), self.train.num_items),
        )

    def mean(self, of_item: Values) -> Values:
        """Averages `of_item` `[num_items]` over each list; NaN for an empty one."""
        total = np.zeros(len(self.items))
        for items in self.items.T:  # one rank at a time, in memory of `[users]`
            total += np.where(items == NO_ITEM, 0, of_item[items])
        return ratio(total, self.lengths)

    def __repr__(self) -> str:
        """Returns the number of users and the length of their lists."""
        num_users, k = self.items.shape
        return (
            f"<Lists of {num_users} user{'' if num_users == 1 else 's'}, up to {k} of "
            f"{self.train.num_items} items each>"
        )


def ratio(above: AnyArray, below: AnyArray) -> Values:
    """Divides; NaN where `below` is 0."""
    out = np.full(len(above), np.nan)
    return np.divide(above, below, out=out, where=below > 0)


def _check_rows(items: AnyArray) -> None:
    """Raises ValueError if a list repeats an item or continues after its end."""
    if (items == NO_ITEM).all():
        raise ValueError("`items` must recommend something. Received: nothing but -1")
    after_end = (items[:, :-1] == NO_ITEM) & (items[:, 1:] != NO_ITEM)
    if after_end.any():
        row = after_end.any(axis=1).argmax()
        raise ValueError(
            "`items` must have -1 only at the end of a list. Received: row "
            f"{row}, {items[row, :20].tolist()}"
        )
    by_id = np.sort(items, axis=1)
    twice = (by_id[:, :-1] == by_id[:, 1:]) & (by_id[:, 1:] != NO_ITEM)
    if twice.any():
        row = twice.any(axis=1).argmax()
        raise ValueError(
            f"`items` must hold an item once in a list. Received: row {row} with item "
            f"{by_id[row, 1:][twice[row]][0]} twice"
        )


def _as_features(features: Any, num_items: int) -> sp.csr_array:
    """Returns features as a sparse float64 matrix `[num_items, features]`."""
    check_unlabelled("item_features", features)
    if (
        np.ndim(features) != 2
        or features.shape[0] != num_items
        or not features.shape[1]
    ):
        raise ValueError(
            "`item_features` must be [num_items, features] with "
            f"num_items={num_items}. Received: shape {list(np.shape(features))}"
        )
    sparse = sp.csr_array(features, dtype=np.float64)
    if not np.isfinite(sparse.data).all():
        raise ValueError(
            "`item_features` must be finite. Received: "
            f"{(~np.isfinite(sparse.data)).sum()} values that are not"
        )
    return sparse
