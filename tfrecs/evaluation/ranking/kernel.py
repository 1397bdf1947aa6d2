"""What evaluation and recommendation share: rows of scores, masked and counted.

Scores are ranked in parts of some rows, which stay in the cache. One thread does it:
measured on two processors, more of them lost to waiting (for the interpreter's lock,
and for the processor that the matmul's idle threads hold) what they won.
"""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfrecs._base.types import AnyArray, FloatArray

PART = 2**20
"""Scores masked and ranked at once: 4 MiB of float32."""

MOST_IN_GROUP = 16
"""Items whose highest score is found first, to look at few single ones."""

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

    Columns of -inf are added, to a multiple of `MOST_IN_GROUP`. The copy may be written
    to, and holds until the thread's next call.
    """
    num_items = scores.shape[1]
    width = -(-num_items // MOST_IN_GROUP) * MOST_IN_GROUP
    part = _kept("scores", (rows.stop - rows.start, width), np.float32)
    part[:, :num_items] = scores[rows]
    part[:, num_items:] = -np.inf
    if seen is not None:
        items, counts = items_of(seen, rows)
        starts = np.arange(len(part), dtype=np.int64) * width
        part.reshape(-1)[np.repeat(starts, counts) + items] = -np.inf
    return part


def near_top(scores: FloatArray, k: int) -> tuple[AnyArray, AnyArray]:
    """Finds each user's k highest scores, and a few that are nearly as high.

    Args:
        scores: `[users, width]`, as `masked` gives them.
        k: at most `width`.

    Returns:
        Where scores are of at least the user's bound, and not -inf, as places in
        `scores` laid out as one row, in order; and how many each user has.
    """
    best = best_of_groups(scores, k)
    cells, rows = cells_of(scores, best, bounds_of(best, k))
    return np.sort(cells), np.bincount(rows, minlength=len(scores))


def best_of_groups(scores: FloatArray, k: int) -> FloatArray:
    """The highest scores `[users, groups]` of disjoint groups of each user's items.

    A group's items stand `groups` apart. There are at least k groups, and as many as
    there are items where those are few.
    """
    num_users, width = scores.shape
    size = 1
    while size < MOST_IN_GROUP and width // (2 * size) >= 16 * k:
        size *= 2
    if size == 1:
        return scores
    return scores.reshape(num_users, size, width // size).max(axis=1)


def bounds_of(best: FloatArray, k: int) -> FloatArray:
    """A score `[users]` that at least k of a user's items reach, and few others.

    It is the k-th highest of the maxima of groups of groups: partitioning is slow.
    """
    num_users, width = best.shape
    size = max(1, width // max(64, 4 * k))
    few = best
    if size > 1:
        few = best[:, : width // size * size].reshape(num_users, size, -1).max(axis=1)
    return np.partition(few, few.shape[1] - k, axis=1)[:, few.shape[1] - k]


def cells_of(
    scores: FloatArray, best: FloatArray, least: FloatArray
) -> tuple[AnyArray, AnyArray]:
    """Finds the scores of at least `least` `[users]`, and not -inf, by their groups.

    Returns:
        Their places in `scores` laid out as one row, in no order, and their users.
    """
    width, groups = scores.shape[1], best.shape[1]
    least = np.maximum(least, np.finfo(np.float32).min)
    found = np.flatnonzero(best >= least[:, None])
    rows = found // groups
    firsts = found + rows * (width - groups)
    cells = np.arange(0, width, groups)[:, None] + firsts  # [size, groups found]
    high = np.flatnonzero(scores.reshape(-1).take(cells) >= least[rows])
    return cells.reshape(-1)[high], rows[high % max(1, len(rows))]


def keys_of(rows: AnyArray, scores: FloatArray) -> AnyArray:
    """One int64 for each score, which rises by row and within a row as scores fall."""
    bits = (0 - scores).view(np.int32)  # of 0.0 and -0.0 the same
    bits ^= (bits >> 31) & 0x7FFFFFFF  # of negative numbers, in order too
    return (rows.astype(np.int64) << 32) + bits


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
