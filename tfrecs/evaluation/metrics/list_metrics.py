"""What a recommender is also judged by: metrics of the lists that it gives.

Those in `USER_LIST_METRICS` give one number for each user, `[users]` float64; those in
`SYSTEM_METRICS` give one for all lists together. They look at the items of a list and
not at their order, and not at test items either: accuracy is in `tfrecs.evaluation.metrics.ranking`. A new
metric is a function and a line in its registry.

A number that is not defined for a user (of an empty list, of pairs in a list of one) is
NaN, and `mean_where_defined` leaves it out. Nothing here draws at random.
"""

from collections.abc import Callable, Sequence

import numpy as np

from tfrecs._base.checks import check_choice, check_cutoffs
from tfrecs.evaluation.metrics.content import diversity, miscalibration
from tfrecs.evaluation.metrics.exposure import coverage, exposure_entropy, gini
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.metrics.ranking import Values
from tfrecs.evaluation.metrics.rarity import head_share, novelty, popularity

__all__ = [
    "OF_FEATURES",
    "SYSTEM_METRICS",
    "USER_LIST_METRICS",
    "Lists",
    "coverage",
    "diversity",
    "exposure_entropy",
    "gini",
    "head_share",
    "mean_where_defined",
    "measure_lists",
    "miscalibration",
    "novelty",
    "popularity",
]

USER_LIST_METRICS: dict[str, Callable[[Lists], Values]] = {
    "novelty": novelty,
    "popularity": popularity,
    "head_share": head_share,
    "diversity": diversity,
    "miscalibration": miscalibration,
}

SYSTEM_METRICS: dict[str, Callable[[Lists], float]] = {
    "coverage": coverage,
    "gini": gini,
    "exposure_entropy": exposure_entropy,
}

OF_FEATURES = ("diversity", "miscalibration")
"""The metrics that need item features."""


def measure_lists(
    lists: Lists,
    *,
    k: int | Sequence[int],
    metrics: Sequence[str] | None = None,
) -> tuple[dict[str, Values], dict[str, float]]:
    """Measures the first k items of the lists, for each k.

    Args:
        lists: lists as long as the largest k, or longer.
        k: cut-offs.
        metrics: names out of `USER_LIST_METRICS` and `SYSTEM_METRICS`; None for all,
            those of features only if the lists have them.

    Returns:
        Metrics of each user, such as "novelty@10": `[users]`; and of all lists
        together, such as "coverage@10".

    Raises:
        ValueError: if a k is out of range, a name is unknown, or a metric needs
            features that the lists lack.

    Example:
        >>> import numpy as np
        >>> from tfrecs import Interactions
        >>> from tfrecs.evaluation.metrics.list_metrics import Lists, measure_lists
        >>> train = Interactions.from_matrix(np.array([[1, 0, 0, 0], [1, 1, 0, 1]]))
        >>> lists = Lists([[1, 2], [2, -1]], [0, 1], train)
        >>> measure_lists(lists, k=(1, 2), metrics=["coverage"])
        ({}, {'coverage@1': 0.5, 'coverage@2': 0.5})
    """
    names = _chosen(metrics, has_features=lists.item_features is not None)
    of_users: dict[str, Values] = {}
    of_system: dict[str, float] = {}
    for cutoff in check_cutoffs(k, lists.train.num_items):
        first = lists.first(cutoff)
        for name in names:
            if name in USER_LIST_METRICS:
                of_users[f"{name}@{cutoff}"] = USER_LIST_METRICS[name](first)
            else:
                of_system[f"{name}@{cutoff}"] = SYSTEM_METRICS[name](first)
    return of_users, of_system


def mean_where_defined(values: Values) -> float:
    """The mean of the values that are not NaN; NaN if all are."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def _chosen(metrics: Sequence[str] | None, *, has_features: bool) -> list[str]:
    """The metrics of those names, in the order of the registries."""
    known = [*USER_LIST_METRICS, *SYSTEM_METRICS]
    if metrics is None:
        return [name for name in known if has_features or name not in OF_FEATURES]
    for name in metrics:
        check_choice("metrics", name, known)
    return [name for name in known if name in metrics]
