"""The k best items of each user, ranked as `evaluate` ranks them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.indices import as_indices
from tfrecs._base.types import AnyArray, IntArray, Scorer, Scores
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.ranking.kernel import (
    items_of,
    masked,
    near_top,
    parts_of,
    row_parts,
    side_by_side,
)
from tfrecs.evaluation.ranking.scorers import (
    SCORE_BLOCK,
    ScoresUsers,
    as_scorer,
    check_scores,
)

NO_ITEM = -1
"""Fills up lists that are shorter than k."""


def top_k(
    model: ScoresUsers | Scorer | Scores,
    user_ids: AnyArray,
    k: int,
    *,
    deny: Interactions | None = None,
    scores_at_once: int = SCORE_BLOCK,
) -> tuple[IntArray, Scores]:
    """Returns each user's k items of highest score, best first.

    Of equal scores, lower item ids come first. Users are scored in blocks, so memory is
    bounded.

    Args:
        model: as in `evaluate`.
        user_ids: `[users]`, in any order.
        k: items for each user, from 1 to the catalogue's size.
        deny: interactions whose items are excluded for their user, such as training
            data; None to exclude nothing.
        scores_at_once: most scores to request from the model at once, at least one
            user's.

    Returns:
        Item ids `[users, k]` int32 and scores `[users, k]` of the model's precision.
        Rows of users with fewer than k items end in -1 and -inf.

    Raises:
        TypeError: if `model` is of a kind that `evaluate` does not take.
        ValueError: if k or a user id is out of range, or scores have a wrong shape or
            are NaN.

    Example:
        >>> scores = np.array([[1.0, 3.0, 2.0], [5.0, 5.0, 6.0]])
        >>> items, _ = top_k(scores, [0, 1], 2)
        >>> items.tolist()
        [[1, 2], [2, 0]]
    """
    check_positive(k=k, scores_at_once=scores_at_once)
    score = as_scorer(model, deny, "deny")
    users = as_indices(user_ids, "user_ids", _num_users(model, deny))
    if deny is not None:
        num_items = deny.num_items
    else:
        num_items = np.shape(score(users[:1]))[-1] if len(users) else k
    return top_k_of_rows(
        lambda rows: score(users[rows]),
        (len(users), num_items),
        k,
        excluded=None if deny is None else lambda rows: deny.matrix[users[rows]],
        scores_at_once=scores_at_once,
    )


def top_k_of_rows(
    score_rows: Callable[[slice], AnyArray],
    shape: tuple[int, int],
    k: int,
    *,
    excluded: Callable[[slice], Any] | None = None,
    scores_at_once: int = SCORE_BLOCK,
) -> tuple[IntArray, Scores]:
    """Returns the k columns of highest score in each row of a matrix made in blocks.

    Args:
        score_rows: from a slice of rows to their scores, `[rows, columns]`.
        shape: rows and columns of the matrix.
        k: columns for each row, from 1 to all.
        excluded: from a slice of rows to a mask of their excluded columns `[rows,
            columns]`, sparse or an array of bool; None to exclude nothing.
        scores_at_once: most scores to request at once, at least one row.

    Returns and raises the same as `top_k`, of columns in place of items.
    """
    num_rows, num_columns = shape
    check_k(k, num_columns)
    columns: list[IntArray] = [np.empty((0, k), dtype=np.int32)]
    scores: list[Scores] = [np.empty((0, k), dtype=np.float32)]
    for rows in row_parts(num_rows, num_columns, scores_at_once):
        best = best_items(
            check_scores(score_rows(rows), rows.stop - rows.start, num_columns),
            None if excluded is None else excluded(rows),
            k,
        )
        columns.append(best[0])
        scores.append(best[1])
    return np.concatenate(columns), np.concatenate(scores)


def check_k(k: int, num_columns: int) -> None:
    """Raises ValueError unless k is a whole number from 1 to `num_columns`."""
    check_positive(k=k)
    if k > num_columns:
        raise ValueError(
            f"`k` must be at most {num_columns}, the number to choose from. Received: "
            f"k={k}. Lower k."
        )


def best_items(scores: Scores, excluded: Any | None, k: int) -> tuple[IntArray, Scores]:
    """Ranks scores `[users, num_items]` in memory, without NaN; see `top_k_of_rows`."""
    found = [_best_of_part(scores, rows, excluded, k) for rows in parts_of(scores)]
    items, of_items = zip(*found, strict=True)
    return np.concatenate(items), np.concatenate(of_items)


def _best_of_part(
    scores: Scores, rows: slice, excluded: Any | None, k: int
) -> tuple[IntArray, Scores]:
    """Items and scores `[rows, k]`, best first."""
    num_items = scores.shape[1]
    scores = masked(scores, rows, excluded)
    cells, counts = near_top(scores, k)
    found = side_by_side(scores.reshape(-1)[cells], counts, -np.inf, k)
    cells %= scores.shape[1]
    items = side_by_side(cells.astype(np.int32), counts, NO_ITEM, k)
    best_first = np.argsort(-found, axis=1, kind="stable")[:, :k]
    items = np.take_along_axis(items, best_first, axis=1)
    for row in np.flatnonzero(counts < k):  # items of score -inf follow, by id
        lowest = np.isneginf(scores[row, :num_items])
        at = rows.start + row
        if isinstance(excluded, np.ndarray):
            lowest &= ~excluded[at]
        elif excluded is not None:
            lowest[items_of(excluded, slice(at, at + 1))[0]] = False
        more = np.flatnonzero(lowest)[: k - counts[row]]
        items[row, counts[row] : counts[row] + len(more)] = more
    return items, np.take_along_axis(found, best_first, axis=1)


def _num_users(model: Any, deny: Interactions | None) -> int:
    """Returns the number of users of a model, or the most ids that there are."""
    if deny is not None:
        return deny.num_users
    return len(model) if isinstance(model, np.ndarray) else 2**31
