"""Weighted draws of distinct items for many rows, without refused items."""

import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import AnyArray, IntArray
from tfrecs.evaluation.ranking.kernel import is_in, row_parts

ROWS = 4096
"""Rows drawn at once, which bounds the memory."""

CELLS = 2**21
"""Cells of rows and items in memory when rows are filled up."""


def draw_distinct(
    refused: sp.csr_array, weight: AnyArray, n: int, rng: np.random.Generator
) -> IntArray:
    """Draws n distinct items for each row, by weight among the items that remain.

    Each row first draws more than n items with replacement and drops refused and
    repeated ones, which is fast for large catalogues. Rows that lack some draw the rest
    by exponential times: of the remaining items, the first ones are taken.

    Args:
        refused: `[rows, num_items]`, nonzero for items that must not be drawn, sorted.
        weight: `[num_items]`, at least 0, positive for n items that each row may draw.
        n: items for each row.
        rng: the random generator.

    Returns:
        `[rows, n]` int32, in the order of drawing.

    References:
        Efraimidis and Spirakis 2006, "Weighted Random Sampling with a Reservoir".
    """
    parts = []
    for start in range(0, refused.shape[0], ROWS):
        part = refused[start : start + ROWS]
        drawn = _with_replacement(part, weight, n, rng)
        lacking = np.flatnonzero(drawn[:, -1] < 0)
        for some in row_parts(len(lacking), len(weight), CELLS):
            rows = lacking[some]
            drawn[rows] = _filled_up(drawn[rows], part[rows], weight, rng)
        parts.append(drawn)
    return np.concatenate(parts)


def _with_replacement(
    refused: sp.csr_array, weight: AnyArray, n: int, rng: np.random.Generator
) -> IntArray:
    """Draws `[rows, n]`, -1 at the end of rows that lack some."""
    uniform = (weight == weight[0]).all()
    size = (refused.shape[0], n + n // 2 if uniform else 3 * n)
    items = rng.choice(len(weight), size, p=None if uniform else weight / weight.sum())
    by_id = np.argsort(items, axis=1, kind="stable")
    in_order = np.take_along_axis(items, by_id, axis=1)
    repeated = np.diff(in_order, axis=1, prepend=-1) == 0
    dropped = is_in(items, refused)
    np.put_along_axis(
        dropped, by_id, repeated | np.take_along_axis(dropped, by_id, axis=1), axis=1
    )
    first = np.argsort(dropped, axis=1, kind="stable")[:, :n]
    drawn = np.where(dropped, -1, items).astype(np.int32)
    return np.take_along_axis(drawn, first, axis=1)


def _filled_up(
    drawn: IntArray, refused: sp.csr_array, weight: AnyArray, rng: np.random.Generator
) -> IntArray:
    """Replaces -1 at the end of rows by the remaining items that come first."""
    times = np.full((len(drawn), len(weight)), np.inf)
    chance = rng.standard_exponential(times.shape)
    np.divide(chance, weight, out=times, where=weight > 0)
    times[
        np.repeat(np.arange(len(drawn)), np.diff(refused.indptr)), refused.indices
    ] = np.inf
    row, place = np.nonzero(drawn >= 0)
    times[row, drawn[row, place]] = np.inf
    first = np.argsort(times, axis=1)[:, : drawn.shape[1]]
    known = (drawn >= 0).sum(axis=1, keepdims=True)
    rest = np.take_along_axis(
        first, np.maximum(np.arange(drawn.shape[1]) - known, 0), axis=1
    )
    return np.where(drawn >= 0, drawn, rest).astype(np.int32)
