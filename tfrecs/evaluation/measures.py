"""Which metrics are measured, and at which cut-offs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs.evaluation.metrics.list_metrics import (
    OF_FEATURES,
    SYSTEM_METRICS,
    USER_LIST_METRICS,
)
from tfrecs.evaluation.metrics.ranking import METRICS, WHOLE_METRICS, Ranks, Values


@dataclass(frozen=True)
class Measures:
    """The metrics of an evaluation.

    Args:
        cutoffs: each k.
        at_k: those of the first k items, by name.
        whole: those of the whole ranking, by name.
        of_lists: names of those in `tfrecs.evaluation.metrics.list_metrics`.
    """

    cutoffs: tuple[int, ...]
    at_k: Mapping[str, Callable[[Ranks, int], Values]]
    whole: Mapping[str, Callable[[Ranks], Values]]
    of_lists: tuple[str, ...]

    @property
    def deepest(self) -> int | None:
        """The last rank that matters; None where all do."""
        return None if self.whole else max(self.cutoffs)

    def of(self, ranked: Ranks) -> dict[str, Values]:
        """Gives each metric of ranks, such as "precision@5" or "mrr": `[users]`."""
        values = {
            f"{name}@{cutoff}": metric(ranked, cutoff)
            for cutoff in self.cutoffs
            for name, metric in self.at_k.items()
        }
        return {
            **values,
            **{name: metric(ranked) for name, metric in self.whole.items()},
        }


def choose_measures(
    metrics: Sequence[str] | None,
    cutoffs: tuple[int, ...],
    *,
    whole: bool = True,
    lists: bool = True,
    item_features: Any = None,
) -> Measures:
    """Gives the metrics of those names; for None all that look at test items.

    Args:
        metrics: the names.
        cutoffs: each k.
        whole: whether the whole ranking is known.
        lists: whether lists are.
        item_features: those of the lists; None for none.

    Raises:
        ValueError: if a name is unknown or there is none; if a metric needs features.
    """
    of_ranks = [*METRICS, *(WHOLE_METRICS if whole else ())]
    of_lists = [*USER_LIST_METRICS, *SYSTEM_METRICS] if lists else []
    known = [*of_ranks, *of_lists]
    names = of_ranks if metrics is None else list(metrics)
    if not names:
        raise ValueError(
            f"`metrics` must name at least one of {', '.join(known)}. Received: none"
        )
    for name in names:
        check_choice("metrics", name, known)
        if name in OF_FEATURES and item_features is None:
            raise ValueError(
                f"The metric {name!r} needs `item_features` [num_items, features]. "
                "Received: none"
            )
    return Measures(
        cutoffs,
        {name: metric for name, metric in METRICS.items() if name in names},
        {name: metric for name, metric in WHOLE_METRICS.items() if name in names},
        tuple(name for name in of_lists if name in names),
    )


def join(parts: Sequence[Mapping[str, Values]]) -> dict[str, Values]:
    """Puts the metrics of blocks of users together."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
