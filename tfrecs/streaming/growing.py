"""Arrays that grow by rows, in memory that doubles."""

import numpy as np

from tfrecs._base.types import AnyArray

PAST = np.dtype([("id", np.int32), ("weight", np.float32), ("time", np.float64)])
"""An event as stored for one side: id of the other side, weight and time."""


class GrowingTable:
    """Rows of numbers, each of shape `width`."""

    def __init__(self, *width: int, dtype: type = np.float32) -> None:
        self._memory: AnyArray = np.zeros((0, *width), dtype)
        self._size = 0

    @property
    def values(self) -> AnyArray:
        """The rows `[size, *width]`: a writable view, valid until the next `grow`."""
        return self._memory[: self._size]

    def grow(self, size: int) -> None:
        """Adds rows of zeros up to `size`."""
        if size > len(self._memory):
            doubled = max(size, 2 * len(self._memory), 16)
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
        self._lists: list[AnyArray] = []
        self._lengths: list[int] = []

    def __len__(self) -> int:
        """Returns the number of rows."""
        return len(self._lists)

    def grow(self, size: int) -> None:
        """Adds rows without events up to `size`."""
        for _ in range(size - len(self._lists)):
            self._lists.append(np.empty(2, PAST))
            self._lengths.append(0)

    def of(self, row: int) -> AnyArray:
        """Returns the events of a row, a view: `[n]` of `PAST`."""
        return self._lists[row][: self._lengths[row]]

    def add(self, row: int, event: tuple[int, float, float], is_repeated: bool) -> None:
        """Adds an event to a row; a repeated id moves to the end with more weight."""
        if is_repeated:
            self._repeat(self.of(row), *event)
            return
        length = self._lengths[row]
        if length == len(self._lists[row]):
            self._lists[row] = np.resize(self._lists[row], 2 * length)
        self._lists[row][length] = event
        self._lengths[row] = length + 1

    def _repeat(self, events: AnyArray, id_: int, weight: float, time: float) -> None:
        place = np.flatnonzero(events["id"] == id_)[0]
        before = events[place].copy()
        events[place:-1] = events[place + 1 :].copy()
        events[-1] = (id_, before["weight"] + weight, max(before["time"], time))

    def state(self, side: str) -> dict[str, AnyArray]:
        """Returns the events of all rows in one array, and the length of each row."""
        rows = [self.of(row) for row in range(len(self))]
        return {
            f"{side}_events": np.concatenate([np.empty(0, PAST), *rows]),
            f"{side}_lengths": np.array(self._lengths, int),
        }

    def restore(self, events: AnyArray, lengths: AnyArray) -> None:
        """Replaces the rows by what `state` returned."""
        self._lengths = lengths.tolist()
        parts = np.split(events.astype(PAST), np.cumsum(lengths)[:-1])
        self._lists = [np.resize(part, max(2, len(part))) for part in parts]
        if not self._lengths:
            self._lists = []
