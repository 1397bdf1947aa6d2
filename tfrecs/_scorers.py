"""What can be evaluated, and how many scores are asked for at once."""

from typing import Any, Protocol, runtime_checkable

import numpy as np

from tfrecs._ranking import row_parts
from tfrecs._types import FloatArray, IntArray, Scorer

SCORE_BLOCK = 2**22
"""Scores asked for at once: 16 MiB of float32."""


@runtime_checkable
class ScoresUsers(Protocol):
    """What can be evaluated: it scores every item for some users."""

    def score_users(self, user_ids: IntArray) -> FloatArray:
        """Gives scores `[users, num_items]`, higher is better."""
        ...


def as_scorer(model: ScoresUsers | Scorer | FloatArray) -> Scorer:
    """Gives the function that scores every item for some users.

    Raises:
        TypeError: if `model` is none of the kinds that `evaluate` takes.
    """
    if isinstance(model, ScoresUsers):
        return model.score_users
    if isinstance(model, np.ndarray):
        return lambda user_ids: model[user_ids]
    if callable(model) and not hasattr(model, "predict"):
        return model
    raise TypeError(
        "`model` must have `score_users(user_ids)`, be such a function, or be a matrix "
        f"[num_users, num_items]. Received: {type(model).__name__}"
    )


def check_scores(scores: Any, num_users: int, num_items: int) -> FloatArray:
    """Gives scores as float32 `[num_users, num_items]`.

    Raises:
        ValueError: if they have another shape or one is NaN.
    """
    scores = np.asarray(scores, dtype=np.float32)
    if scores.shape != (num_users, num_items):
        raise ValueError(
            f"Scores must have the shape [users, num_items] = [{num_users}, "
            f"{num_items}]. Received: {list(scores.shape)}"
        )
    if np.isnan(scores.max()):  # the highest is NaN if any is
        raise ValueError(
            f"Scores must not be NaN. Received: {np.isnan(scores).sum()} NaN of "
            f"{scores.size}. Training may have diverged: lower the learning rate."
        )
    return scores


def user_blocks(
    user_ids: IntArray, num_items: int, scores_at_once: int = SCORE_BLOCK
) -> list[IntArray]:
    """Blocks of users whose scores are asked for at once, of one user at least."""
    return [
        user_ids[rows] for rows in row_parts(len(user_ids), num_items, scores_at_once)
    ]
