"""The best items for some users, as `evaluate` ranks them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tfrecs._base.checks import check_cutoffs, check_positive
from tfrecs._base.types import AnyArray, FloatArray, IntArray, Scorer
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


def top_k(
    model: ScoresUsers | Scorer | FloatArray,
    user_ids: AnyArray,
    k: int,
    *,
    deny: Interactions | None = None,
    scores_at_once: int = SCORE_BLOCK,
) -> tuple[IntArray, FloatArray]:
    """Gives each user's k items of highest score, best first.

    Of equal scores, lower item ids come first. Memory is bounded: users are scored in
    blocks.

    Args:
        model: what `evaluate` takes.
        user_ids: `[users]`, in any order.
        k: items for each user, from 1 to the catalogue's size.
        deny: interactions whose items each user is not given, such as training data.
        scores_at_once: the model is asked for at most so many scores, or for one user.

    Returns:
        Item ids `[users, k]` int32 and their scores `[users, k]` float32. A user with
        fewer than k items left gets -1 and -inf at the end.

    Raises:
        TypeError: if `model` is none of the kinds that `evaluate` takes.
        ValueError: if k or a user id is out of range, or if scores have a wrong shape
            or are NaN.

    Example:
        >>> import numpy as np
        >>> from tfrecs.evaluation.ranking.top_k import top_k
        >>> scores = np.array([[1.0, 3.0, 2.0], [5.0, 5.0, 6.0]])
        >>> items, _ = top_k(scores, [0, 1], 2)
        >>> items.tolist()
        [[1, 2], [2, 0]]
    """
    check_positive(k=k, scores_at_once=scores_at_once)
    score = as_scorer(model)
    user_ids = _check_users(user_ids, model, deny)
    if len(user_ids) == 0:
        return np.empty((0, k), dtype=np.int32), np.empty((0, k), dtype=np.float32)
    num_items = np.shape(score(user_ids[:1]))[-1] if deny is None else deny.num_items
    return best_of_rows(
        lambda rows: score(user_ids[rows]),
        (len(user_ids), num_items),
        k,
        seen=None if deny is None else lambda rows: deny.matrix[user_ids[rows]],
        scores_at_once=scores_at_once,
    )


def best_of_rows(
    score_rows: Callable[[slice], AnyArray],
    shape: tuple[int, int],
    k: int,
    *,
    seen: Callable[[slice], Any] | None = None,
    scores_at_once: int = SCORE_BLOCK,
) -> tuple[IntArray, FloatArray]:
    """Gives the k columns of highest score in each row of a matrix that is never whole.

    Args:
        score_rows: gives the scores of some rows, `[rows, columns]`.
        shape: of the matrix: rows, one at least, and columns.
        k: columns for each row, from 1 to all.
        seen: gives what is left out of some rows, `[rows, columns]` sparse; None if
            nothing is.
        scores_at_once: `score_rows` is asked for at most so many scores, or a row.

    Returns:
        Columns and scores, as `top_k`.

    Raises:
        ValueError: if k is out of range, or if scores have a wrong shape or are NaN.
    """
    num_rows, num_columns = shape
    check_cutoffs(k, num_columns)
    columns = np.empty((num_rows, k), dtype=np.int32)
    scores = np.empty((num_rows, k), dtype=np.float32)
    for rows in row_parts(num_rows, num_columns, scores_at_once):
        columns[rows], scores[rows] = best_items(
            check_scores(score_rows(rows), rows.stop - rows.start, num_columns),
            None if seen is None else seen(rows),
            k,
        )
    return columns, scores


def best_items(
    scores: FloatArray, seen: Any | None, k: int
) -> tuple[IntArray, FloatArray]:
    """Gives each user's k items of highest score, as `top_k`.

    Args:
        scores: `[users, num_items]`, without NaN.
        seen: `[users, num_items]` sparse, items that are left out; None for none.
        k: items for each user, from 1 to `num_items`.
    """
    found = [_best(scores, rows, seen, k) for rows in parts_of(scores)]
    items, of_items = zip(*found, strict=True)
    return np.concatenate(items), np.concatenate(of_items)


def _check_users(user_ids: AnyArray, model: Any, deny: Interactions | None) -> IntArray:
    """Gives the ids as int32 `[users]`, each of a user who is known."""
    ids = np.asarray(user_ids)
    if ids.ndim != 1 or (ids.size and not np.issubdtype(ids.dtype, np.integer)):
        raise ValueError(
            "`user_ids` must be whole numbers [users]. Received: "
            f"{ids.dtype} of shape {list(ids.shape)}"
        )
    num_users = None
    if deny is not None:
        num_users = deny.num_users
    elif isinstance(model, np.ndarray):
        num_users = len(model)
    if ids.size and (
        ids.min() < 0 or (num_users is not None and ids.max() >= num_users)
    ):
        wrong = ids.min() if ids.min() < 0 else ids.max()
        known = "at least 0" if num_users is None else f"from 0 to {num_users - 1}"
        raise ValueError(f"`user_ids` must be {known}. Received: {wrong}")
    return ids.astype(np.int32)


def _best(
    scores: FloatArray, rows: slice, seen: Any | None, k: int
) -> tuple[IntArray, FloatArray]:
    """Items and scores `[users, k]` of some rows, best first."""
    num_items = scores.shape[1]
    scores = masked(scores, rows, seen)
    cells, counts = near_top(scores, k)
    found = side_by_side(scores.reshape(-1)[cells], counts, -np.inf, k)
    cells %= scores.shape[1]
    items = side_by_side(cells.astype(np.int32), counts, NO_ITEM, k)
    best_first = np.argsort(-found, axis=1, kind="stable")[:, :k]
    items = np.take_along_axis(items, best_first, axis=1)
    for row in np.flatnonzero(counts < k):  # next come those of -inf, by id
        lowest = np.isneginf(scores[row, :num_items])
        if seen is not None:
            lowest[items_of(seen, slice(rows.start + row, rows.start + row + 1))[0]] = (
                False
            )
        more = np.flatnonzero(lowest)[: k - counts[row]]
        items[row, counts[row] : counts[row] + len(more)] = more
    return items, np.take_along_axis(found, best_first, axis=1)
