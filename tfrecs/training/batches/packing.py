"""Histories, several to a row, so that few positions of a batch are empty."""

from dataclasses import dataclass

import numpy as np

from tfrecs._base.indices import PADDING
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.data.interactions import Interactions


@dataclass(frozen=True, eq=False)
class PackedRows:
    """Histories in rows, `[rows, max_length]` each.

    Args:
        history: item ids, with `PADDING` between two windows and at the end.
        next_item: the item after each position; without one, the item of a random
            interaction: as a shared negative it is as frequent as positives are.
        weights: float32, the weight of the next item, 0 without one.
        user_id: the user of each position, -1 where it is empty.
    """

    history: IntArray
    next_item: IntArray
    weights: FloatArray
    user_id: IntArray


def packed_rows(train: Interactions, max_length: int, seed: int) -> PackedRows:
    """Cuts histories into windows, and packs these into rows of `max_length`.

    The last window of a history has `max_length` items, the first what is left. A row
    takes the longest window that fits; windows of equal length are in random order.

    Raises:
        ValueError: if no user has two items.
    """
    sequences, rng = train.sequences, np.random.default_rng(seed)
    starts, lengths = _windows(sequences.starts, max_length)
    if not len(starts):
        raise ValueError(
            "`train` must have a user with at least two items, the second of which "
            "follows the first. Received: none."
        )
    row, column = _places(lengths, max_length, rng)
    inside = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    source = np.repeat(starts, lengths) + inside
    target = np.repeat(row * max_length + column, lengths) + inside
    shape = (int(row.max()) + 1, max_length)
    history = np.full(shape, PADDING, np.int32)
    history.flat[target] = sequences.items[source]
    next_item = rng.choice(train.item_ids, shape)
    next_item.flat[target] = sequences.items[source + 1]
    weights = np.zeros(shape, np.float32)
    of_next = sequences.rows[source + 1]
    weights.flat[target] = 1 if train.weights is None else train.weights[of_next]
    user_id = np.full(shape, -1, np.int32)
    user_id.flat[target] = train.user_ids[of_next]
    return PackedRows(history, next_item, weights, user_id)


def _windows(starts: AnyArray, max_length: int) -> tuple[AnyArray, AnyArray]:
    """Returns the start and the length of each window, of positions with a next item.

    Args:
        starts: `[num_users + 1]`, as of `Histories`.
        max_length: the longest window.
    """
    steps = np.maximum(np.diff(starts) - 1, 0)
    number = -(-steps // max_length)
    user = np.repeat(np.arange(len(steps)), number)
    before_last = np.arange(len(user)) - np.repeat(np.cumsum(number) - number, number)
    end = steps[user] - before_last * max_length
    length = np.minimum(end, max_length)
    return starts[user] + end - length, length


def _places(
    lengths: AnyArray, width: int, rng: np.random.Generator
) -> tuple[AnyArray, AnyArray]:
    """Returns the row and the first column of each window."""
    waiting: list[list[int]] = [[] for _ in range(width + 1)]
    for window in rng.permutation(len(lengths)).tolist():
        waiting[lengths[window]].append(window)
    places = np.empty((2, len(lengths)), np.int64)
    number, left = 0, len(lengths)
    while left:
        column, size = 0, width
        while size > 0:
            if not waiting[size]:
                size -= 1
                continue
            places[:, waiting[size].pop()] = number, column
            column, left = column + size + 1, left - 1  # and a padding
            size = min(size, width - column)
        number += 1
    return places[0], places[1]
