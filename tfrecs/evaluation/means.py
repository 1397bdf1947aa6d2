"""Means over users, seeds and segments, and the numbers of figures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.types import AnyArray
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation import Evaluation
from tfrecs.evaluation.segments import SEGMENTS, activity


class Mean(NamedTuple):
    """A mean over users, and its interval: mean -+ 1.96 standard errors."""

    value: float
    low: float
    high: float


def mean_over_seeds(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Averages evaluations of a model that was trained with several seeds.

    Values of each user and overall metrics are averaged over the seeds; NaN if one is.

    Raises:
        ValueError: if there is no evaluation, or users or metrics differ.
    """
    if not evaluations:
        raise ValueError("`evaluations` must hold at least one. Received: none")
    first, *others = evaluations
    for other in others:
        if set(other.per_user) != set(first.per_user) or not np.array_equal(
            other.user_ids, first.user_ids
        ):
            raise ValueError(
                "`evaluations` must have the same users and metrics. Received: "
                f"{len(first.user_ids)} users with {', '.join(first.per_user)}; and "
                f"{len(other.user_ids)} with {', '.join(other.per_user)}"
            )
    return replace(
        first,
        per_user={
            name: np.mean([e.per_user[name] for e in evaluations], axis=0)
            for name in first.per_user
        },
        overall={
            name: float(np.mean([e.overall[name] for e in evaluations]))
            for name in first.overall
        },
    )


def mean_of(evaluation: Evaluation, metric: str) -> Mean:
    """Returns a metric's mean over the users with a defined value.

    The ends are NaN for a single user; all three are NaN without users.
    """
    check_choice("metric", metric, evaluation.per_user)
    return _mean(evaluation.per_user[metric])


def means_by_activity(
    evaluation: Evaluation,
    train: Interactions,
    metric: str,
    bounds: tuple[int, int] | None = None,
) -> dict[str, Mean]:
    """Returns the mean of each segment with tested users, the lightest first."""
    check_choice("metric", metric, evaluation.per_user)
    num_users = len(evaluation.user_ids) + evaluation.num_left_out
    if train.num_users != num_users:
        raise ValueError(
            f"`train` must have the {num_users} users of the evaluation. Received: "
            f"{train.num_users}"
        )
    kinds = np.asarray(activity(train, bounds))[evaluation.user_ids]
    values = evaluation.per_user[metric]
    return {
        name: _mean(values[kinds == name]) for name in SEGMENTS if (kinds == name).any()
    }


def by_cutoff(metrics: Mapping[str, float], metric: str) -> dict[int, float]:
    """Returns a metric's values by its cut-offs, ascending.

    Example:
        >>> by_cutoff({"ndcg@10": 0.2, "ndcg@5": 0.3, "recall@5": 0.1}, "ndcg")
        {5: 0.3, 10: 0.2}
    """
    found = {
        int(name.partition("@")[2]): value
        for name, value in metrics.items()
        if name.partition("@")[0] == metric and name.partition("@")[2].isdigit()
    }
    return dict(sorted(found.items()))


def frontier(costs: Mapping[str, float], gains: Mapping[str, float]) -> list[str]:
    """Returns the names on the Pareto frontier of low cost and high gain.

    Names with a gain of NaN are left out.

    Example:
        >>> frontier({"a": 1, "b": 2, "c": 3}, {"a": 0.1, "b": 0.3, "c": 0.2})
        ['a', 'b']
    """
    best: list[str] = []
    known = [name for name in gains if not np.isnan(gains[name])]
    for name in sorted(known, key=lambda name: (costs[name], -gains[name])):
        if not best or gains[name] > gains[best[-1]]:
            best.append(name)
    return best


def _mean(values: AnyArray) -> Mean:
    values = values[~np.isnan(values)]
    if not len(values):
        return Mean(np.nan, np.nan, np.nan)
    mean, error = float(values.mean()), np.nan
    if len(values) > 1:
        error = float(1.96 * values.std(ddof=1) / np.sqrt(len(values)))
    return Mean(mean, mean - error, mean + error)
