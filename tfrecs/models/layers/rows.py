"""Writing rows of large tables, a block at a time."""

import math
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from tfrecs._base.types import FloatArray
from tfrecs.models.layers.embedding import WHOLE, look_up


def copy_rows(source: Any, target: Any) -> None:
    """Copies a variable into the first rows, and columns, of one at least as large.

    Memory beyond the two is that of a block, on TensorFlow.
    """
    if tuple(source.shape) == tuple(target.shape):
        target.assign(source)
        return
    sizes = zip(source.shape[1:], target.shape[1:], strict=True)
    wider = [[0, 0], *([0, more - size] for size, more in sizes)]
    for start, rows in _blocks(source, source.shape[0]):
        write_rows(target, ops.pad(rows, wider), start)


def mean_row(table: Any, num_rows: int) -> FloatArray:
    """Returns the mean of a variable's first rows: `[dim]` float32."""
    total = np.zeros(table.shape[1])
    for _, rows in _blocks(table, num_rows):
        total += ops.convert_to_numpy(rows).sum(axis=0, dtype=np.float64)
    return (total / num_rows).astype(np.float32)


def write_rows(table: Any, rows: Any, start: int) -> None:
    """Writes rows into a variable, from row `start` on; others stay."""
    rows = ops.cast(ops.convert_to_tensor(rows), table.dtype)
    if keras.backend.backend() != "tensorflow":
        first = [start] + [0] * (len(table.shape) - 1)
        table.assign(ops.slice_update(ops.convert_to_tensor(table), first, rows))
        return
    import tensorflow as tf

    places = tf.range(start, start + rows.shape[0])
    table.value.scatter_update(tf.IndexedSlices(rows, places))


def _blocks(table: Any, num_rows: int) -> Iterator[tuple[int, Any]]:
    """Yields the start and the rows of each block of a variable's first rows."""
    height = max(1, WHOLE // math.prod(table.shape[1:]))
    for start in range(0, num_rows, height):
        places = ops.arange(start, min(start + height, num_rows), dtype="int32")
        yield start, look_up(table, places)
