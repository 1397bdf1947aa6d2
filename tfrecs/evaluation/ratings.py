"""Errors of predicted ratings."""

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.types import AnyArray, Scorer, Scores
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.protocol import Protocol
from tfrecs.evaluation.ranking.scorers import (
    SCORE_BLOCK,
    ScoresUsers,
    as_scorer,
    check_scores,
    scores_of_pairs,
)
from tfrecs.evaluation.result import Evaluation


def evaluate_ratings(
    model: ScoresUsers | Scorer | Scores,
    test: Interactions,
    *,
    scores_at_once: int = SCORE_BLOCK,
) -> Evaluation:
    """Measures the errors of a model's scores as predictions of ratings.

    Lower is better. Errors do not show how well a model ranks the catalogue, most of
    which a user would not rate.

    Formula:
        e = score - rating of each interaction of `test`;
        rmse = sqrt(mean of e^2) and mae = mean of |e|, over all interactions;
        user_rmse and user_mae, the same over each user's interactions

    Args:
        model: as in `evaluate`, with ratings as scores; or predicted ratings
            `[interactions]` in the order of `test`.
        test: interactions with ratings.
        scores_at_once: as in `evaluate`.

    Returns:
        The metrics of each user, and "rmse" and "mae" of all interactions.

    Raises:
        TypeError: if `model` is of another kind.
        ValueError: if `test` has no ratings, or scores have a wrong shape or are NaN.

    Example:
        >>> from tfrecs import Interactions
        >>> test = Interactions.from_matrix(np.array([[5, 0, 1], [0, 3, 0]]))
        >>> scores = np.array([[4.0, 9.0, 3.0], [9.0, 3.0, 9.0]])  # -1, +2 and 0 off
        >>> found = evaluate_ratings(scores, test).metrics
        >>> found["mae"], found["user_mae"], round(found["rmse"] ** 2, 4)
        (1.0, 0.75, 1.6667)
    """
    check_positive(scores_at_once=scores_at_once)
    if test.ratings is None:
        raise ValueError(
            "`test` must have ratings. Received: none. Name the rating column when "
            "reading, or rank the catalogue with `evaluate`."
        )
    if isinstance(model, np.ndarray) and model.ndim == 1:
        [predicted] = check_scores(model[None], 1, len(test))
    else:
        pairs = test.user_ids, test.item_ids
        predicted = scores_of_pairs(
            as_scorer(model, test, "test"), *pairs, test.num_items, scores_at_once
        )
    errors = predicted.astype(np.float64) - test.ratings
    counts = np.bincount(test.user_ids, minlength=test.num_users)
    user_ids = np.flatnonzero(counts).astype(np.int32)

    def of_users(values: AnyArray) -> AnyArray:
        sums = np.bincount(test.user_ids, values, minlength=test.num_users)
        return sums[user_ids] / counts[user_ids]

    per_user = {
        "user_rmse": np.sqrt(of_users(errors**2)),
        "user_mae": of_users(np.abs(errors)),
    }
    overall = {
        "rmse": float(np.sqrt(np.mean(errors**2))),
        "mae": float(np.mean(np.abs(errors))),
    }
    return Evaluation.of_test(test, per_user, Protocol("ratings"), overall)
