"""Models that can be evaluated, and their scores in blocks of users."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np

from tfrecs._base.types import AnyArray, FloatArray, IntArray, Scorer
from tfrecs.evaluation.ranking.kernel import row_parts

SCORE_BLOCK = 2**22
"""Most scores to request at once: 16 MiB of float32."""


class NaNScores(ValueError):
    """A model's scores are NaN, as after a training that diverged."""


@runtime_checkable
class ScoresUsers(Protocol):
    """A model that scores every item for some users."""

    def score_users(self, user_ids: IntArray) -> FloatArray:
        """Returns scores `[users, num_items]`, higher is better."""
        ...


def as_scorer(model: ScoresUsers | Scorer | FloatArray) -> Scorer:
    """Returns a model's scoring function; TypeError for a model of another kind."""
    if isinstance(model, ScoresUsers):
        return model.score_users
    if isinstance(model, np.ndarray):
        return lambda user_ids: model[user_ids]
    if callable(model) and not hasattr(model, "predict"):
        return model
    raise TypeError(
        "`model` must have `score_users(user_ids)`, be such a function, or be a matrix "
        f"[num_users, num_items]. Received: {type(model).__name__}. Wrap a model that "
        "scores pairs with `scorer_of_pairs`."
    )


def scorer_of_pairs(
    score_pairs: Callable[[IntArray, IntArray], AnyArray], num_items: int
) -> Scorer:
    """Makes a scoring function for `evaluate` from one that scores pairs.

    It evaluates models of other libraries and any Keras model, at the cost of a forward
    pass for every pair.

    Args:
        score_pairs: from user ids and item ids, both `[pairs]`, to scores `[pairs]` or
            `[pairs, 1]`.
        num_items: the catalogue's size.

    Example:
        >>> score = scorer_of_pairs(lambda users, items: 10 * users + items, 3)
        >>> score(np.array([2, 4]))
        array([[20, 21, 22],
               [40, 41, 42]])
    """

    def score_users(user_ids: IntArray) -> FloatArray:
        users = np.repeat(user_ids, num_items)
        items = np.tile(np.arange(num_items, dtype=np.int32), len(user_ids))
        scores = np.asarray(score_pairs(users, items))
        if scores.size != users.size:
            raise ValueError(
                f"`score_pairs` must return one score for each of {users.size} pairs. "
                f"Received: shape {list(scores.shape)}"
            )
        return scores.reshape(len(user_ids), num_items)

    return score_users


def check_scores(scores: Any, num_users: int, num_items: int) -> FloatArray:
    """Returns float32 scores; ValueError for another shape, `NaNScores` for NaN."""
    scores = np.asarray(scores, dtype=np.float32)
    if scores.shape != (num_users, num_items):
        raise ValueError(
            f"Scores must have the shape [users, num_items] = [{num_users}, "
            f"{num_items}]. Received: {list(scores.shape)}"
        )
    if np.isnan(scores.max()):  # the highest is NaN if any is
        raise NaNScores(
            f"Scores must not be NaN. Received: {np.isnan(scores).sum()} NaN of "
            f"{scores.size}. Training may have diverged: lower the learning rate."
        )
    return scores


def scored_blocks(
    score: Scorer,
    user_ids: IntArray,
    num_items: int,
    scores_at_once: int = SCORE_BLOCK,
) -> Iterator[tuple[IntArray, FloatArray]]:
    """Yields blocks of users and their scores `[block, num_items]`, checked."""
    for rows in row_parts(len(user_ids), num_items, scores_at_once):
        block = user_ids[rows]
        yield block, check_scores(score(block), len(block), num_items)


def scores_of_pairs(
    score: Scorer,
    user_ids: IntArray,
    item_ids: IntArray,
    num_items: int,
    scores_at_once: int = SCORE_BLOCK,
) -> FloatArray:
    """Returns the scores of pairs `[pairs]`; users are scored in blocks."""
    order = np.argsort(user_ids, kind="stable")
    users, items = user_ids[order], item_ids[order]
    found = np.empty(len(users), dtype=np.float32)
    distinct = np.unique(users)
    for block, scores in scored_blocks(score, distinct, num_items, scores_at_once):
        rows = slice(*np.searchsorted(users, [block[0], block[-1] + 1]))
        places = np.searchsorted(block, users[rows])
        found[order[rows]] = scores[places, items[rows]]
    return found
