"""Moving averages by the number of the event, thinned out for the eye."""

import numpy as np

from tfrecs.streaming import Prequential
from tfrecs.streaming.recommender import REPEATED

POINTS = 1000
"""At most, of a curve."""


def curve(
    found: Prequential, name: str, window: int, k: int
) -> tuple[list[int], list[float]]:
    """Gives numbers of events from 1, and a metric's mean over the latest ones at each.

    The last event is among them. Events that are in no metric are left out.
    """
    numbers = 1 + np.flatnonzero(found.ranks != REPEATED)
    averages = found.moving(name, window, k)
    size = len(numbers)
    places = np.linspace(0, size - 1, min(size, POINTS)).round().astype(int)
    return numbers[places].tolist(), averages[places].tolist()


def titled(name: str, k: int) -> str:
    """A metric's name in full."""
    return name if name == "mrr" else f"{name}@{k}"
