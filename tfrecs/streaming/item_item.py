"""Item-item neighbourhoods from counts of items that come near each other."""

from dataclasses import dataclass, field

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.types import AnyArray, FloatArray
from tfrecs.streaming.checks import check_not_negative
from tfrecs.streaming.event_log import EventLog

TIE_BREAK = 1e-6
"""Popularity tie-break weight."""


@dataclass
class ItemItem:
    """Scores an item by how often it came near the user's latest items.

    Formula:
        sum over the user's latest `most` items j of
            decay^(items after j) * near(j, i) / (n_j + shrink)^power
            / (n_i + shrink)^power
        where n_i users had i, and near(j, i) is the sum, over users who had both with
        fewer than `most` items between, of decay^(items between), times `backward`
        if i came before j

    With most=1 and power=0 it counts the items that came right after the last one; with
    a large `most`, decay=1 and backward=1 it is the cosine of items over users. Memory:
    at most 16 bytes times num_items squared.

    Args:
        most: number of latest items of a user that are used.
        decay: factor for each later item, above 0 and at most 1.
        backward: weight of items before an item, relative to items after it.
        power: strength of normalization by popularity; 0.5 for the cosine.
        shrink: damps items of few users.

    Raises:
        ValueError: if a setting is out of range.

    References:
        Sarwar et al. 2001, "Item-based Collaborative Filtering Recommendation
        Algorithms", sec. 3; Papagelis et al. 2005, "Incremental Collaborative Filtering
        for Highly-Scalable Recommendation Algorithms", for counts that grow; Ludewig
        and Jannach 2018, "Evaluation of Session-based Recommendation Algorithms",
        sec. 3.1 (sequential rules), for counts by distance.
    """

    most: int = 10
    decay: float = 0.8
    backward: float = 0.5
    power: float = 0.5
    shrink: float = 10.0
    _near: AnyArray = field(init=False, repr=False)
    _num_items: int = field(init=False, repr=False, default=0)

    def __post_init__(self) -> None:
        """Checks the settings."""
        check_positive(most=self.most)
        if not 0 < self.decay <= 1:
            raise ValueError(
                f"`decay` must be above 0 and at most 1. Received: {self.decay!r}"
            )
        check_not_negative(backward=self.backward, power=self.power, shrink=self.shrink)
        self._near = np.zeros((0, 0), np.float32)

    def grow(self, log: EventLog) -> None:
        """Adds counts of new items, with room for as many again."""
        self._num_items = log.num_items
        if log.num_items > len(self._near):
            before, size = self._near, max(16, 2 * log.num_items)
            self._near = np.zeros((size, size), np.float32)
            self._near[: len(before), : len(before)] = before

    def scores(self, user: int | None, log: EventLog) -> FloatArray:
        """Returns the scores of all items, `[num_items]`."""
        counts = log.item_counts
        scores = (TIE_BREAK * counts / (1 + counts.max(initial=0))).astype(np.float32)
        past = None if user is None else log.of_user(user, self.most)
        if past is not None and len(past.ids):
            damped = ((counts + self.shrink) ** -self.power).astype(np.float32)
            weights = damped[past.ids] * past.weights * self._shares(len(past.ids))
            scores += weights @ self._near[past.ids, : log.num_items] * damped
        return scores

    def learn(self, user: int, item: int, weight: float, log: EventLog) -> None:
        """Counts the user's items before the item; the log contains the event."""
        before = log.items_of(user)[-1 - self.most :]
        before = before[before != item][-self.most :]
        shares = self._shares(len(before))
        self._near[before, item] += shares
        self._near[item, before] += self.backward * shares

    def _shares(self, size: int) -> FloatArray:
        """Returns the weights of the latest `size` items, 1 for the last."""
        shares: FloatArray = self.decay ** np.arange(size, dtype=np.float32)[::-1]
        return shares

    def state(self) -> dict[str, AnyArray]:
        """Returns the counts."""
        return {"near": self._near[: self._num_items, : self._num_items]}

    def restore(self, state: dict[str, AnyArray]) -> None:
        """Restores what `state` returned."""
        self._near, self._num_items = state["near"].copy(), len(state["near"])
