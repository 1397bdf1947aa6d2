"""Evaluation of recommended lists, such as from another library."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_cutoffs
from tfrecs._base.types import IntArray
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.measures import choose_measures
from tfrecs.evaluation.metrics import WHOLE_METRICS
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.protocol import Protocol, check_apart
from tfrecs.evaluation.ranking.kernel import side_by_side
from tfrecs.evaluation.ranking.ranks import rank_in_lists, rated_matrix
from tfrecs.evaluation.ranking.top_k import NO_ITEM
from tfrecs.evaluation.result import Evaluation

if TYPE_CHECKING:
    import pandas as pd


def evaluate_lists(
    lists: Lists,
    test: Interactions,
    *,
    k: int | Sequence[int] = (5, 10),
    exclude_seen: bool = True,
    metrics: Sequence[str] | None = None,
) -> Evaluation:
    """Measures recommended lists, such as from another library.

    Items beyond the end of a list count as misses, and so do all items of a test user
    without a list. Lists of `top_k` without ties have the metrics of
    `evaluate`.

    Args:
        lists: best first; from arrays, or from `lists_from_frame`.
        test: held-out interactions, with the vocabularies of `lists.train`.
        k: cut-offs, each from 1 to the length of the lists.
        exclude_seen: whether a training item in its user's list is an error. If not, it
            keeps its place, and is a hit only if it is in `test` too.
        metrics: names in `METRICS`, `GRADED_METRICS`, `LIST_METRICS` and
            `SYSTEM_METRICS`; None for the first.

    Returns:
        The metrics of the users of `test`.

    Raises:
        ValueError: if the vocabularies differ; if a user has two lists; if a k is
            beyond the lists; with `exclude_seen`, if a list holds a training item or
            `train` and `test` share a pair; if `metrics` is empty, or one is unknown or
            needs the ranks of all test items, such as "mrr".

    Example:
        >>> from tfrecs import Interactions
        >>> train = Interactions.from_matrix(np.array([[1, 0, 0, 0], [1, 1, 0, 0]]))
        >>> test = Interactions.from_matrix(np.array([[0, 1, 1, 0], [0, 0, 1, 0]]))
        >>> lists = Lists([[3, 1], [2, -1]], [0, 1], train)
        >>> evaluate_lists(lists, test, k=2).per_user["recall@2"]
        array([0.5, 1. ])
    """
    test, length = test.positives, lists.items.shape[1]
    cutoffs = check_cutoffs(k, test.num_items)
    if max(cutoffs) > length:
        raise ValueError(
            f"`k` must be at most {length}, the length of the lists. Received: "
            f"k={max(cutoffs)}. Lower k, or recommend more."
        )
    for name in metrics or ():
        if name in WHOLE_METRICS:
            raise ValueError(
                f"`metrics` must not need the ranks of all test items, which are not "
                f"in lists. Received: {name!r}. Remove it from `metrics`."
            )
    measures = choose_measures(
        metrics, cutoffs, whole=False, item_features=lists.item_features
    )
    relevant = rated_matrix(test) if measures.graded else test.matrix
    check_apart(lists.train, test, exclude_seen)
    if exclude_seen:
        _check_seen(lists)
    user_ids = np.unique(test.user_ids)
    tested = _of_users(lists, user_ids)
    ranked = rank_in_lists(tested.items, relevant[user_ids], graded=measures.graded)
    of_users, overall = measures.of_lists(tested)
    per_user = {**measures.of_ranks(ranked), **of_users}
    protocol = Protocol("lists", exclude_seen, length)
    return Evaluation.of_test(test, per_user, protocol, overall)


def lists_from_frame(
    frame: "pd.DataFrame",
    train: Interactions,
    *,
    user_col: str = "user_id",
    item_col: str = "item_id",
    rank_col: str | None = None,
    score_col: str | None = None,
    item_features: Any = None,
) -> Lists:
    """Builds lists from a DataFrame with a row of raw ids for each recommendation.

    Args:
        frame: the recommendations.
        train: training data with the vocabularies.
        user_col: column of raw user ids.
        item_col: column of raw item ids.
        rank_col: column of ranks, lower is better; only their order counts.
        score_col: column of scores, higher is better. Equal ranks or scores, or all
            rows of a user without either, keep their order.
        item_features: `[num_items, features]`, for metrics that need them.

    Returns:
        Lists of the users in `frame`, in the order of their indices.

    Raises:
        ValueError: if a column is missing, both ranks and scores are given or one is
            NaN, an id is unknown, or a list repeats an item.

    Example:
        >>> import pandas as pd
        >>> from tfrecs import Interactions
        >>> train = Interactions.from_arrays(["ann", "bob", "bob"], [7, 8, 9])
        >>> given = {"user_id": ["bob", "ann", "ann"], "item_id": [7, 8, 9]}
        >>> frame = pd.DataFrame({**given, "score": [0.2, 0.4, 0.9]})
        >>> lists_from_frame(frame, train, score_col="score").items
        array([[ 2,  1],
               [ 0, -1]], dtype=int32)
    """
    if rank_col is not None and score_col is not None:
        raise ValueError(
            "`rank_col` and `score_col` must not be given together. Received: "
            f"{rank_col!r} and {score_col!r}"
        )
    order_col = rank_col or score_col
    for name in (user_col, item_col, order_col):
        if name is not None and name not in frame.columns:
            raise ValueError(
                f"The column {name!r} must be in the frame. Received: "
                f"{', '.join(map(str, frame.columns))}"
            )
    user_ids = train.users.known(frame[user_col])
    item_ids = train.items.known(frame[item_col])
    if frame.empty:
        raise ValueError(
            "`frame` must hold at least one recommendation. Received: none"
        )
    keys = np.zeros(len(frame))
    if order_col is not None:
        keys = frame[order_col].to_numpy(dtype=np.float64)
    if np.isnan(keys).any():
        raise ValueError(
            f"The column {order_col!r} must have no missing values. Received: "
            f"{np.isnan(keys).sum()} of {len(keys)} NaN"
        )
    best_first = np.lexsort((keys if score_col is None else -keys, user_ids))
    users, counts = np.unique(user_ids, return_counts=True)
    items = side_by_side(item_ids[best_first], counts, NO_ITEM)
    return Lists(items, users, train, item_features)


def _of_users(lists: Lists, user_ids: IntArray) -> Lists:
    """Returns the lists of those users, empty for a user without one."""
    if len(np.unique(lists.user_ids)) != len(lists.user_ids):
        raise ValueError(
            "`lists` must hold one list of each user. Received: "
            f"{len(lists.user_ids)} lists of {len(np.unique(lists.user_ids))} users"
        )
    rows = np.full(lists.train.num_users, -1)
    rows[lists.user_ids] = np.arange(len(lists.user_ids))
    rows = rows[user_ids]
    items = np.where(rows[:, None] >= 0, lists.items[rows], NO_ITEM)
    return replace(lists, items=items, user_ids=user_ids)


def _check_seen(lists: Lists) -> None:
    """Raises ValueError if a list holds a training item of its user."""
    users = np.repeat(lists.user_ids, lists.lengths)
    items = lists.items[lists.items != NO_ITEM]
    seen = np.asarray(lists.train.matrix[users, items]).ravel() > 0
    if seen.any():
        raise ValueError(
            f"`lists` must hold no training item of its user. Received: {seen.sum()} "
            f"of {len(seen)}. Exclude them when recommending, or let them keep their "
            "places with exclude_seen=False."
        )
