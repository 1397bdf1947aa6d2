"""The registries of metrics. A new metric is a function and a line here.

Metrics of rankings (`metrics.ranking`) take the ranks of each user's test items.
Metrics of lists take the recommended items alone, without their order and without test
items: how new, diverse, calibrated (`rarity`, `content`) and evenly spread (`exposure`)
they are. Metrics that are undefined for a user, such as of an empty list, are NaN.
"""

from collections.abc import Callable

from tfrecs.evaluation.metrics.content import diversity, miscalibration
from tfrecs.evaluation.metrics.exposure import coverage, exposure_entropy, gini
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.metrics.ranking import (
    Ranks,
    Values,
    auc,
    average_precision,
    average_precision_of_all,
    capped_recall,
    graded_ndcg,
    hit_rate,
    linear_ndcg,
    ndcg,
    precision,
    r_precision,
    recall,
    reciprocal_rank,
)
from tfrecs.evaluation.metrics.rarity import head_share, novelty, popularity

METRICS: dict[str, Callable[[Ranks, int], Values]] = {
    "precision": precision,
    "recall": recall,
    "ndcg": ndcg,
    "hit_rate": hit_rate,
    "map": average_precision,
    "map_all": average_precision_of_all,
    "capped_recall": capped_recall,
}
"""Of the first k items of a ranking, for each user."""

GRADED_METRICS: dict[str, Callable[[Ranks, int], Values]] = {
    "graded_ndcg": graded_ndcg,
    "linear_ndcg": linear_ndcg,
}
"""Of the first k items of a ranking, for each user, by the ratings of test items."""

WHOLE_METRICS: dict[str, Callable[[Ranks], Values]] = {
    "mrr": reciprocal_rank,
    "auc": auc,
    "r_precision": r_precision,
}
"""Of the whole ranking, for each user."""

FEATURE_METRICS: dict[str, Callable[[Lists], Values]] = {
    "diversity": diversity,
    "miscalibration": miscalibration,
}
"""Of the list of each user, by item features."""

LIST_METRICS: dict[str, Callable[[Lists], Values]] = {
    "novelty": novelty,
    "popularity": popularity,
    "head_share": head_share,
    **FEATURE_METRICS,
}
"""Of the list of each user."""

SYSTEM_METRICS: dict[str, Callable[[Lists], float]] = {
    "coverage": coverage,
    "gini": gini,
    "exposure_entropy": exposure_entropy,
}
"""Of all lists together."""
