"""Histories: the items of each user in order of time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.indices import PADDING
from tfrecs._base.types import AnyArray, IntArray


@dataclass(frozen=True, eq=False)
class Histories:
    """The items of each user, the oldest first.

    Args:
        items: `[interactions]` item ids, user by user.
        starts: `[num_users + 1]`: user u has `items[starts[u]:starts[u + 1]]`.
        rows: `[interactions]` the rows of the data that they are from.
    """

    items: IntArray
    starts: AnyArray
    rows: AnyArray

    def __getitem__(self, user_id: int) -> IntArray:
        """Returns the items of one user."""
        return self.items[self.starts[user_id] : self.starts[user_id + 1]]

    def last(self, user_ids: AnyArray, max_length: int) -> IntArray:
        """Returns the last items of users, with `PADDING` before them.

        Args:
            user_ids: `[users]`.
            max_length: at least 1; older items are left out.

        Returns:
            `[users, max_length]` int32. The last column holds the latest items.
        """
        check_positive(max_length=max_length)
        place = self.starts[user_ids + 1][:, None] + np.arange(-max_length, 0)
        known = place >= self.starts[user_ids][:, None]
        return np.where(known, self.items[np.where(known, place, 0)], PADDING)


def histories_of(data: Any) -> Histories:
    """Sorts the items of each user of `Interactions` by time, equal times by row.

    Without times the order is that of the rows.
    """
    columns = (data.timestamps, data.user_ids)
    rows = np.lexsort([c for c in columns if c is not None])  # stable
    counts = np.bincount(data.user_ids, minlength=data.num_users)
    return Histories(data.item_ids[rows], np.append(0, np.cumsum(counts)), rows)


def padded(histories: Sequence[IntArray], max_length: int) -> IntArray:
    """Returns the last items of histories, as `Histories.last` does."""
    rows = np.full((len(histories), max_length), PADDING, np.int32)
    for row, items in zip(rows, histories, strict=True):
        last = items[-max_length:]
        row[max_length - len(last) :] = last
    return rows


def reader_of(model: Any, train: Any) -> Callable[[IntArray], IntArray]:
    """Returns a function of user ids to what a model reads of these users.

    Args:
        model: whose `max_length` is the length of the histories that it reads, if any.
        train: the `Interactions` with the histories.

    Returns:
        A function from ids `[users]` to histories `[users, max_length]`, after a column
        of the ids if it reads them too; or to the ids alone.
    """
    length = getattr(model, "max_length", None)
    if length is None:
        return lambda user_ids: user_ids
    return lambda user_ids: with_ids(
        model, train.sequences.last(user_ids, length), user_ids
    )


def with_ids(
    model: Any, histories: IntArray, user_ids: IntArray | None = None
) -> IntArray:
    """Returns what a model of histories reads of users: histories, or ids before them.

    Args:
        model: with `num_users`, or None there if it reads histories alone.
        histories: `[users, max_length]`.
        user_ids: `[users]`, -1 for unknown users; None if all are.
    """
    if getattr(model, "num_users", None) is None:
        return histories
    if user_ids is None:
        user_ids = np.full(len(histories), -1, np.int32)
    return np.column_stack([user_ids, histories]).astype(np.int32)
