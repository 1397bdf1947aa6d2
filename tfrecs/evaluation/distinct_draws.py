"""Distinct items for many rows at once, none of them among those that a row refuses."""

import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import AnyArray, IntArray

ROUNDS = 4
"""Rounds of drawing and refusing, before a row draws with the catalogue before it."""

ROWS = 4096
"""Rows that are drawn at once, which bounds the memory."""

PAIRS = 2**21
"""Pairs of rows and items that are held at once where the catalogue is whole."""


def draw_distinct(
    refused: sp.csr_array, weight: AnyArray, n: int, rng: np.random.Generator
) -> IntArray:
    """Draws n distinct items for each row, by weight among those that are left.

    Items come from the catalogue by weight, and one that is refused or not new is
    dropped. A row that lacks some after `ROUNDS` goes on from what it has, which its
    chances depend on, in a way that always ends: each item is given an exponential time
    of its weight, and the first ones are taken.

    Args:
        refused: `[rows, num_items]`, not zero where an item must not be drawn, items
            sorted.
        weight: `[num_items]`, at least 0. Each row has n items that it may draw.
        n: items for each row.
        rng: where chance comes from.

    Returns:
        `[rows, n]` int32, in the order in which they were drawn.

    References:
        Efraimidis and Spirakis 2006, "Weighted Random Sampling with a Reservoir".
    """
    parts = []
    for start in range(0, refused.shape[0], ROWS):
        part = refused[start : start + ROWS]
        drawn = _by_refusing(part, weight, n, rng)
        lacking = np.flatnonzero(drawn[:, -1] < 0)
        most = max(1, PAIRS // len(weight))
        for first in range(0, len(lacking), most):
            rows = lacking[first : first + most]
            drawn[rows] = _filled_up(drawn[rows], part[rows], weight, rng)
        parts.append(drawn)
    return np.concatenate(parts)


def _by_refusing(
    refused: sp.csr_array, weight: AnyArray, n: int, rng: np.random.Generator
) -> IntArray:
    """What some rounds gave: `[rows, n]`, -1 from where a row lacks some."""
    num_rows, num_items = refused.shape
    barred = _rows_of(refused) * num_items + refused.indices  # sorted keys
    share = None if (weight == weight[0]).all() else weight / weight.sum()
    kept = np.empty(0, dtype=np.int64)  # keys, by row and in the order of drawing
    open_rows = np.arange(num_rows)
    for _ in range(ROUNDS):
        items = rng.choice(num_items, size=(len(open_rows), n + n // 2), p=share)
        keys = np.append(kept, (open_rows[:, None] * num_items + items).ravel())
        distinct, first = np.unique(keys, return_index=True)
        keys = keys[np.sort(first[~_among(distinct, barred)])]
        keys = keys[np.argsort(keys // num_items, kind="stable")]
        kept = keys[_place(keys // num_items) < n]
        counts = np.bincount(kept // num_items, minlength=num_rows)
        open_rows = np.flatnonzero(counts < n)
    drawn = np.full((num_rows, n), -1, dtype=np.int32)
    drawn[kept // num_items, _place(kept // num_items)] = kept % num_items
    return drawn


def _filled_up(
    drawn: IntArray, refused: sp.csr_array, weight: AnyArray, rng: np.random.Generator
) -> IntArray:
    """`drawn` with what it lacks: the items that come first of those that are left."""
    times = np.full((len(drawn), len(weight)), np.inf)
    chance = rng.standard_exponential((len(drawn), len(weight)))
    np.divide(chance, weight, out=times, where=weight > 0)
    times[_rows_of(refused), refused.indices] = np.inf
    row, place = np.nonzero(drawn >= 0)
    times[row, drawn[row, place]] = np.inf
    first = np.argsort(times, axis=1)[:, : drawn.shape[1]]
    filled = drawn.copy()
    row, place = np.nonzero(drawn < 0)
    filled[row, place] = first[row, _place(row)]
    return filled


def _rows_of(matrix: sp.csr_array) -> AnyArray:
    """The row of each entry of the matrix."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _among(keys: AnyArray, barred: AnyArray) -> AnyArray:
    """Whether each key is one of `barred`; both are sorted."""
    if not len(barred):
        return np.zeros(len(keys), dtype=bool)
    place = np.searchsorted(barred, keys)
    return barred[np.minimum(place, len(barred) - 1)] == keys


def _place(rows: AnyArray) -> AnyArray:
    """The place (from 0) of each entry in its row; rows are sorted."""
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    return np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
