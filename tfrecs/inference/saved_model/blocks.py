"""Rows of an answer in blocks, so that memory is bounded."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def in_blocks(
    answer: Callable[[Any], dict[str, Any]],
    given: Any,
    height: int,
    types: dict[str, Any],
) -> dict[str, Any]:
    """Calls a function for blocks of rows, one after the other.

    Args:
        answer: from rows `[block, ...]` to arrays `[block, ...]`.
        given: an array `[n, ...]`, or several in a tuple or dict. The last block is
            filled up with the first row; of no rows it is one of zeros and "".
        height: most rows of a block.
        types: the type of each array.

    Returns:
        Arrays `[n, ...]`.
    """
    count = tf.shape(tf.nest.flatten(given)[0])[0]
    size = tf.clip_by_value(count, 1, height)
    whole = tf.maximum(count + (-count % size), size)
    rows = tf.pad(tf.range(count), [[0, whole - count]])
    arrays = tf.nest.map_structure(_and_one_more, given)

    def of_block(rows: Any) -> dict[str, Any]:
        return answer(tf.nest.map_structure(lambda x: tf.gather(x, rows), arrays))

    blocks = tf.reshape(rows, [-1, size])
    found = tf.map_fn(
        of_block, blocks, fn_output_signature=types, parallel_iterations=1
    )
    return {name: _joined(part)[:count] for name, part in found.items()}


def _and_one_more(array: Any) -> Any:
    """Returns rows `[n, ...]` and one of zeros, for the block of no rows."""
    row = tf.zeros(tf.concat([[1], tf.shape(array)[1:]], axis=0), array.dtype)
    return tf.concat([array, row], axis=0)


def _joined(part: Any) -> Any:
    """Returns blocks `[blocks, rows, ...]` as `[blocks * rows, ...]`."""
    shape = tf.shape(part)
    return tf.reshape(part, tf.concat([[shape[0] * shape[1]], shape[2:]], axis=0))
