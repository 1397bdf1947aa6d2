"""One evaluator for every model and baseline: full ranking, training items left out.

For each user with test items, every item of the catalogue is ranked by score, without
the items that the user has in training. Ties are broken against the model: of items
with equal scores, relevant ones stand last. Users without test items are left out and
counted. Results do not depend on how users are put into blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from tfrecs._checks import check_cutoffs
from tfrecs._types import AnyArray, FloatArray, IntArray, Scorer
from tfrecs.interactions import Interactions
from tfrecs.metrics import METRICS, WHOLE_METRICS, Ranks, Values

if TYPE_CHECKING:
    import pandas as pd

SCORE_BLOCK = 2**24
"""Scores held at once: 64 MiB of float32."""


@runtime_checkable
class ScoresUsers(Protocol):
    """What can be evaluated: it scores every item for some users."""

    def score_users(self, user_ids: IntArray) -> FloatArray:
        """Gives scores `[users, num_items]`, higher is better."""
        ...


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Ranking metrics of one model.

    Args:
        per_user: metric, such as "precision@5" or "mrr", to its values `[users]`.
        user_ids: `[users]`, those who have test items.
        num_relevant: `[users]`, test items of each.
        num_left_out: users without test items.
    """

    per_user: dict[str, Values]
    user_ids: IntArray
    num_relevant: AnyArray
    num_left_out: int

    @property
    def metrics(self) -> dict[str, float]:
        """Each metric's mean over users."""
        return {name: float(values.mean()) for name, values in self.per_user.items()}

    def micro(self, k: int) -> dict[str, float]:
        """Precision and recall at k over all users' lists put together.

        Formula:
            precision = hits / (k * users); recall = hits / test items, each summed over
            users first

        Raises:
            ValueError: if k is not one of the cut-offs.
        """
        if f"recall@{k}" not in self.per_user:
            raise ValueError(f"`k` must be a cut-off of this evaluation. Received: {k}")
        hits = (self.per_user[f"recall@{k}"] * self.num_relevant).sum()
        return {
            f"precision@{k}": float(hits / (k * len(self.user_ids))),
            f"recall@{k}": float(hits / self.num_relevant.sum()),
        }

    def to_frame(self) -> "pd.DataFrame":
        """Gives a DataFrame with a row for each user and a column for each metric."""
        import pandas as pd

        return pd.DataFrame(
            self.per_user, index=pd.Index(self.user_ids, name="user_id")
        )

    def __repr__(self) -> str:
        """Tells each mean and the number of users."""
        means = ", ".join(f"{name} {value:.4f}" for name, value in self.metrics.items())
        return (
            f"<Evaluation of {len(self.user_ids)} users "
            f"({self.num_left_out} without test items left out): {means}>"
        )


def evaluate(
    model: ScoresUsers | Scorer | FloatArray,
    train: Interactions,
    test: Interactions,
    *,
    k: int | Sequence[int] = (5, 10),
    exclude_seen: bool = True,
) -> Evaluation:
    """Ranks the whole catalogue for each test user and measures where test items stand.

    Args:
        model: has `score_users(user_ids)`, as our models do; or is a function from user
            ids `[users]` to scores `[users, num_items]`; or is the matrix of scores
            `[num_users, num_items]`.
        train: what the model learned from.
        test: held-out interactions, over the same vocabularies.
        k: cut-offs, each from 1 to `num_items`.
        exclude_seen: whether items that the user has in `train` are left out of the
            ranking.

    Returns:
        Precision, recall, NDCG, hit rate and MAP at each k, MRR and AUC. Definitions
        are in `tfrecs.metrics`.

    Raises:
        ValueError: if the vocabularies differ; with `exclude_seen`, if `train` and
            `test` share a pair; if a k is out of range; if scores have a wrong shape or
            are NaN.

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
    shared = train.contains(test)
    if exclude_seen and shared.any():
        raise ValueError(
            f"`test` must hold no pair of `train`. Received: {shared.sum()} of "
            f"{len(test)} shared. Drop them with test.take(~train.contains(test)), or "
            "rank seen items too with exclude_seen=False."
        )
    score = as_scorer(model)
    user_ids = np.unique(test.user_ids)
    parts: list[dict[str, Values]] = []
    for block in _user_blocks(user_ids, train.num_items):
        scores = check_scores(score(block), len(block), train.num_items)
        ranked = rank_relevant(
            scores, test.matrix[block], train.matrix[block] if exclude_seen else None
        )
        at_k = {
            f"{name}@{cutoff}": metric(ranked, cutoff)
            for cutoff in cutoffs
            for name, metric in METRICS.items()
        }
        whole = {name: metric(ranked) for name, metric in WHOLE_METRICS.items()}
        parts.append({**at_k, **whole})
    return Evaluation(
        per_user={
            name: np.concatenate([part[name] for part in parts]) for name in parts[0]
        },
        user_ids=user_ids,
        num_relevant=np.bincount(test.user_ids)[user_ids],
        num_left_out=test.num_users - len(user_ids),
    )


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
    if np.isnan(scores).any():
        raise ValueError(
            f"Scores must not be NaN. Received: {np.isnan(scores).sum()} NaN of "
            f"{scores.size}. Training may have diverged: lower the learning rate."
        )
    return scores


def rank_relevant(scores: FloatArray, relevant: Any, seen: Any | None) -> Ranks:
    """Ranks each user's relevant items among the items that the user has not seen.

    Args:
        scores: `[users, num_items]`, without NaN.
        relevant: `[users, num_items]` sparse, at least one in each row.
        seen: `[users, num_items]` sparse, none of them relevant; None for no such
            items.

    Returns:
        The ranks, ties broken against the relevant items.
    """
    num_users, num_items = scores.shape
    candidates = np.full(num_users, num_items)
    if seen is not None:
        rows = np.repeat(np.arange(num_users), np.diff(seen.indptr))
        scores = scores.copy()
        scores[rows, seen.indices] = -np.inf
        candidates -= np.diff(seen.indptr)
    counts = np.diff(relevant.indptr)
    rows = np.repeat(np.arange(num_users), counts)
    chosen = scores[rows, relevant.indices]
    best_first = np.lexsort((-chosen, rows))
    chosen = chosen[best_first]

    ascending = np.sort(scores, axis=1)
    at_least = np.empty(len(chosen), dtype=np.int64)  # items that score as high
    for row, (start, end) in enumerate(
        zip(relevant.indptr[:-1], relevant.indptr[1:], strict=True)
    ):
        below = np.searchsorted(ascending[row], chosen[start:end], side="left")
        at_least[start:end] = num_items - below
    lowest = np.isneginf(chosen)  # with which the seen items were counted
    at_least[lowest] -= (num_items - candidates)[rows[lowest]]

    # Equal relevant items take the last places of their tie, one each.
    ties = 1 + np.flatnonzero(chosen[1:] != chosen[:-1])
    ties = np.union1d(ties, relevant.indptr[:-1])
    last = np.repeat(
        np.append(ties[1:], len(chosen)) - 1, np.diff(ties, append=len(chosen))
    )
    ranks = np.full((num_users, counts.max()), np.inf)
    place = np.arange(len(chosen)) - relevant.indptr[:-1][rows]
    ranks[rows, place] = at_least - (last - np.arange(len(chosen)))
    return Ranks(ranks, counts.astype(np.int64), candidates.astype(np.int64))


def _user_blocks(user_ids: IntArray, num_items: int) -> list[IntArray]:
    size = max(1, SCORE_BLOCK // num_items)
    return [user_ids[start : start + size] for start in range(0, len(user_ids), size)]
