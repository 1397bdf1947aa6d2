"""Arrays that grow by rows, in memory that doubles."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import DTypeLike

from tfrecs._base.types import AnyArray
from tfrecs.streaming.stored import check_within, stored

PAST = np.dtype([("id", np.int32), ("weight", np.float32), ("time", np.float64)])
"""An event as stored for one side: id of the other side, weight and time."""


class GrowingTable:
    """Rows of numbers, each of shape `width`."""

    __slots__ = ("_memory", "_size")

    def __init__(self, *width: int, dtype: DTypeLike = np.float32) -> None:
        self._memory: AnyArray = np.zeros((0, *width), dtype)
        self._size = 0

    @property
    def values(self) -> AnyArray:
        """The rows `[size, *width]`: a writable view, valid until the next `grow`."""
        return self._memory[: self._size]

    def grow(self, size: int) -> None:
        """Adds rows of zeros up to `size`."""
        if size > len(self._memory):
            doubled = max(size, 2 * len(self._memory))
            larger = np.zeros((doubled, *self._memory.shape[1:]), self._memory.dtype)
            larger[: self._size] = self.values
            self._memory = larger
        self._size = max(size, self._size)

    def restore(self, values: AnyArray) -> None:
        """Replaces the rows."""
        self._memory, self._size = values.astype(self._memory.dtype), len(values)


class GrowingLists:
    """The past events of each row, in the order in which they last came."""

    def __init__(self) -> None:
        self._rows: list[GrowingTable] = []

    def __len__(self) -> int:
        """Returns the number of rows."""
        return len(self._rows)

    def grow(self, size: int) -> None:
        """Adds rows without events up to `size`."""
        for _ in range(size - len(self._rows)):
            self._rows.append(GrowingTable(dtype=PAST))

    def of(self, row: int) -> AnyArray:
        """Returns the events of a row, a view: `[n]` of `PAST`."""
        return self._rows[row].values

    def add(self, row: int, event: tuple[int, float, float], is_repeated: bool) -> None:
        """Adds an event to a row; a repeated id moves to the end with more weight."""
        if is_repeated:
            self._repeat(self.of(row), *event)
        else:
            self._rows[row].grow(len(self.of(row)) + 1)
            self.of(row)[-1] = event

    def _repeat(self, events: AnyArray, id_: int, weight: float, time: float) -> None:
        place = np.flatnonzero(events["id"] == id_)[0]
        before = events[place].copy()
        events[place:-1] = events[place + 1 :].copy()
        events[-1] = (id_, before["weight"] + weight, max(before["time"], time))

    def state(self, side: str) -> dict[str, AnyArray]:
        """Returns the events of all rows in one array, and the length of each row."""
        rows = [row.values for row in self._rows]
        return {
            f"{side}_events": np.concatenate([np.empty(0, PAST), *rows]),
            f"{side}_lengths": np.array([len(row) for row in rows], int),
        }

    def restore(
        self, state: Mapping[str, AnyArray], side: str, sizes: tuple[int, int]
    ) -> tuple[AnyArray, AnyArray]:
        """Replaces the rows by what `state` returned.

        Args:
            state: the arrays.
            side: the side of the rows.
            sizes: number of rows, and of ids of the other side.

        Returns:
            The row and the id of each event, `[events]` int64.

        Raises:
            ValueError: if an array is not of these sizes.
        """
        num_rows, num_ids = sizes
        events = stored(state, f"{side}_events", PAST, (None,))
        check_within(events["id"], "ids of events", 0, num_ids - 1)
        check_within(events["weight"], "weights of events", 0, np.inf)
        check_within(events["time"], "times of events", -np.inf, np.inf)
        name = f"{side}_lengths"
        lengths = stored(state, name, np.int64, (num_rows,), 0, len(events))
        if lengths.sum() != len(events):
            raise ValueError(
                f"`{name}` must be of {len(events)} events. Received: {lengths.sum()}"
            )
        self._rows = []
        self.grow(num_rows)
        parts = np.split(events, np.cumsum(lengths)[:-1])  # one part for no rows, too
        for row, part in zip(self._rows, parts, strict=False):
            row.restore(part)
        return np.repeat(np.arange(num_rows), lengths), events["id"].astype(np.int64)
