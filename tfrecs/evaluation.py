"""One evaluator for every model and baseline: full ranking, training items left out.

For each user with test items, every item of the catalogue is ranked by score, without
the items that the user has in training. Ties are broken against the model: of items
with equal scores, relevant ones stand last. Users without test items are left out and
counted. Results do not depend on how users are put into blocks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from tfrecs._checks import check_choice, check_cutoffs
from tfrecs._ranking import (
    count_at_least,
    items_of,
    masked,
    near_top,
    parts_of,
    row_parts,
    side_by_side,
)
from tfrecs._types import AnyArray, FloatArray, IntArray, Scorer
from tfrecs.interactions import Interactions
from tfrecs.metrics import METRICS, WHOLE_METRICS, Ranks, Values

if TYPE_CHECKING:
    import pandas as pd

SCORE_BLOCK = 2**22
"""Scores asked for at once: 16 MiB of float32."""


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
            ValueError: if k is not one of the cut-offs, or recall was not measured.
        """
        if not any(name.startswith("recall@") for name in self.per_user):
            raise ValueError(
                "`micro` is made from recall, which must be among the metrics of this "
                f"evaluation. Received: {', '.join(self.per_user)}"
            )
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
    metrics: Sequence[str] | None = None,
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
        metrics: names out of "precision", "recall", "ndcg", "hit_rate" and "map", which
            are measured at each k, and "mrr" and "auc", which need the ranks of all
            test items and take longer; None for all.

    Returns:
        Those metrics. Definitions are in `tfrecs.metrics`.

    Raises:
        ValueError: if the vocabularies differ; with `exclude_seen`, if `train` and
            `test` share a pair; if a k is out of range; if scores have a wrong shape or
            are NaN; if `metrics` names another metric, or none.

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
    at_k, whole = _chosen(metrics)
    shared = train.contains(test)
    if exclude_seen and shared.any():
        raise ValueError(
            f"`test` must hold no pair of `train`. Received: {shared.sum()} of "
            f"{len(test)} shared. Drop them with test.take(~train.contains(test)), or "
            "rank seen items too with exclude_seen=False."
        )
    score = as_scorer(model)
    num_relevant = np.diff(test.matrix.indptr)
    user_ids = np.flatnonzero(num_relevant).astype(np.int32)
    parts: list[dict[str, Values]] = []
    for block in user_blocks(user_ids, train.num_items):
        ranked = rank_relevant(
            check_scores(score(block), len(block), train.num_items),
            test.matrix[block],
            train.matrix[block] if exclude_seen else None,
            deepest=None if whole else max(cutoffs),
        )
        values = {
            f"{name}@{cutoff}": metric(ranked, cutoff)
            for cutoff in cutoffs
            for name, metric in at_k.items()
        }
        parts.append(
            {**values, **{name: metric(ranked) for name, metric in whole.items()}}
        )
    return Evaluation(
        per_user={
            name: np.concatenate([part[name] for part in parts]) for name in parts[0]
        },
        user_ids=user_ids,
        num_relevant=num_relevant[user_ids],
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
    if np.isnan(scores.max()):  # the highest is NaN if any is
        raise ValueError(
            f"Scores must not be NaN. Received: {np.isnan(scores).sum()} NaN of "
            f"{scores.size}. Training may have diverged: lower the learning rate."
        )
    return scores


def rank_relevant(
    scores: FloatArray,
    relevant: Any,
    seen: Any | None,
    *,
    deepest: int | None = None,
) -> Ranks:
    """Ranks each user's relevant items among the items that the user has not seen.

    Args:
        scores: `[users, num_items]`, without NaN.
        relevant: `[users, num_items]` sparse, at least one in each row.
        seen: `[users, num_items]` sparse, none of them relevant; None for no such
            items.
        deepest: ranks beyond it are not needed, and may be given as inf; None for all.

    Returns:
        The ranks, ties broken against the relevant items.
    """
    num_users, num_items = scores.shape
    num_candidates = np.full(num_users, num_items, dtype=np.int64)
    if seen is not None:
        num_candidates -= np.diff(seen.indptr)

    def rank(rows: slice) -> Values:
        return _rank_part(
            masked(scores, rows, seen),
            *items_of(relevant, rows),
            num_candidates[rows],
            deepest,
        )

    parts = parts_of(scores)
    found = [rank(rows) for rows in parts]
    ranks = np.full((num_users, max(part.shape[1] for part in found)), np.inf)
    for rows, part in zip(parts, found, strict=True):
        ranks[rows, : part.shape[1]] = part
    return Ranks(ranks, np.diff(relevant.indptr).astype(np.int64), num_candidates)


def _rank_part(
    scores: FloatArray,
    items: AnyArray,
    counts: AnyArray,
    num_candidates: AnyArray,
    deepest: int | None,
) -> Values:
    """Ranks `[users, most]` of `items`, `counts` for each user; see `rank_relevant`."""
    num_users, num_items = scores.shape
    rows = np.repeat(np.arange(num_users), counts)
    chosen = scores.reshape(-1)[rows * num_items + items]
    if deepest is not None:
        bounds, cells, num_high = near_top(scores, deepest)
        near = chosen >= bounds[rows]  # before the others stand `deepest` items
        rows, chosen = rows[near], chosen[near]
        counts = np.bincount(rows, minlength=num_users)
        scores = side_by_side(scores.reshape(-1)[cells], num_high, -np.inf, 1)
    best_first = np.argsort(-chosen)
    by_user = rows[best_first].astype(np.min_scalar_type(num_users))
    best_first = best_first[np.argsort(by_user, kind="stable")]
    chosen = chosen[best_first]
    starts = np.cumsum(counts) - counts
    places = np.arange(len(chosen)) - starts[rows]

    # Equal relevant items take the last places of their tie, one each.
    first = np.flatnonzero((places == 0) | (chosen != np.roll(chosen, 1)))
    lengths = np.diff(first, append=len(chosen))
    followers = np.repeat(first + lengths - 1, lengths) - np.arange(len(chosen))

    at_least = count_at_least(scores, chosen, starts, counts)
    at_least = np.where(np.isneginf(chosen), num_candidates[rows], at_least)
    ranks = np.full((num_users, max(1, counts.max())), np.inf)
    ranks[rows, places] = at_least - followers
    return ranks


def user_blocks(user_ids: IntArray, num_items: int) -> list[IntArray]:
    """Blocks of users whose scores are asked for at once."""
    return [user_ids[rows] for rows in row_parts(len(user_ids), num_items, SCORE_BLOCK)]


def _chosen(
    metrics: Sequence[str] | None,
) -> tuple[
    dict[str, Callable[[Ranks, int], Values]], dict[str, Callable[[Ranks], Values]]
]:
    """The metrics of those names at a cut-off, and those of the whole list."""
    known = [*METRICS, *WHOLE_METRICS]
    names = known if metrics is None else list(metrics)
    if not names:
        raise ValueError(
            f"`metrics` must name at least one of {', '.join(known)}. Received: none"
        )
    for name in names:
        check_choice("metrics", name, known)
    return (
        {name: metric for name, metric in METRICS.items() if name in names},
        {name: metric for name, metric in WHOLE_METRICS.items() if name in names},
    )
