"""Evaluation of a stream: every event is predicted before it is learned."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfrecs._base.checks import check_choice, check_positive
from tfrecs._base.types import AnyArray, BoolArray, IntArray
from tfrecs.data.interactions import Interactions
from tfrecs.streaming.recommender import REPEATED, IncrementalRecommender, by_time
from tfrecs.streaming.state_file import read_state, write_state

STREAM_METRICS: dict[str, Callable[[AnyArray, int], AnyArray]] = {
    "recall": lambda ranks, k: ((ranks > 0) & (ranks <= k)).astype(float),
    "dcg": lambda ranks, k: np.where(
        (ranks > 0) & (ranks <= k), 1 / np.log2(1 + np.maximum(ranks, 1)), 0.0
    ),
    "mrr": lambda ranks, k: np.where(ranks > 0, 1 / np.maximum(ranks, 1), 0.0),
}
"""Of ranks `[events]`, 0 for an item that could not be recommended. With one item for
each event, recall is the hit rate, and DCG is NDCG."""


class Event(NamedTuple):
    """A user took an item.

    Args:
        user: raw id.
        item: raw id.
        rating: None if there is none.
        weight: None to derive it from the rating.
        time: any unit, larger is later.
    """

    user: Hashable
    item: Hashable
    rating: float | None = None
    weight: float | None = None
    time: float = 0.0


def events_of(interactions: Interactions) -> Iterator[Event]:
    """Gives interactions as events, by time if they have times."""
    data = interactions
    users = data.users.ids[data.user_ids].tolist()  # Python's own numbers, not NumPy's
    items = data.items.ids[data.item_ids].tolist()
    for row in by_time(data):
        yield Event(
            users[row],
            items[row],
            None if data.ratings is None else float(data.ratings[row]),
            None if data.weights is None else float(data.weights[row]),
            0.0 if data.timestamps is None else float(data.timestamps[row]),
        )


@dataclass(frozen=True, eq=False)
class Prequential:
    """Where each event's item stood in its user's ranking just before.

    Args:
        ranks: `[events]` int32 from 1; 0 for an item that never came before, -1 for one
            that the user had, which is in no metric.
        is_known: `[events]`, whether the user had an event before.
    """

    ranks: IntArray
    is_known: BoolArray

    def metrics(self, k: int = 10) -> dict[str, float]:
        """Gives the means over all events, and over those of known and new users.

        Returns:
            "recall@k", "dcg@k" and "mrr", with "known/" or "new/" before it for the
            parts, NaN for a part without events; and "events", "repeated" and
            "unknown_items", their numbers.

        Raises:
            ValueError: if k is below 1.
        """
        check_positive(k=k)
        scored = self.ranks != REPEATED
        parts = {
            "": scored,
            "known/": scored & self.is_known,
            "new/": scored & ~self.is_known,
        }
        found = {
            f"{part}{titled(name, k)}": _mean(metric(self.ranks[chosen], k))
            for part, chosen in parts.items()
            for name, metric in STREAM_METRICS.items()
        }
        return {
            **found,
            "events": float(len(self.ranks)),
            "repeated": float(np.count_nonzero(~scored)),
            "unknown_items": float(np.count_nonzero(self.ranks == 0)),
        }

    def moving(self, name: str, window: int, k: int = 10) -> AnyArray:
        """Gives a metric's mean over the latest `window` scored events, at each.

        At the first events it is that over fewer.

        Raises:
            ValueError: if the name is unknown, or a number is below 1.
        """
        check_choice("name", name, STREAM_METRICS)
        check_positive(window=window, k=k)
        values = STREAM_METRICS[name](self.ranks[self.ranks != REPEATED], k)
        sums = np.concatenate([[0.0], np.cumsum(values)])
        last = np.arange(1, len(values) + 1)
        first = np.maximum(last - window, 0)
        averages: AnyArray = (sums[last] - sums[first]) / (last - first)
        return averages


def prequential(
    recommender: IncrementalRecommender,
    events: Iterable[Event],
    *,
    exclude_seen: bool = True,
    checkpoint: str | Path | None = None,
    every: int = 10_000,
    progress: Callable[[int], None] | None = None,
) -> Prequential:
    """Ranks each event's item before it is learned, strictly in order.

    Args:
        recommender: as it was before the first event; it learns from all.
        events: in their order, all of them also where a checkpoint has some already.
        exclude_seen: whether items that the user had are left out of the ranking.
        checkpoint: a file that is written as events are done. If it is there, the run
            goes on from it and ends with the same numbers as one that never stopped.
        every: events between two writings of it.
        progress: called after each event with the number of events so far.

    Returns:
        The rank at each event.

    Raises:
        ValueError: as `partial_fit`, and if the checkpoint is damaged, or of a
            recommender with other settings.

    References:
        Vinagre, Jorge and Gama 2014, "Evaluation of Recommender Systems in Streaming
        Environments", sec. 3.
    """
    check_positive(every=every)
    ranks: list[int] = []
    is_known: list[bool] = []
    if checkpoint is not None and Path(checkpoint).exists():
        done = read_state(recommender, checkpoint)
        ranks, is_known = done["ranks"].tolist(), done["is_known"].tolist()
    for event in islice(events, len(ranks), None):
        is_known.append(recommender.knows(event.user))
        ranks.append(
            recommender.rank(event.user, event.item, exclude_seen=exclude_seen)
        )
        recommender.partial_fit(*event)
        if checkpoint is not None and len(ranks) % every == 0:
            done = {"ranks": np.array(ranks, np.int32), "is_known": np.array(is_known)}
            write_state(recommender, checkpoint, done)
        if progress is not None:
            progress(len(ranks))
    return Prequential(np.array(ranks, np.int32), np.array(is_known, np.bool_))


def titled(name: str, k: int) -> str:
    """Returns a metric's name with its cut-off."""
    return name if name == "mrr" else f"{name}@{k}"


def _mean(values: AnyArray) -> float:
    return float(values.mean()) if len(values) else float("nan")
