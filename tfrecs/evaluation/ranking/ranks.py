"""Ranks of relevant items in the catalogue, among candidates, or in lists."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import AnyArray, IntArray, Scores
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.metrics.ranking import Ranks, Values
from tfrecs.evaluation.ranking.kernel import (
    best_of_groups,
    bounds_of,
    cells_of,
    count_at_least,
    is_in,
    items_of,
    keys_of,
    masked,
    parts_of,
    side_by_side,
)

HIGHEST = 100
"""Highest rating of graded metrics, whose gain is 2^rating - 1."""


def rank_relevant(
    scores: Scores,
    relevant: Any,
    excluded: Any | None,
    *,
    deepest: int | None = None,
    graded: bool = False,
) -> Ranks:
    """Ranks each user's relevant items among the items that are not excluded.

    Args:
        scores: `[users, num_items]`, without NaN.
        relevant: `[users, num_items]` sparse, at least one in each row.
        excluded: `[users, num_items]` sparse, none of them relevant; None for none.
        deepest: ranks beyond it may be returned as inf; None to return all ranks.
        graded: whether the values of `relevant` are ratings, to return with the ranks.
            Of equal scores, lower ratings then come first.

    Returns:
        The ranks, ties broken against the relevant items.
    """
    num_users, num_items = scores.shape
    num_candidates = np.full(num_users, num_items, dtype=np.int64)
    if excluded is not None:
        num_candidates -= np.diff(excluded.indptr)

    def rank(rows: slice) -> Values:
        return _rank_part(
            masked(scores, rows, excluded),
            *items_of(relevant, rows),
            num_candidates[rows],
            deepest,
        )

    parts = parts_of(scores)
    found = [rank(rows) for rows in parts]
    ranks = np.full((num_users, max(part.shape[1] for part in found)), np.inf)
    for rows, part in zip(parts, found, strict=True):
        ranks[rows, : part.shape[1]] = part
    counts = np.diff(relevant.indptr).astype(np.int64)
    ratings = _ratings_by_score(scores, relevant) if graded else None
    return Ranks(ranks, counts, num_candidates, ratings)


def rated_matrix(test: Interactions) -> sp.csr_array:
    """Returns the ratings of test items, `[num_users, num_items]` float64, sorted.

    Raises:
        ValueError: if there are no ratings, they are too high for gains of 2^rating, or
            a pair is repeated.
    """
    if test.ratings is None or test.ratings.max() > HIGHEST:
        raise ValueError(
            f"`test` must have ratings of at most {HIGHEST}, for graded metrics. "
            "Received: "
            + ("none" if test.ratings is None else f"up to {test.ratings.max():g}")
        )
    pairs, shape = (test.user_ids, test.item_ids), (test.num_users, test.num_items)
    matrix = sp.csr_array((test.ratings.astype(np.float64), pairs), shape=shape)
    matrix.sort_indices()
    if matrix.nnz < len(test):
        raise ValueError(
            "`test` must have each pair once, for graded metrics. Received: "
            f"{len(test) - matrix.nnz} repeated."
        )
    return matrix


def _ratings_by_score(scores: Scores, relevant: Any) -> Values:
    """Returns the ratings of each user's items, of high scores first."""
    rows = np.repeat(np.arange(len(scores)), np.diff(relevant.indptr))
    return _ratings_by_place(-scores[rows, relevant.indices], relevant)


def _ratings_by_place(places: AnyArray, relevant: Any) -> Values:
    """Returns the ratings of each user's items in the order of `[items]` places."""
    counts = np.diff(relevant.indptr)
    rows = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((relevant.data, places, rows))
    return side_by_side(relevant.data[order], counts, 0)


