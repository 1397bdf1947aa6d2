"""The rows of an embedding table that a batch touches."""

from dataclasses import dataclass
from typing import Any

import keras


@dataclass(frozen=True)
class Rows:
    """A gradient by row, each row once.

    Shapes are those of the batch, so that XLA compiles them: `n` is the number of
    look-ups, and places after the last distinct row hold a row again, without gradient.

    Args:
        ids: `[n]` int, rows of the table.
        gradient: `[n, dim]`, summed over the look-ups of a row.
        valid: `[n, 1]`, 1 for the distinct rows and 0 after them.
    """

    ids: Any
    gradient: Any
    valid: Any


def is_table(variable: keras.Variable) -> bool:
    """Tells whether a variable is the table of a `keras.layers.Embedding`."""
    return len(variable.shape) == 2 and variable.path.endswith("/embeddings")


def touched_rows(gradient: Any) -> Rows | None:
    """Gives the rows of a sparse gradient of a matrix; None if it is dense.

    A sparse gradient is a `tf.IndexedSlices`, as look-ups have in TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        return None
    import tensorflow as tf

    if not isinstance(gradient, tf.IndexedSlices) or len(gradient.values.shape) != 2:
        return None
    ids, values = gradient.indices, gradient.values
    order = tf.argsort(ids, stable=True)
    ids = tf.gather(ids, order)
    is_new = tf.concat([[True], ids[1:] != ids[:-1]], axis=0)
    segment = tf.cumsum(tf.cast(is_new, tf.int32)) - 1
    size = tf.shape(ids)[0]
    sums = tf.math.unsorted_segment_sum(tf.gather(values, order), segment, size)
    valid = tf.range(size) <= segment[-1]
    # Segments that are empty have the least int as their maximum.
    distinct = tf.where(valid, tf.math.unsorted_segment_max(ids, segment, size), ids[0])
    return Rows(distinct, sums, tf.cast(valid, values.dtype)[:, None])
