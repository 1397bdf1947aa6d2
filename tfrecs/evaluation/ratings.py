"""How far predicted ratings are from those that were given."""

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.types import AnyArray, FloatArray, Scorer
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
    model: ScoresUsers | Scorer | FloatArray,
    test: Interactions,
    *,
    scores_at_once: int = SCORE_BLOCK,
) -> Evaluation:
    """Measures how far a model's scores are from the ratings of `test`.

    Lower is better. It tells nothing of items that a user would not rate: a model of
    ratings may be good at this and rank the catalogue badly.

    Formula:
        e = score - rating of each interaction of `test`;
        rmse = sqrt(mean of e^2) and mae = mean of |e|, over all interactions;
        user_rmse and user_mae, the same over each user's: their mean over users counts
        each user the same

    Args:
        model: what `evaluate` takes, whose scores are ratings; or the predicted ratings
            themselves, `[interactions]` in the order of `test`, of what scores pairs:
            `predict(test.user_ids, test.item_ids)`.
        test: rated interactions.
        scores_at_once: the model is asked for at most so many scores, or for one user.

    Returns:
        Those metrics: of each user, and "rmse" and "mae" of all.

    Raises:
        TypeError: if `model` is none of those kinds.
        ValueError: if `test` has no ratings, or if scores have a wrong shape or are
            NaN.

    Example:
        >>> import numpy as np
        >>> from tfrecs import Interactions
        >>> from tfrecs.evaluation import evaluate_ratings
        >>> test = Interactions.from_matrix(np.array([[5, 0, 1], [0, 3, 0]]))
        >>> scores = np.array([[4.0, 9.0, 3.0], [9.0, 3.0, 9.0]])  # -1, +2 and 0 off
        >>> found = evaluate_ratings(scores, test).metrics
        >>> found["mae"], found["user_mae"], round(found["rmse"] ** 2, 4)
        (1.0, 0.75, 1.6667)
    """
    check_positive(scores_at_once=scores_at_once)
    if test.ratings is None:
        raise ValueError(
            "`test` must have ratings, and these interactions have none. Name the "
            "rating column when reading, or rank the catalogue with `evaluate`."
        )
    predicted = _predicted(model, test, scores_at_once).astype(np.float64)
    errors = predicted - test.ratings
    counts = np.bincount(test.user_ids, minlength=test.num_users)
    user_ids = np.flatnonzero(counts).astype(np.int32)

    def of_users(values: AnyArray) -> AnyArray:
        sums = np.bincount(test.user_ids, values, minlength=test.num_users)
        return sums[user_ids] / counts[user_ids]

    per_user = {
        "user_rmse": np.sqrt(of_users(errors**2)),
        "user_mae": of_users(np.abs(errors)),
    }
    of_system = {
        "rmse": float(np.sqrt(np.mean(errors**2))),
        "mae": float(np.mean(np.abs(errors))),
    }
    return Evaluation.of_test(test, per_user, Protocol("ratings"), of_system)


def _predicted(
    model: ScoresUsers | Scorer | FloatArray, test: Interactions, scores_at_once: int
) -> FloatArray:
    """The model's scores of the pairs of `test`: `[interactions]`."""
    if isinstance(model, np.ndarray) and model.ndim == 1:
        return check_scores(model[None], 1, len(test))[0]
    return scores_of_pairs(
        as_scorer(model), test.user_ids, test.item_ids, test.num_items, scores_at_once
    )