def _rank_part(
    scores: Scores,
    items: AnyArray,
    counts: AnyArray,
    num_candidates: AnyArray,
    deepest: int | None,
) -> Values:
    """Ranks `[users, most]` of `items`, `counts` for each user; see `rank_relevant`.

    The scores of `items` in `scores` are overwritten with -inf.
    """
    num_users, width = scores.shape
    rows = np.repeat(np.arange(num_users), counts)
    cells = rows * width + items
    chosen = scores.reshape(-1)[cells]
    scores.reshape(-1)[cells] = -np.inf
    num_others = num_candidates - counts
    if deepest is not None:
        best = best_of_groups(scores, deepest)
        bounds = bounds_of(best, deepest)[rows]
        near = (chosen > bounds) | np.isneginf(bounds)  # may be in the first `deepest`
        least = np.where(near, chosen, scores.dtype.type(np.inf))
        least = np.minimum.reduceat(least, np.cumsum(counts) - counts)
        rows, chosen = rows[near], chosen[near]
        counts = np.bincount(rows, minlength=num_users)
    keys = keys_of(rows, chosen)
    best_first = np.argsort(keys)
    chosen = chosen[best_first]
    starts = np.cumsum(counts) - counts
    if deepest is None:
        before = count_at_least(scores, chosen, starts, counts)
    else:
        before = _count_before(keys[best_first], rows, scores, best, least)
    before = np.where(np.isneginf(chosen), num_others[rows], before)
    places = np.arange(len(chosen)) - starts[rows]
    ranks = np.full((num_users, max(1, counts.max())), np.inf)
    ranks[rows, places] = before + places + 1
    return ranks


def _count_before(
    keys: AnyArray,
    rows: AnyArray,
    scores: Scores,
    best: Scores,
    least: Scores,
) -> AnyArray:
    """Counts for each of the sorted `keys` the scores of its row at least as high."""
    cells, users = cells_of(scores, best, least)
    others = np.sort(keys_of(users, scores.reshape(-1)[cells]))
    counts = np.bincount(users, minlength=len(scores))
    starts = np.cumsum(counts) - counts
    return np.searchsorted(others, keys, side="right") - starts[rows]


def rank_among(
    scores: Scores, relevant: Any, others: IntArray, *, graded: bool = False
) -> Ranks:
    """Ranks relevant items, as `rank_relevant`, among other items `[users, n]` only.

    Other items that are relevant or repeat are dropped.
    """
    num_users = len(scores)
    items, counts = items_of(relevant, slice(0, num_users))
    rows = np.repeat(np.arange(num_users), counts)
    places = np.arange(len(items)) - np.repeat(np.cumsum(counts) - counts, counts)

    others = np.sort(others, axis=1)
    of_others = np.take_along_axis(scores, others, axis=1)
    dropped = is_in(others, relevant)
    dropped[:, 1:] |= others[:, 1:] == others[:, :-1]
    of_others[dropped] = -np.inf

    width = others.shape[1] + counts.max()
    among = np.full((num_users, width), -np.inf, scores.dtype)
    among[:, : others.shape[1]] = of_others
    columns = others.shape[1] + places
    among[rows, columns] = scores[rows, items]
    num_candidates = counts + others.shape[1] - dropped.sum(axis=1)
    ranks = _rank_part(among, columns, counts, num_candidates, None)
    ratings = _ratings_by_score(scores, relevant) if graded else None
    return Ranks(ranks, counts.astype(np.int64), num_candidates, ratings)


def rank_in_lists(items: IntArray, relevant: Any, *, graded: bool = False) -> Ranks:
    """Returns the ranks of relevant items in lists `[users, k]`, inf if missing.

    `items` are best first and padded with -1; `relevant` and `graded` as in
    `rank_relevant`.
    """
    places = np.arange(1.0, items.shape[1] + 1)
    is_hit = (items >= 0) & is_in(np.maximum(items, 0), relevant)
    counts = np.diff(relevant.indptr).astype(np.int64)
    ratings = None
    if graded:
        rows = np.repeat(np.arange(len(items)), counts)
        keys = rows * relevant.shape[1] + relevant.indices  # ascending
        hit_rows, columns = np.nonzero(is_hit)
        hits = hit_rows * relevant.shape[1] + items[hit_rows, columns]
        of_relevant = np.full(len(keys), np.inf)
        of_relevant[np.searchsorted(keys, hits)] = places[columns]
        ratings = _ratings_by_place(of_relevant, relevant)
    ranks = np.sort(np.where(is_hit, places, np.inf), axis=1)[:, : counts.max()]
    return Ranks(ranks, counts, np.full(len(items), relevant.shape[1]), ratings)
