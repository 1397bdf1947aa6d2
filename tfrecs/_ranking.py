"""What evaluation and recommendation share: rows of scores, masked and counted.

Scores are ranked in parts of some rows, which stay in the cache. One thread does it:
measured on two processors, more of them lost to waiting (for the interpreter's lock,
and for the processor that the matmul's idle threads hold) what they won.
"""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfrecs._types import AnyArray, FloatArray

PART = 2**20
"""Scores masked and ranked at once: 4 MiB of float32."""

FLAGS = 2**19
"""Comparisons held at once, one byte each."""

_MEMORY = threading.local()


def row_parts(num_rows: int, num_columns: int, size: int) -> list[slice]:
    """Slices of rows, each of at most `size` cells, or of one row."""
    height = max(1, size // num_columns)
    return [
        slice(start, min(start + height, num_rows))
        for start in range(0, num_rows, height)
    ]


def parts_of(scores: FloatArray) -> list[slice]:
    """Slices of rows of `scores` ranked at once."""
    num_users, num_items = scores.shape
    return row_parts(num_users, num_items, PART)


def items_of(matrix: Any, rows: slice) -> tuple[AnyArray, AnyArray]:
    """Gives the items of some rows of a CSR matrix, and how many each row has."""
    indptr = matrix.indptr[rows.start : rows.stop + 1]
    return matrix.indices[indptr[0] : indptr[-1]], np.diff(indptr)


def masked(scores: FloatArray, rows: slice, seen: Any | None) -> FloatArray:
    """Gives a copy of some rows of scores, -inf where `seen` holds an item.

    The copy holds until the thread's next call.
    """
    part = _kept("scores", (rows.stop - rows.start, scores.shape[1]), np.float32)
    np.copyto(part, scores[rows])
    if seen is not None:
        items, counts = items_of(seen, rows)
        starts = np.arange(len(part), dtype=np.int64) * part.shape[1]
        part.reshape(-1)[np.repeat(starts, counts) + items] = -np.inf
    return part


def near_top(scores: FloatArray, k: int) -> tuple[FloatArray, AnyArray, AnyArray]:
    """Finds each user's k highest scores, and a few that are nearly as high.

    The bound is the k-th highest of the maxima of disjoint groups of items, so that at
    least k items score as high. It is the k-th highest score itself where there are too
    few items for groups.

    Returns:
        The bound of each user; where scores are of at least that bound, and not -inf,
        as places in `scores` laid out as one row, in order; and how many each user has.
    """
    num_users, num_items = scores.shape
    groups = max(64, 4 * k)
    size = max(1, int((num_items / (8 * k)) ** 0.5))
    again = num_items // size // groups  # maxima of maxima: partitioning is slow
    if again < 2:
        size, again = 1, 1
    width = num_items // size
    best = scores  # [users, width], of `size` items that stand `width` apart
    if size > 1:
        best = scores[:, : size * width].reshape(-1, size, width).max(axis=1)
    few = best
    if again > 1:
        few = best[:, : again * groups].reshape(-1, again, groups).max(axis=1)
    bounds = np.partition(few, few.shape[1] - k, axis=1)[:, few.shape[1] - k]

    least = np.maximum(bounds, np.finfo(np.float32).min)[:, None]
    groups_found = np.flatnonzero(best >= least)
    rows = np.repeat(np.arange(num_users), _per_row(groups_found, num_users, width))
    firsts = groups_found + rows * (num_items - width)
    cells = np.arange(0, size * width, width)[:, None] + firsts  # [size, groups found]
    cells = cells[scores.reshape(-1).take(cells) >= least[rows, 0]]
    rest = scores[:, size * width :] >= least  # in no group
    if rest.any():
        rows, columns = np.nonzero(rest)
        cells = np.append(cells, rows * num_items + size * width + columns)
    cells.sort()
    return bounds, cells, _per_row(cells, num_users, num_items)


def _per_row(cells: AnyArray, num_rows: int, width: int) -> AnyArray:
    """How many of `cells`, which rise, each row of `width` cells has."""
    ends = np.searchsorted(cells, np.arange(1, num_rows + 1) * width)
    return np.diff(ends, prepend=0)


def side_by_side(
    values: AnyArray, counts: AnyArray, fill: float, least: int = 0
) -> AnyArray:
    """Puts values, `counts` for each user, in rows of `least` or more, filled up."""
    width = max(least, counts.max())
    rows = np.full((len(counts), width), fill, dtype=values.dtype)
    rows[np.arange(rows.shape[1]) < counts[:, None]] = values
    return rows


def count_at_least(
    scores: FloatArray, values: FloatArray, starts: AnyArray, counts: AnyArray
) -> AnyArray:
    """Counts for each value the scores of its user that are as high.

    Args:
        scores: `[users, n]`.
        values: `[values]`, those of each user together.
        starts: `[users]`, where each user's values start.
        counts: `[users]`, how many of the values each user has.

    Returns:
        `[values]` int64.
    """
    found = np.zeros(len(values), dtype=np.int64)
    if len(values) == 0:
        return found
    # Sums of 255 flags, added as eight bytes in a word, cannot run over.
    width = scores.shape[1]
    pieces = -(-width // (8 * 255))
    words = -(-width // (8 * pieces))
    height = min(max(1, FLAGS // (8 * words * pieces)), len(counts) * counts.max())
    flags = _kept("flags", (height, 8 * words * pieces), np.bool_)
    flags[:, width:] = False
    for rows, places in _chunks(counts, len(flags)):
        index = starts[rows][:, None] + places  # [rows, places]
        given = places < counts[rows][:, None]
        chunk = flags[: index.size]
        np.greater_equal(
            scores[rows][:, None],
            values.take(index, mode="clip")[:, :, None],
            out=chunk.reshape(*index.shape, -1)[:, :, :width],
        )
        sums = chunk.view(np.uint64).reshape(index.size, pieces, words).sum(axis=2)
        sizes = sums.view(np.uint8).sum(axis=1).reshape(index.shape)
        found[index[given]] = sizes[given]
    return found


def _kept(name: str, shape: tuple[int, int], kind: Any) -> AnyArray:
    """An array of any content in this thread's memory, which the system need not map.

    Memory that is new costs as much as what is done with it here.
    """
    size = shape[0] * shape[1]
    memory = getattr(_MEMORY, name, None)
    if memory is None or len(memory) < size:
        memory = np.empty(size, dtype=kind)
        setattr(_MEMORY, name, memory)
    return memory[:size].reshape(shape)


def _chunks(counts: AnyArray, size: int) -> Iterator[tuple[AnyArray, AnyArray]]:
    """Rows and places that cover each row's values, at most `size` at a time."""
    most_first = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    done = 0
    while done < len(most_first):
        most = int(counts[most_first[done]])
        rows = most_first[done : done + max(1, size // most)]
        for start in range(0, most, size):
            yield rows, np.arange(start, min(start + size, most))
        done += len(rows)
