"""Prequential evaluation: every event is predicted before it is learned."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from tfrecs._base.checks import check_choice, check_positive
from tfrecs._base.types import AnyArray, BoolArray, IntArray
from tfrecs.streaming.events import Event
from tfrecs.streaming.recommender import REPEATED, IncrementalRecommender
from tfrecs.streaming.state_file import read_state, whole, write_state
from tfrecs.streaming.stored import stored

STREAM_METRICS: dict[str, Callable[[AnyArray, int], AnyArray]] = {
    "recall": lambda ranks, k: ((ranks > 0) & (ranks <= k)).astype(float),
    "dcg": lambda ranks, k: np.where(
        (ranks > 0) & (ranks <= k), 1 / np.log2(1 + np.maximum(ranks, 1)), 0.0
    ),
    "mrr": lambda ranks, k: np.where(ranks > 0, 1 / np.maximum(ranks, 1), 0.0),
}
"""Metrics of ranks `[events]`, 0 for an unknown item. With one item for each event,
recall is the hit rate, and DCG is NDCG."""


@dataclass(frozen=True, eq=False)
class Prequential:
    """The rank of each event's item in its user's ranking just before the event.

    Args:
        ranks: `[events]` int32 from 1; 0 for an unknown item, -1 for an item that the
            user had, which is in no metric.
        is_known: `[events]`, whether the user had an event before.
    """

    ranks: IntArray
    is_known: BoolArray

    def metrics(self, k: int = 10) -> dict[str, float]:
        """Returns the means over all events, and by known and new users.

        Returns:
            "recall@k", "dcg@k" and "mrr", with the prefix "known/" or "new/" for a
            group of users, NaN for a group without events; and the numbers of events
            as "events", "repeated" and "unknown_items".

        Raises:
            ValueError: if k is below 1.
        """
        check_positive(k=k)
        scored = self.ranks != REPEATED
        groups = {
            "": scored,
            "known/": scored & self.is_known,
            "new/": scored & ~self.is_known,
        }
        means = {
            f"{group}{titled(name, k)}": float(metric(self.ranks[chosen], k).mean())
            if chosen.any()
            else math.nan
            for group, chosen in groups.items()
            for name, metric in STREAM_METRICS.items()
        }
        return {
            **means,
            "events": float(len(self.ranks)),
            "repeated": float(np.count_nonzero(~scored)),
            "unknown_items": float(np.count_nonzero(self.ranks == 0)),
        }

    def moving(self, name: str, window: int, k: int = 10) -> AnyArray:
        """Returns a metric's mean over the latest `window` scored events, at each.

        At the first events the mean is over fewer.

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
        recommender: recommender before the first event; it learns from all events.
        events: all events in order, also the ones before the checkpoint. Events that
            are no positives are left out; see `IncrementalRecommender.learns_from`.
        exclude_seen: whether the ranking excludes items that the user had.
        checkpoint: file that is written during the run. If it exists, the run resumes
            from it, and returns the same numbers as an uninterrupted run.
        every: events between two checkpoints.
        progress: called after each event with the number of events so far.

    Returns:
        The rank at each event.

    Raises:
        ValueError: if an event is invalid, or the checkpoint is damaged or of a
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
        with whole(checkpoint):
            ranks = stored(done, "ranks", np.int32, (None,), REPEATED).tolist()
            is_known = stored(done, "is_known", bool, (len(ranks),)).tolist()
    positives = (event for event in events if recommender.learns_from(event.rating))
    for event in islice(positives, len(ranks), None):
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
