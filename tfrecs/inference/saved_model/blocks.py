"""Rows of an answer in blocks, so that memory is bounded."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def in_blocks(
    answer: Callable[[Any], dict[str, Any]],
    rows: Any,
    height: int,
    types: dict[str, Any],
) -> dict[str, Any]:
    """Calls a function for blocks of rows, one after the other.

    Args:
        answer: from `[block]` rows to arrays `[block, ...]`.
        rows: `[n]`; the last block is filled up with zeros.
        height: most rows of a block.
        types: the type of each array.

    Returns:
        Arrays `[n, ...]`.
    """
    count = tf.size(rows)
    size = tf.clip_by_value(count, 1, height)
    whole = tf.maximum(count + (-count % size), size)
    blocks = tf.reshape(tf.pad(rows, [[0, whole - count]]), [-1, size])
    found = tf.map_fn(answer, blocks, fn_output_signature=types, parallel_iterations=1)
    return {name: _joined(part)[:count] for name, part in found.items()}


def _joined(part: Any) -> Any:
    """Returns blocks `[blocks, rows, ...]` as `[blocks * rows, ...]`."""
    shape = tf.shape(part)
    return tf.reshape(part, tf.concat([[shape[0] * shape[1]], shape[2:]], axis=0))
