"""The whole catalogue ranked for each user."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfrecs._base.checks import check_cutoffs, check_positive
from tfrecs._base.types import FloatArray, Scorer
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.measures import choose_measures, join
from tfrecs.evaluation.metrics.list_metrics import Lists, measure_lists
from tfrecs.evaluation.metrics.ranking import Values
from tfrecs.evaluation.protocol import Protocol
from tfrecs.evaluation.ranking.ranks import rank_relevant
from tfrecs.evaluation.ranking.scorers import (
    SCORE_BLOCK,
    ScoresUsers,
    as_scorer,
    scored_blocks,
)
from tfrecs.evaluation.ranking.top_k import best_items
from tfrecs.evaluation.result import Evaluation


def evaluate(
    model: ScoresUsers | Scorer | FloatArray,
    train: Interactions,
    test: Interactions,
    *,
    k: int | Sequence[int] = (5, 10),
    exclude_seen: bool = True,
    metrics: Sequence[str] | None = None,
    item_features: Any = None,
    scores_at_once: int = SCORE_BLOCK,
) -> Evaluation:
    """Ranks the whole catalogue for each test user and measures where test items stand.

    Args:
        model: has `score_users(user_ids)`, as our models do; or is a function from user
            ids `[users]` to scores `[users, num_items]`; or is the matrix of scores
            `[num_users, num_items]`. See `scorer_of_pairs` for any other model.
        train: what the model learned from.
        test: held-out interactions, over the same vocabularies.
        k: cut-offs, each from 1 to `num_items`.
        exclude_seen: whether items that the user has in `train` are left out of the
            ranking.
        metrics: names out of `tfrecs.evaluation.metrics.ranking.METRICS`, which are measured at each k,
            and `WHOLE_METRICS`, which need the ranks of all test items and take longer;
            None for all of these. Also out of `tfrecs.evaluation.metrics.list_metrics`, such as
            "coverage", of each test user's first k items.
        item_features: `[num_items, features]`, for list metrics that need them.
        scores_at_once: the model is asked for at most so many scores, or for one user.
            Memory is bounded by it; the metrics do not depend on it.

    Returns:
        Those metrics. Definitions are in `tfrecs.evaluation.metrics.ranking`.

    Raises:
        TypeError: if `model` is none of those kinds.
        ValueError: if the vocabularies differ; with `exclude_seen`, if `train` and
            `test` share a pair; if a k is out of range; if scores have a wrong shape or
            are NaN; if `metrics` names another metric, or none, or one whose features
            are not given.

    Example:
        >>> import numpy as np
        >>> from tfrecs import Interactions, evaluate
        >>> train = Interactions.from_matrix(np.array([[1, 0, 0], [0, 1, 1]]))
        >>> test = Interactions.from_matrix(np.array([[0, 1, 0], [0, 0, 0]]))
        >>> scores = np.array([[9.0, 2.0, 1.0], [0.0, 0.0, 0.0]])
        >>> evaluate(scores, train, test, k=1).metrics["precision@1"]
        1.0
    """
    cutoffs = check_cutoffs(k, train.num_items)
    measures = choose_measures(metrics, cutoffs, item_features=item_features)
    check_positive(scores_at_once=scores_at_once)
    check_apart(train, test, exclude_seen)
    score = as_scorer(model)
    user_ids = np.unique(test.user_ids)
    parts, best = [], []
    blocks = scored_blocks(score, user_ids, train.num_items, scores_at_once)
    for block, scores in blocks:
        seen = train.matrix[block] if exclude_seen else None
        ranked = rank_relevant(
            scores, test.matrix[block], seen, deepest=measures.deepest
        )
        parts.append(measures.of(ranked))
        if measures.of_lists:
            best.append(best_items(scores, seen, max(cutoffs))[0])
    of_users: dict[str, Values] = {}
    of_system: dict[str, float] = {}
    if measures.of_lists:
        lists = Lists(np.concatenate(best), user_ids, train, item_features)
        of_users, of_system = measure_lists(lists, k=cutoffs, metrics=measures.of_lists)
    per_user = {**join(parts), **of_users}
    return Evaluation.of_test(test, per_user, Protocol("full", exclude_seen), of_system)


def check_apart(train: Interactions, test: Interactions, exclude_seen: bool) -> None:
    """Checks that both share their vocabularies and, if so asked, no pair.

    Raises:
        ValueError: if they do not.
    """
    shared = train.num_shared(test)
    if exclude_seen and shared:
        raise ValueError(
            f"`test` must hold no pair of `train`. Received: {shared} of "
            f"{len(test)} shared. Drop them with test.take(~train.contains(test)), or "
            "rank seen items too with exclude_seen=False."
        )
