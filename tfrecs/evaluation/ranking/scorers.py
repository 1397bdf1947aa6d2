"""Models that can be evaluated, and their scores in blocks of users."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np

from tfrecs._base.finite import NotFinite
from tfrecs._base.types import AnyArray, IntArray, Scorer, Scores
from tfrecs.data.histories import reader_of
from tfrecs.data.interactions import Interactions
from tfrecs.data.sizes import check_same_sizes
from tfrecs.evaluation.ranking.kernel import row_parts

SCORE_BLOCK = 2**22
"""Most scores to request at once: 16 MiB of float32."""


@runtime_checkable
class ScoresUsers(Protocol):
    """A model that scores every item for some users."""

    def score_users(self, user_ids: IntArray) -> Scores:
        """Returns scores `[users, num_items]`, higher is better."""
        ...


@runtime_checkable
class ScoresInBlocks(Protocol):
    """A model that computes what all users share once for many blocks of users."""

    def catalogue_scorer(self) -> Scorer:
        """Returns the scoring function of the model as it is now."""
        ...


def as_scorer(
    model: ScoresUsers | Scorer | Scores,
    data: Interactions | None = None,
    name: str = "train",
    *,
    train: Interactions | None = None,
) -> Scorer:
    """Returns a model's scoring function.

    It is of the model as it is now: training may or may not change it.

    Args:
        model: as in `evaluate`.
        data: interactions whose users and items the model must have.
        name: the argument's name of `data`, for messages.
        train: whose histories a model of histories reads.

    Raises:
        TypeError: if `model` is of another kind, or lacks the histories that it reads.
        ValueError: if it has another number of users or items than `data`.
    """
    if data is not None:
        check_same_sizes(model, data, name)
    if getattr(model, "max_length", None) is not None and train is None:
        raise TypeError(
            "`model` reads histories, and must get the ones of the users. Received: a "
            "model without them. Pass tfrecs.evaluation.as_scorer(model, train=train)."
        )
    if isinstance(model, ScoresInBlocks):
        score, read = model.catalogue_scorer(), reader_of(model, train)
        return lambda user_ids: score(read(user_ids))
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

    def score_users(user_ids: IntArray) -> Scores:
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


def check_scores(scores: Any, num_users: int, num_items: int) -> Scores:
    """Checks scores before they are ranked, and returns them `in_own_precision`.

    Raises:
        TypeError: if scores are not real numbers of at most 64 bits.
        ValueError: if the shape differs, or float64 cannot hold a whole number.
        NotFinite: if a score is NaN.
    """
    scores = in_own_precision(scores)
    if scores.shape != (num_users, num_items):
        raise ValueError(
            f"Scores must have the shape [users, num_items] = [{num_users}, "
            f"{num_items}]. Received: {list(scores.shape)}"
        )
    if np.isnan(scores.max()):  # the highest is NaN if any is
        raise NotFinite(
            f"Scores must not be NaN. Received: {np.isnan(scores).sum()} NaN of "
            f"{scores.size}"
        )
    return scores


def in_own_precision(scores: Any) -> Scores:
    """Returns float32 or float64 scores that are equal only where the given ones are.

    float32 and whatever it holds exactly become float32, the rest float64.
    """
    given = np.asarray(scores)
    kind = np.result_type(given.dtype, np.float32)
    if kind not in (np.float32, np.float64):
        raise TypeError(
            "Scores must be real numbers of at most 64 bits. Received: "
            f"{given.dtype}. Convert them, such as with `scores.astype(np.float64)`."
        )
    if given.dtype.itemsize == 8 and given.dtype.kind in "iu" and given.size:
        lowest, highest = int(given.min()), int(given.max())
        if not -(2**53) <= lowest <= highest <= 2**53:
            raise ValueError(
                "Scores that are whole numbers must be from -2**53 to 2**53, which "
                f"float64 holds exactly. Received: {lowest} to {highest}. Subtract "
                "their minimum, or rank them and pass the ranks."
            )
    return given.astype(kind, copy=False)


def scored_blocks(
    score: Scorer,
    user_ids: IntArray,
    num_items: int,
    scores_at_once: int = SCORE_BLOCK,
) -> Iterator[tuple[IntArray, Scores]]:
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
) -> Scores:
    """Returns the scores of pairs `[pairs]`; users are scored in blocks."""
    order = np.argsort(user_ids, kind="stable")
    users, items = user_ids[order], item_ids[order]
    found: list[Scores] = [np.empty(0, dtype=np.float32)]
    distinct = np.unique(users)
    for block, scores in scored_blocks(score, distinct, num_items, scores_at_once):
        rows = slice(*np.searchsorted(users, [block[0], block[-1] + 1]))
        places = np.searchsorted(block, users[rows])
        found.append(scores[places, items[rows]])
    return np.concatenate(found)[np.argsort(order)]
