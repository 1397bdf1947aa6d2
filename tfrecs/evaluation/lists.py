"""What another library recommends, measured as a ranking is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_cutoffs
from tfrecs._base.types import AnyArray, IntArray
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.full_ranking import check_apart
from tfrecs.evaluation.measures import choose_measures
from tfrecs.evaluation.metrics.list_metrics import Lists, measure_lists
from tfrecs.evaluation.metrics.ranking import WHOLE_METRICS
from tfrecs.evaluation.protocol import Protocol
from tfrecs.evaluation.ranking.kernel import side_by_side
from tfrecs.evaluation.ranking.ranks import rank_in_lists
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
    """Measures where each test user's test items stand in a list that was given.

    What lies beyond the end of a list is not known, and counts as a miss; so does all
    for a test user without a list. With `lists` from `top_k`, and no ties, this is what
    `evaluate` gives at k.

    Args:
        lists: of users, best first; make them of arrays, or with `lists_from_frame`.
        test: held-out interactions, over the vocabularies of `lists.train`.
        k: cut-offs, each from 1 to the length of the lists.
        exclude_seen: whether an item that its user has in training is an error; if not,
            it holds its place, and is a hit only if it is in `test` too.
        metrics: names out of `tfrecs.evaluation.metrics.ranking.METRICS`, None for all of these, and of
            `tfrecs.evaluation.metrics.list_metrics`.

    Returns:
        Those metrics, of the users of `test`; metrics of lists are of their lists.

    Raises:
        ValueError: if the vocabularies differ; if a user has two lists; if a k is
            beyond the lists; with `exclude_seen`, if a list holds an item of training,
            or `train` and `test` share a pair; if `metrics` names another metric, such
            as "mrr", which needs the ranks of all test items, or none.

    Example:
        >>> import numpy as np
        >>> from tfrecs import Interactions
        >>> from tfrecs.evaluation import evaluate_lists
        >>> from tfrecs.evaluation.metrics.list_metrics import Lists
        >>> train = Interactions.from_matrix(np.array([[1, 0, 0, 0], [1, 1, 0, 0]]))
        >>> test = Interactions.from_matrix(np.array([[0, 1, 1, 0], [0, 0, 1, 0]]))
        >>> lists = Lists([[3, 1], [2, -1]], [0, 1], train)
        >>> evaluate_lists(lists, test, k=2).per_user["recall@2"]
        array([0.5, 1. ])
    """
    length = lists.items.shape[1]
    cutoffs = check_cutoffs(k, test.num_items)
    if max(cutoffs) > length:
        raise ValueError(
            f"`k` must be at most {length}, the length of the lists: what lies beyond "
            f"is not known. Received: k={max(cutoffs)}. Lower k, or recommend more."
        )
    for name in metrics or ():
        if name in WHOLE_METRICS:
            raise ValueError(
                f"The metric {name!r} needs the ranks of all test items, which lists "
                "do not tell. Leave it out of `metrics`."
            )
    measures = choose_measures(
        metrics, cutoffs, whole=False, item_features=lists.item_features
    )
    check_apart(lists.train, test, exclude_seen)
    if exclude_seen:
        _check_seen(lists)
    user_ids = np.unique(test.user_ids)
    tested = _of_users(lists, user_ids)
    ranked = rank_in_lists(tested.items, test.matrix[user_ids])
    of_users, of_system = measure_lists(tested, k=cutoffs, metrics=measures.of_lists)
    per_user = {**measures.of(ranked), **of_users}
    protocol = Protocol("lists", exclude_seen, length)
    return Evaluation.of_test(test, per_user, protocol, of_system)


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
    """Makes lists of a DataFrame with a row for each recommendation, on raw ids.

    Args:
        frame: the recommendations, in any order if there are ranks or scores.
        train: what the models learned from, for its vocabularies.
        user_col: column of raw user ids.
        item_col: column of raw item ids.
        rank_col: column of ranks, lower is better; only their order counts.
        score_col: column of scores, higher is better. Rows of a user whose ranks or
            scores are equal stay in their order; all do, if neither is given.
        item_features: `[num_items, features]`, for list metrics that need them.

    Returns:
        Lists of the users in `frame`, in the order of their ids.

    Raises:
        ValueError: if a column is missing, both ranks and scores are given or one is
            NaN, an id is unknown to `train`, or a user has an item twice.

    Example:
        >>> import pandas as pd
        >>> from tfrecs import Interactions
        >>> from tfrecs.evaluation import lists_from_frame
        >>> train = Interactions.from_arrays(["ann", "bob", "bob"], [7, 8, 9])
        >>> given = {"user_id": ["bob", "ann", "ann"], "item_id": [7, 8, 9]}
        >>> frame = pd.DataFrame({**given, "score": [0.2, 0.4, 0.9]})
        >>> lists_from_frame(frame, train, score_col="score").items
        array([[ 2,  1],
               [ 0, -1]], dtype=int32)
    """
    order_col = rank_col if score_col is None else score_col
    if rank_col is not None and score_col is not None:
        raise ValueError(
            "Either `rank_col` or `score_col` must say the order. Received: both, "
            f"{rank_col!r} and {score_col!r}"
        )
    for name in (user_col, item_col, order_col):
        if name is not None and name not in frame.columns:
            raise ValueError(
                f"The column {name!r} must be in the frame. Received: "
                f"{', '.join(map(str, frame.columns))}"
            )
    user_ids = train.users.known(frame[user_col])
    item_ids = train.items.known(frame[item_col])
    order = np.argsort(_keys(frame, rank_col, score_col), kind="stable")
    order = order[np.argsort(user_ids[order], kind="stable")]
    users, counts = np.unique(user_ids, return_counts=True)
    if not len(users):
        raise ValueError(
            "`frame` must hold at least one recommendation. Received: none"
        )
    items = side_by_side(item_ids[order], counts, NO_ITEM)
    return Lists(items, users, train, item_features)


def _keys(
    frame: "pd.DataFrame", rank_col: str | None, score_col: str | None
) -> AnyArray:
    """What puts rows in order, lowest first: `[rows]`."""
    column = rank_col if score_col is None else score_col
    if column is None:
        return np.zeros(len(frame))
    keys = frame[column].to_numpy(dtype=np.float64)
    if np.isnan(keys).any():
        raise ValueError(
            f"The column {column!r} must have no missing values. Received: "
            f"{np.isnan(keys).sum()} of {len(keys)} NaN"
        )
    return -keys if column == score_col else keys


def _of_users(lists: Lists, user_ids: IntArray) -> Lists:
    """The lists of those users, empty for one without."""
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
    """Raises ValueError if a list holds an item that its user has in training."""
    given = lists.items != NO_ITEM
    users = np.repeat(lists.user_ids, given.sum(axis=1))
    seen = np.asarray(lists.train.matrix[users, lists.items[given]]).ravel() > 0
    if seen.any():
        raise ValueError(
            "`lists` must hold no item that its user has in training. Received: "
            f"{seen.sum()} of {len(seen)}. Leave them out when recommending, or count "
            "them as places taken with exclude_seen=False."
        )
