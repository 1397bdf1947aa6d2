"""Item-item neighbourhoods from counts of items that come near each other."""

from dataclasses import dataclass, field

import numpy as np

from tfrecs._base.checks import check_not_negative, check_positive, check_share
from tfrecs._base.types import AnyArray, FloatArray
from tfrecs.streaming.event_log import EventLog
from tfrecs.streaming.stored import stored

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
    a large `most`, decay=1 and backward=1 it is the cosine of items over users.

    Each item keeps the counts of at most `neighbours` others. A further one takes the
    place of the smallest and goes on from its count, so that whatever came near often
    enough is kept. Memory: at most 16 bytes times num_items times `neighbours`.

    Args:
        most: number of latest items of a user that are used.
        neighbours: most counts of an item.
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
        sec. 3.1 (sequential rules), for counts by distance; Metwally et al. 2005,
        "Efficient Computation of Frequent and Top-k Elements in Data Streams", sec. 3,
        for the counts that are kept.
    """

    most: int = 10
    neighbours: int = 512
    decay: float = 0.8
    backward: float = 0.5
    power: float = 0.5
    shrink: float = 10.0
    _ids: AnyArray = field(init=False, repr=False)  # of neighbours, plus 1; 0 for none
    _near: AnyArray = field(init=False, repr=False)
    _num_items: int = field(init=False, repr=False, default=0)

    def __post_init__(self) -> None:
        """Checks the settings."""
        check_positive(most=self.most)
        if self.neighbours < self.most:
            raise ValueError(
                f"`neighbours` must be at least `most`, {self.most!r}. Received: "
                f"{self.neighbours!r}"
            )
        check_share(decay=self.decay)
        check_not_negative(backward=self.backward, power=self.power, shrink=self.shrink)
        self._ids = np.zeros((0, min(16, self.neighbours)), np.int32)
        self._near = np.zeros(self._ids.shape, np.float32)

    def grow(self, log: EventLog) -> None:
        """Adds counts of new items, with room for as many again."""
        self._num_items = log.num_items
        if log.num_items > len(self._near):
            self._resize(max(16, 2 * log.num_items), self._near.shape[1])

    def _resize(self, rows: int, width: int) -> None:
        before = self._ids, self._near
        self._ids = np.zeros((rows, width), np.int32)
        self._near = np.zeros((rows, width), np.float32)
        for old, new in zip(before, (self._ids, self._near), strict=True):
            new[: len(old), : old.shape[1]] = old

    def scores(self, user: int | None, log: EventLog) -> FloatArray:
        """Returns the scores of all items, `[num_items]`."""
        counts = log.item_counts
        scores = (TIE_BREAK * counts / (1 + counts.max(initial=0))).astype(np.float32)
        past = None if user is None else log.of_user(user, self.most)
        if past is not None and len(past.ids):
            damped = ((counts + self.shrink) ** -self.power).astype(np.float32)
            weights = damped[past.ids] * past.weights * self._shares(len(past.ids))
            near = weights[:, None] * self._near[past.ids]
            ids, size = self._ids[past.ids].reshape(-1), log.num_items + 1
            scores += np.bincount(ids, near.reshape(-1), size)[1:] * damped
        return scores

    def learn(self, user: int, item: int, weight: float, log: EventLog) -> None:
        """Counts the user's items before the item; the log contains the event."""
        before = log.items_of(user)[-1 - self.most :]
        before = before[before != item][-self.most :]
        shares = self._shares(len(before))
        if len(before):
            last = np.array([item])
            self._add(before, last, shares)
            if self.backward:
                self._add(last, before, self.backward * shares)

    def _add(self, items: AnyArray, others: AnyArray, shares: FloatArray) -> None:
        """Adds to the counts of items near others: of n near one, or of one near n."""
        width = self._ids.shape[1]
        is_own = self._ids[items] == others[:, None] + 1  # [n, width]
        rows, found = np.divmod(np.flatnonzero(is_own), width)
        places = np.full(len(is_own), -1)
        places[rows] = found
        new = np.flatnonzero(places < 0)
        if len(new):
            near = self._near[items if len(items) == 1 else items[new]]
            if len(items) == 1:  # whose new neighbours take different places
                near[0, found] = np.inf
                smallest = near[0].argsort(kind="stable")[: len(new)]
                counts = near[0, smallest]
            else:
                smallest = near.argmin(axis=1)
                counts = near[np.arange(len(new)), smallest]
            if width < self.neighbours and (len(counts) < len(new) or counts.any()):
                self._resize(len(self._near), min(2 * width, self.neighbours))
                self._add(items, others, shares)
                return
            places[new] = smallest
        self._ids[items, places] = others + 1
        self._near[items, places] += shares

    def _shares(self, size: int) -> FloatArray:
        """Returns the weights of the latest `size` items, 1 for the last."""
        shares: FloatArray = self.decay ** np.arange(size, dtype=np.float32)[::-1]
        return shares

    def state(self) -> dict[str, AnyArray]:
        """Returns the counts."""
        size = self._num_items
        return {"ids": self._ids[:size], "near": self._near[:size]}

    def restore(self, state: dict[str, AnyArray], log: EventLog) -> None:
        """Restores what `state` returned."""
        size = log.num_items
        self._ids = stored(state, "ids", np.int32, (size, None), 0, size)
        self._near = stored(state, "near", np.float32, self._ids.shape, 0)
        if not 0 < self._ids.shape[1] <= self.neighbours:
            raise ValueError(
                f"`ids` must have 1 to {self.neighbours} columns. Received: "
                f"{self._ids.shape[1]}"
            )
        self._num_items = size
