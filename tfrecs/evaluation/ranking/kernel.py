"""Fast operations on rows of scores, for evaluation and recommendation.

Scores are ranked in parts of some rows, which fit into the cache, by one thread: on two
processors, more threads gained nothing, because they wait for the interpreter's lock
and for idle threads of the matmul.
"""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from tfrecs._base.types import AnyArray, BoolArray, Scores

PART = 2**20
"""Most scores masked and ranked at once: 4 MiB of float32, 8 MiB of float64."""

MOST_IN_GROUP = 16
"""Most items in a group whose highest score is found first."""

FLAGS = 2**19
"""Most comparisons in memory, one byte each."""

_MEMORY = threading.local()


def row_parts(num_rows: int, num_columns: int, size: int) -> list[slice]:
    """Returns slices of rows, of at most `size` cells each, or of one row."""
    height = max(1, size // num_columns)
    return [
        slice(start, min(start + height, num_rows))
        for start in range(0, num_rows, height)
    ]


def parts_of(scores: Scores) -> list[slice]:
    """Returns slices of the rows of `scores` that are ranked at once."""
    num_users, num_items = scores.shape
    return row_parts(num_users, num_items, PART)


def items_of(matrix: Any, rows: slice) -> tuple[AnyArray, AnyArray]:
    """Returns the items of some rows of a CSR matrix, and each row's number."""
    indptr = matrix.indptr[rows.start : rows.stop + 1]
    return matrix.indices[indptr[0] : indptr[-1]], np.diff(indptr)


def is_in(item_ids: AnyArray, matrix: Any) -> BoolArray:
    """Returns whether each of `[users, n]` items is in the user's row of a matrix."""
    num_users, num_items = matrix.shape
    items, counts = items_of(matrix, slice(0, num_users))
    if not len(items):
        return np.zeros(item_ids.shape, dtype=bool)
    rows = np.repeat(np.arange(num_users), counts)
    keys = rows * num_items + items  # ascending
    wanted = np.arange(num_users)[:, None] * num_items + item_ids
    found = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.equal(keys[found], wanted)


def masked(scores: Scores, rows: slice, excluded: Any | None) -> Scores:
    """Returns a copy of some rows of scores, -inf for excluded items.

    `excluded` is a sparse matrix or an array of bool, which is faster for many items.
    Columns of -inf pad it to a multiple of `MOST_IN_GROUP`. The copy may be changed,
    and is valid until the thread's next call.
    """
    num_items = scores.shape[1]
    width = -(-num_items // MOST_IN_GROUP) * MOST_IN_GROUP
    part = _kept("scores", (rows.stop - rows.start, width), scores.dtype)
    part[:, :num_items] = scores[rows]
    part[:, num_items:] = -np.inf
    if isinstance(excluded, np.ndarray):
        np.copyto(part[:, :num_items], -np.inf, where=excluded[rows])
    elif excluded is not None:
        items, counts = items_of(excluded, rows)
        starts = np.arange(len(part), dtype=np.int64) * width
        part.reshape(-1)[np.repeat(starts, counts) + items] = -np.inf
    return part


def near_top(scores: Scores, k: int) -> tuple[AnyArray, AnyArray]:
    """Finds each user's k highest scores `[users, width]`, and a few nearly as high.

    Returns:
        Indices into the flattened `scores`, ascending, without scores of -inf; and the
        number for each user.
    """
    best = best_of_groups(scores, k)
    cells, rows = cells_of(scores, best, bounds_of(best, k))
    return np.sort(cells), np.bincount(rows, minlength=len(scores))


def best_of_groups(scores: Scores, k: int) -> Scores:
    """Returns the highest score of each group of items, `[users, groups]`.

    Items of a group are `groups` columns apart. There are at least k groups; each item
    is a group in a small catalogue.
    """
    num_users, width = scores.shape
    size = 1
    while size < MOST_IN_GROUP and width // (2 * size) >= 16 * k:
        size *= 2
    if size == 1:
        return scores
    return scores.reshape(num_users, size, width // size).max(axis=1)


def bounds_of(best: Scores, k: int) -> Scores:
    """Returns a score `[users]` that at least k of a user's items reach.

    It is the k-th highest of the maxima of groups of groups, since partitioning all
    scores is slow.
    """
    num_users, width = best.shape
    size = max(1, width // max(64, 4 * k))
    few = best
    if size > 1:
        few = best[:, : width // size * size].reshape(num_users, size, -1).max(axis=1)
    return np.partition(few, few.shape[1] - k, axis=1)[:, few.shape[1] - k]


def cells_of(scores: Scores, best: Scores, least: Scores) -> tuple[AnyArray, AnyArray]:
    """Finds scores of at least `least` `[users]`, without -inf, by their groups.

    Returns:
        Their indices into the flattened `scores`, unordered, and their users.
    """
    width, groups = scores.shape[1], best.shape[1]
    least = np.maximum(least, np.finfo(scores.dtype).min)
    found = np.flatnonzero(best >= least[:, None])
    rows = found // groups
    firsts = found + rows * (width - groups)
    cells = np.arange(0, width, groups)[:, None] + firsts  # [size, groups found]
    high = np.flatnonzero(scores.reshape(-1).take(cells) >= least[rows])
    return cells.reshape(-1)[high], rows[high % max(1, len(rows))]


def keys_of(rows: AnyArray, scores: Scores) -> AnyArray:
    """Returns a key for each score, for sorting by row and falling score.

    Keys are int64 for float32. For float64 they are complex, which NumPy sorts by the
    real part and then by the imaginary part.
    """
    if scores.dtype == np.float64:
        keys = np.empty(len(scores), np.complex128)
        keys.real, keys.imag = rows, 0 - scores
        return keys
    bits = (0 - scores).view(np.int32)  # equal for 0.0 and -0.0
    bits ^= (bits >> 31) & 0x7FFFFFFF  # orders negative numbers too
    return (rows.astype(np.int64) << 32) + bits


def side_by_side(
    values: AnyArray, counts: AnyArray, fill: float, least: int = 0
) -> AnyArray:
    """Arranges values, `counts` for each user, in padded rows of at least `least`."""
    width = max(least, counts.max())
    rows = np.full((len(counts), width), fill, dtype=values.dtype)
    rows[np.arange(rows.shape[1]) < counts[:, None]] = values
    return rows


def count_at_least(
    scores: Scores, values: Scores, starts: AnyArray, counts: AnyArray
) -> AnyArray:
    """Counts for each value its user's scores that are at least as high.

    Comparisons are bytes of 0 or 1. Eight of them are added at once as one 64-bit word,
    and the eight byte sums, of at most 255 each, are added at the end. For a row of 24
    scores, words of bytes a..h:

        10010000 + 11000000 + 10000001 = bytes 3 1 0 1 0 0 0 1, sum 6

    so 6 scores are at least as high. Rows longer than 8 * 255 are divided into pieces.

    Args:
        scores: `[users, n]`.
        values: `[values]`, grouped by user.
        starts: `[users]`, index of each user's first value.
        counts: `[users]`, the number of values of each user.

    Returns:
        `[values]` int64.
    """
    found = np.zeros(len(values), dtype=np.int64)
    if len(values) == 0:
        return found
    width = scores.shape[1]
    pieces = -(-width // (8 * 255))
    words = -(-width // (8 * pieces))
    height = min(max(1, FLAGS // (8 * words * pieces)), len(counts) * counts.max())
    flags = _kept("flags", (height, 8 * words * pieces), np.bool_)
    flags[:, width:] = False
    for rows, places in _chunks(counts, len(flags)):
        index = starts[rows][:, None] + places  # [rows, places]
        exists = places < counts[rows][:, None]
        chunk = flags[: index.size]
        np.greater_equal(
            scores[rows][:, None],
            values.take(index, mode="clip")[:, :, None],
            out=chunk.reshape(*index.shape, -1)[:, :, :width],
        )
        sums = chunk.view(np.uint64).reshape(index.size, pieces, words).sum(axis=2)
        sizes = sums.view(np.uint8).sum(axis=1).reshape(index.shape)
        found[index[exists]] = sizes[exists]
    return found


def _kept(name: str, shape: tuple[int, int], kind: Any) -> AnyArray:
    """Returns an uninitialized array that the thread reuses.

    Mapping new memory costs as much as the operations on it here.
    """
    size = shape[0] * shape[1] * np.dtype(kind).itemsize
    memory = getattr(_MEMORY, name, None)
    if memory is None or len(memory) < size:
        memory = np.empty(size, dtype=np.uint8)
        setattr(_MEMORY, name, memory)
    return memory[:size].view(kind).reshape(shape)


def _chunks(counts: AnyArray, size: int) -> Iterator[tuple[AnyArray, AnyArray]]:
    """Yields rows and places that cover all values, at most `size` at a time."""
    most_first = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    done = 0
    while done < len(most_first):
        most = int(counts[most_first[done]])
        rows = most_first[done : done + max(1, size // most)]
        for start in range(0, most, size):
            yield rows, np.arange(start, min(start + size, most))
        done += len(rows)
