"""Arrays that grow by rows, in memory that doubles."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tfrecs._base.types import AnyArray, FloatArray

PAST = np.dtype([("id", np.int32), ("weight", np.float32), ("time", np.float64)])
"""An event as one of its two sides remembers it: with whom, how much, and when."""


class GrowingTable:
    """Rows of numbers; `values` is a view of them that holds until the next `grow`.

    Args:
        *width: the shape of a row; none for single numbers.
        dtype: of the numbers.
    """

    def __init__(self, *width: int, dtype: Any = np.float32) -> None:
        self._memory: AnyArray = np.zeros((0, *width), dtype)
        self._size = 0

    @property
    def values(self) -> AnyArray:
        """The rows, which may be written to: `[size, *width]`."""
        return self._memory[: self._size]

    def grow(
        self, size: int, draw: Callable[[tuple[int, ...]], AnyArray] = np.zeros
    ) -> None:
        """Adds rows up to `size`, what `draw` gives for their shape."""
        more = size - self._size
        if more <= 0:
            return
        if size > len(self._memory):
            doubled = max(size, 2 * len(self._memory), 16)
            larger = np.zeros((doubled, *self._memory.shape[1:]), self._memory.dtype)
            larger[: self._size] = self.values
            self._memory = larger
        self._memory[self._size : size] = draw((more, *self._memory.shape[1:]))
        self._size = size

    def restore(self, values: AnyArray) -> None:
        """Makes these the rows."""
        self._memory, self._size = values.astype(self._memory.dtype), len(values)


class GrowingLists:
    """For each row the events of its past, in the order in which they last came."""

    def __init__(self) -> None:
        self._lists: list[AnyArray] = []
        self._lengths: list[int] = []

    def __len__(self) -> int:
        """Gives the number of rows."""
        return len(self._lists)

    def grow(self, size: int) -> None:
        """Adds rows without events, up to `size`."""
        for _ in range(size - len(self._lists)):
            self._lists.append(np.empty(2, PAST))
            self._lengths.append(0)

    def of(self, row: int) -> AnyArray:
        """The events of a row, a view: `[n]` of `PAST`."""
        return self._lists[row][: self._lengths[row]]

    def append(self, row: int, event: tuple[int, float, float]) -> None:
        """Adds an event to a row."""
        length = self._lengths[row]
        if length == len(self._lists[row]):
            self._lists[row] = np.resize(self._lists[row], 2 * length)
        self._lists[row][length] = event
        self._lengths[row] = length + 1

    def repeat(self, row: int, event: tuple[int, float, float]) -> None:
        """Moves the event with the same id to the end, its weight and time renewed."""
        events = self.of(row)
        id_, weight, time = event
        place = np.flatnonzero(events["id"] == id_)[0]
        before = events[place].copy()
        events[place:-1] = events[place + 1 :].copy()
        renewed = before["weight"] + weight, max(before["time"], time)
        events[-1] = (id_, *renewed)

    def state(self) -> tuple[AnyArray, AnyArray]:
        """All events, row after row, and how many each row has."""
        rows = [self.of(row) for row in range(len(self))]
        return np.concatenate([np.empty(0, PAST), *rows]), np.array(self._lengths, int)

    def restore(self, events: AnyArray, lengths: AnyArray) -> None:
        """Makes these the rows."""
        self._lengths = lengths.tolist()
        parts = np.split(events.astype(PAST), np.cumsum(lengths)[:-1])
        self._lists = [np.resize(part, max(2, len(part))) for part in parts]
        if not self._lengths:
            self._lists = []


class GrowingVectors:
    """Vectors of users and of items, each drawn from N(0, std^2) when it is added.

    A vector depends on the seed and on its place alone, not on when it is added.

    Args:
        dim: length of a vector.
        std: standard deviation.
        seed: of the draw.
    """

    def __init__(self, dim: int, std: float, seed: int) -> None:
        self.dim, self.std, self.seed = dim, std, seed
        self.users, self.items = GrowingTable(dim), GrowingTable(dim)

    def grow(self, num_users: int, num_items: int) -> None:
        """Adds vectors up to these numbers."""
        for side, table, size in (
            (0, self.users, num_users),
            (1, self.items, num_items),
        ):
            for place in range(len(table.values), size):
                rng = np.random.default_rng((self.seed, side, place))
                table.grow(place + 1)
                table.values[place] = rng.normal(0, self.std, self.dim)

    def scores(self, user: int) -> FloatArray:
        """A user's inner products with all items: `[num_items]`."""
        scores: FloatArray = self.items.values @ self.users.values[user]
        return scores

    def state(self) -> dict[str, AnyArray]:
        """The vectors, by what `restore` calls them."""
        return {"users": self.users.values, "items": self.items.values}

    def restore(self, users: AnyArray, items: AnyArray) -> None:
        """Makes these the vectors."""
        self.dim = items.shape[1]
        self.users, self.items = GrowingTable(self.dim), GrowingTable(self.dim)
        self.users.restore(users)
        self.items.restore(items)
