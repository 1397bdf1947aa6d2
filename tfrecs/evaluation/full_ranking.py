"""Ranking of the whole catalogue for each test user."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from tfrecs._base.checks import check_cutoffs, check_positive
from tfrecs._base.types import Scorer, Scores
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.measures import choose_measures, join
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.protocol import Protocol, check_apart
from tfrecs.evaluation.ranking.ranks import rank_relevant, rated_matrix
from tfrecs.evaluation.ranking.scorers import (
    SCORE_BLOCK,
    ScoresUsers,
    as_scorer,
    scored_blocks,
)
from tfrecs.evaluation.ranking.top_k import best_items
from tfrecs.evaluation.result import Evaluation


def evaluate(
    model: ScoresUsers | Scorer | Scores,
    train: Interactions,
    test: Interactions,
    *,
    k: int | Sequence[int] = (5, 10),
    exclude_seen: bool = True,
    metrics: Sequence[str] | None = None,
    item_features: Any = None,
    scores_at_once: int = SCORE_BLOCK,
) -> Evaluation:
    """Ranks the whole catalogue for each test user and measures the ranking.

    Args:
        model: an object with `score_users(user_ids)`, such as our models; a function
            from user ids `[users]` to scores `[users, num_items]`; or the matrix of
            scores `[num_users, num_items]`. See `scorer_of_pairs` for other models.
        train: training data, and the histories that a model of histories reads.
        test: held-out interactions, with the same vocabularies; its `positives` are
            the relevant items.
        k: cut-offs, each from 1 to `num_items`.
        exclude_seen: whether to exclude each user's items in `train` from the ranking.
        metrics: names in the registries of `tfrecs.evaluation.metrics`: `METRICS`, at
            each k; `WHOLE_METRICS`, which take longer; `GRADED_METRICS`, whose gains
            are the ratings of `test`; and metrics of the lists of the first k items,
            such as "coverage". None for the first two.
        item_features: `[num_items, features]`, for metrics of lists that need them.
        scores_at_once: most scores to request from the model at once, at least one
            user's. It bounds memory and does not change the metrics.

    Returns:
        The metrics.

    Raises:
        TypeError: if `model` is of another kind.
        ValueError: if the vocabularies differ, or the model has other numbers of users
            or items; if `train` and `test` share a pair and
            `exclude_seen`; if a k is out of range; if scores have a wrong shape or are
            NaN; or if `metrics` is empty, or one is unknown or lacks features.

    Example:
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
    test = test.positives
    check_apart(train, test, exclude_seen)
    relevant = rated_matrix(test) if measures.graded else test.matrix
    rank = partial(rank_relevant, deepest=measures.deepest, graded=measures.graded)
    user_ids = np.unique(test.user_ids)
    parts, best = [], []
    for block, scores in scored_blocks(
        as_scorer(model, train, train=train), user_ids, train.num_items, scores_at_once
    ):
        seen = train.matrix[block] if exclude_seen else None
        ranked = rank(scores, relevant[block], seen)
        parts.append(measures.of_ranks(ranked))
        if measures.list_names:
            best.append(best_items(scores, seen, max(cutoffs))[0])
    per_user = join(parts)
    overall: dict[str, float] = {}
    if measures.list_names:
        lists = Lists(np.concatenate(best), user_ids, train, item_features)
        of_users, overall = measures.of_lists(lists)
        per_user |= of_users
    return Evaluation.of_test(test, per_user, Protocol("full", exclude_seen), overall)
