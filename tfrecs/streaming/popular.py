"""Popularity as a learner."""

from dataclasses import dataclass, field

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.types import AnyArray
from tfrecs.streaming.event_log import EventLog
from tfrecs.streaming.growing import GrowingTable
from tfrecs.streaming.stored import stored


@dataclass
class Popular:
    """Scores an item by the number of its events.

    Args:
        window: number of latest events that count; None for all.

    Raises:
        ValueError: if `window` is below 1.
    """

    window: int | None = None
    _counts: GrowingTable = field(init=False, repr=False)
    _latest: AnyArray = field(init=False, repr=False)  # ring buffer of items
    _num_events: int = field(init=False, repr=False, default=0)

    def __post_init__(self) -> None:
        """Checks the window."""
        if self.window is not None:
            check_positive(window=self.window)
        self._counts = GrowingTable(dtype=np.int64)
        self._latest = np.zeros(self.window or 0, np.int32)

    def grow(self, log: EventLog) -> None:
        """Adds counts of new items."""
        self._counts.grow(log.num_items)

    def scores(self, user: int | None, log: EventLog) -> AnyArray:
        """Returns the number of events of each item that count, `[num_items]`."""
        return self._counts.values

    def learn(self, user: int, item: int, weight: float, log: EventLog) -> None:
        """Counts an event, and removes the one that leaves the window."""
        self._counts.values[item] += 1
        if self.window is not None:
            place = self._num_events % self.window
            if self._num_events >= self.window:
                self._counts.values[self._latest[place]] -= 1
            self._latest[place] = item
        self._num_events += 1

    def state(self) -> dict[str, AnyArray]:
        """Returns the counts and the window."""
        return {
            "counts": self._counts.values,
            "latest": self._latest,
            "num_events": np.array(self._num_events),
        }

    def restore(self, state: dict[str, AnyArray], log: EventLog) -> None:
        """Restores what `state` returned."""
        size = log.num_items
        self._counts.restore(stored(state, "counts", np.int64, (size,), 0, 2**53))
        window = (self.window or 0,)
        self._latest = stored(state, "latest", np.int32, window, 0, max(0, size - 1))
        self._num_events = int(stored(state, "num_events", np.int64, (), 0, 2**53))
