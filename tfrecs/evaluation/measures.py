"""The choice of metrics and cut-offs, and their values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs.evaluation.metrics import (
    FEATURE_METRICS,
    GRADED_METRICS,
    LIST_METRICS,
    METRICS,
    SYSTEM_METRICS,
    WHOLE_METRICS,
)
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.metrics.ranking import Ranks, Values


@dataclass(frozen=True)
class Measures:
    """The metrics of rankings and of lists in an evaluation, and each k."""

    cutoffs: tuple[int, ...]
    names: tuple[str, ...]
    list_names: tuple[str, ...]

    @property
    def graded(self) -> bool:
        """True if a metric needs the ratings of test items."""
        return any(name in GRADED_METRICS for name in self.names)

    @property
    def deepest(self) -> int | None:
        """The last rank that matters; None if all do."""
        whole = any(name in WHOLE_METRICS for name in self.names)
        return None if whole else max(self.cutoffs)

    def of_ranks(self, ranked: Ranks) -> dict[str, Values]:
        """Returns each metric of a ranking, such as "precision@5" or "mrr"."""
        at_k = {
            f"{name}@{cutoff}": metric(ranked, cutoff)
            for cutoff in self.cutoffs
            for name, metric in {**METRICS, **GRADED_METRICS}.items()
            if name in self.names
        }
        whole = {
            name: metric(ranked)
            for name, metric in WHOLE_METRICS.items()
            if name in self.names
        }
        return at_k | whole

    def of_lists(self, lists: Lists) -> tuple[dict[str, Values], dict[str, float]]:
        """Measures the first k items of lists, for each k.

        Returns metrics of each user, such as "novelty@10": `[users]`; and of all lists
        together, such as "coverage@10". ValueError if the lists are too short.
        """
        per_user: dict[str, Values] = {}
        overall: dict[str, float] = {}
        for cutoff in self.cutoffs:
            first = lists.first(cutoff)
            for name in self.list_names:
                if name in LIST_METRICS:
                    per_user[f"{name}@{cutoff}"] = LIST_METRICS[name](first)
                else:
                    overall[f"{name}@{cutoff}"] = SYSTEM_METRICS[name](first)
        return per_user, overall


def choose_measures(
    metrics: Sequence[str] | None,
    cutoffs: tuple[int, ...],
    *,
    whole: bool = True,
    lists: bool = True,
    item_features: Any = None,
) -> Measures:
    """Checks names of metrics; None for all metrics of rankings.

    `whole` and `lists` are whether metrics of the whole ranking and of lists are
    available.

    Raises:
        ValueError: if a name is unknown, there is no name, or features are missing.
    """
    of_ranks = [*METRICS, *(WHOLE_METRICS if whole else ())]
    of_lists = [*LIST_METRICS, *SYSTEM_METRICS] if lists else []
    known = [*of_ranks, *GRADED_METRICS, *of_lists]
    names = of_ranks if metrics is None else list(metrics)
    if not names:
        raise ValueError(
            f"`metrics` must name at least one of {', '.join(known)}. Received: none"
        )
    for name in names:
        check_choice("metrics", name, known)
        if name in FEATURE_METRICS and item_features is None:
            raise ValueError(
                f"The metric {name!r} needs `item_features` [num_items, features]. "
                "Received: none"
            )
    return Measures(
        cutoffs,
        tuple(name for name in (*of_ranks, *GRADED_METRICS) if name in names),
        tuple(name for name in of_lists if name in names),
    )


def mean_where_defined(values: Values) -> float:
    """Returns the mean of the values that are not NaN; NaN if all are."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def join(parts: Sequence[Mapping[str, Values]]) -> dict[str, Values]:
    """Concatenates the metrics of blocks of users."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
