"""A learner that counts which items come near each other."""

from dataclasses import dataclass, field

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.types import AnyArray, FloatArray
from tfrecs.streaming.event_log import EventLog

TIE_BREAK = 1e-6
"""What the most popular item is ahead by where nothing else tells items apart."""


@dataclass
class ItemItem:
    """Scores an item by how often it came near the user's latest items.

    Formula:
        sum over the user's latest `most` items j of
            decay^(items after j) * near(j, i) / (n_j + shrink)^power
            / (n_i + shrink)^power
        where n_i users had i, and near(j, i) is the sum, over users who had both with
        fewer than `most` items between, of decay^(items between), times `backward`
        where i came before j

    With most=1 and power=0 it counts what came right after the last item; with a large
    `most`, decay=1 and backward=1 it is the cosine of items' users. It holds a number
    for every pair of items: at most 16 bytes times num_items squared.

    Args:
        most: the latest items of a user that are looked at.
        decay: how much less an item says for each item since, above 0 and at most 1.
        backward: what an item says of those that came before it, of what it says of
            those after it.
        power: how far popularity is taken out; 0.5 is the cosine's.
        shrink: tames items that few users had.

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
        for name in ("backward", "power", "shrink"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(
                    f"`{name}` must be at least 0. Received: {getattr(self, name)!r}"
                )
        self._near = np.zeros((0, 0), np.float32)

    def grow(self, log: EventLog) -> None:
        """Makes room for the log's items, twice as much as is needed."""
        self._num_items = log.num_items
        if log.num_items > len(self._near):
            before, size = self._near, max(16, 2 * log.num_items)
            self._near = np.zeros((size, size), np.float32)
            self._near[: len(before), : len(before)] = before

    def scores(self, user: int | None, log: EventLog) -> FloatArray:
        """Scores of all items: `[num_items]`."""
        counts = log.item_counts
        scores = (TIE_BREAK * counts / (1 + counts.max(initial=0))).astype(np.float32)
        past = None if user is None else log.of_user(user, self.most)
        if past is not None and len(past.ids):
            tamed = ((counts + self.shrink) ** -self.power).astype(np.float32)
            says = tamed[past.ids] * past.weights * self._shares(len(past.ids))
            scores += says @ self._near[past.ids, : log.num_items] * tamed
        return scores

    def learn(self, user: int, item: int, weight: float, log: EventLog) -> None:
        """Counts the event's item with those before it; the log has it already."""
        before = log.items_of(user)[-1 - self.most :]
        before = before[before != item][-self.most :]
        shares = self._shares(len(before))
        self._near[before, item] += shares
        self._near[item, before] += self.backward * shares

    def _shares(self, size: int) -> FloatArray:
        """What the latest `size` items say, the last one 1."""
        shares: FloatArray = self.decay ** np.arange(size, dtype=np.float32)[::-1]
        return shares

    def state(self) -> dict[str, AnyArray]:
        """What was counted, as arrays."""
        return {"near": self._near[: self._num_items, : self._num_items]}

    def restore(self, state: dict[str, AnyArray]) -> None:
        """Goes back to what `state` gave."""
        self._near, self._num_items = state["near"].copy(), len(state["near"])
