"""Which metrics are measured, and at which cut-offs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tfrecs._checks import check_choice
from tfrecs.metrics import METRICS, WHOLE_METRICS, Ranks, Values


@dataclass(frozen=True)
class Measures:
    """The metrics of an evaluation.

    Args:
        cutoffs: each k.
        at_k: those of the first k items, by name.
        whole: those of the whole list, by name.
    """

    cutoffs: tuple[int, ...]
    at_k: Mapping[str, Callable[[Ranks, int], Values]]
    whole: Mapping[str, Callable[[Ranks], Values]]

    @property
    def deepest(self) -> int | None:
        """The last rank that matters; None where all do."""
        return None if self.whole else max(self.cutoffs)

    def of(self, ranked: Ranks) -> dict[str, Values]:
        """Gives each metric, such as "precision@5" or "mrr": `[users]`."""
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
    metrics: Sequence[str] | None, cutoffs: tuple[int, ...]
) -> Measures:
    """Gives the metrics of those names, all for None.

    Raises:
        ValueError: if a name is unknown, or there is none.
    """
    known = [*METRICS, *WHOLE_METRICS]
    names = known if metrics is None else list(metrics)
    if not names:
        raise ValueError(
            f"`metrics` must name at least one of {', '.join(known)}. Received: none"
        )
    for name in names:
        check_choice("metrics", name, known)
    return Measures(
        cutoffs,
        {name: metric for name, metric in METRICS.items() if name in names},
        {name: metric for name, metric in WHOLE_METRICS.items() if name in names},
    )


def join(parts: Sequence[Mapping[str, Values]]) -> dict[str, Values]:
    """Puts the metrics of blocks of users together."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
