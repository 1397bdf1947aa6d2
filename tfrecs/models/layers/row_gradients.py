"""Gradients of tables by row, where the backend's own would be as large as the table.

The tables are left out of the differentiation, and zeros are added to the rows of each
look-up: the gradient of the zeros is that of the rows.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import keras
from keras import ops


@dataclass(frozen=True)
class RowGradient:
    """The gradient of a table, given for the rows that were looked up.

    Args:
        ids: `[n]` int, one for each look-up; a row may be looked up several times.
        values: `[n, dim]`.
    """

    ids: Any
    values: Any


@dataclass
class LookUps:
    """Records the look-ups in some tables.

    Args:
        places: by the `id` of a table, its place among the trainable variables.
        zeros: for each look-up, what is added to its rows. If None, no table is read
            and the rows are zeros.
        made: the look-ups so far: the place of the table, the ids, and the rows.
    """

    places: Mapping[int, int]
    zeros: Sequence[Any] | None = None
    made: list[tuple[int, Any, Any]] = field(default_factory=list)

    def rows(self, table: keras.Variable, ids: Any) -> Any:
        """Returns rows `ids` of one of the tables: `ids`' shape + `[dim]`."""
        if self.zeros is None:
            rows = ops.zeros((*ops.shape(ids), table.shape[1]), table.dtype)
        else:
            rows = ops.take(table, ids, axis=0) + self.zeros[len(self.made)]
        self.made.append((self.places[id(table)], ids, rows))
        return rows

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Records the look-ups of the block."""
        token = _recorder.set(self)
        try:
            yield
        finally:
            _recorder.reset(token)


_recorder: ContextVar[LookUps | None] = ContextVar("look_ups", default=None)


def recorder_of(table: Any) -> LookUps | None:
    """Returns what records the look-ups in a table now, if anything does."""
    look_ups = _recorder.get()
    return look_ups if look_ups and id(table) in look_ups.places else None
