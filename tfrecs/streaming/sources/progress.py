"""Position in a stream and counts of its events, saved with the recommender."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tfrecs._base.finite_json import read_json
from tfrecs.streaming.events import Event
from tfrecs.streaming.recommender import IncrementalRecommender
from tfrecs.streaming.sources.position import UNFINISHED, Position, Positioned
from tfrecs.streaming.state_file import read_state, write_state
from tfrecs.streaming.stored import stored


@dataclass
class Counts:
    """Counts of a stream from its beginning, over all runs.

    Args:
        events: events that were learned.
        malformed: numbers of malformed lines or messages by their fault, of `FAULTS`.
        repeated: events of a user with an item that the user had; learned again.
        new_users: events of a new user.
        new_items: events of a new item.
        times_back: events that are earlier than one before; learned in this order.
        latest_time: latest time of an event; None before the first.
        is_unfinished: whether the last line had no newline in this run.
        is_stopped: whether Ctrl-C stopped this run.
    """

    events: int = 0
    malformed: dict[str, int] = field(default_factory=dict)
    repeated: int = 0
    new_users: int = 0
    new_items: int = 0
    times_back: int = 0
    latest_time: float | None = None
    is_unfinished: bool = False
    is_stopped: bool = False


WHOLE = ("events", "repeated", "new_users", "new_items", "times_back")
"""The whole numbers of `Counts`."""


class Progress:
    """A recommender, its positions in a source by partition, and the counts."""

    def __init__(self, recommender: IncrementalRecommender, name: str) -> None:
        self.recommender, self.name = recommender, name
        self.counts = Counts()
        self.positions: dict[int, Position] = {}

    def take(self, found: Positioned) -> None:
        """Learns an event, or counts its fault."""
        if found.fault == UNFINISHED:  # read again once it is complete
            self.counts.is_unfinished = True
            return
        if found.event is None:
            of_fault = self.counts.malformed.get(found.fault, 0)
            self.counts.malformed[found.fault] = 1 + of_fault
        else:
            self._learn(found.event)
        self.positions[found.position.partition] = found.position

    def _learn(self, event: Event) -> None:
        counts, log = self.counts, self.recommender.log
        num_users, num_items = log.num_users, log.num_items
        is_repeated = self.recommender.had(event.user, event.item)
        self.recommender.partial_fit(*event)
        latest = event.time if counts.latest_time is None else counts.latest_time
        counts.events += 1
        counts.repeated += is_repeated
        counts.new_users += log.num_users - num_users
        counts.new_items += log.num_items - num_items
        counts.times_back += event.time < latest
        counts.latest_time = max(latest, event.time)

    def write(self, path: str | Path) -> None:
        """Writes everything to one file, atomically."""
        kept = {**asdict(self.counts), "is_unfinished": False, "is_stopped": False}
        more = {
            "source": np.array(self.name),
            "positions": np.array([*self.positions.values()], np.int64).reshape(-1, 4),
            "counts": np.array(json.dumps(kept)),
        }
        write_state(self.recommender, path, more)

    def read(self, path: str | Path) -> None:
        """Restores what `write` wrote.

        Raises:
            ValueError: if the file is of another kind, or of another source.
        """
        more = read_state(self.recommender, path)
        try:
            name = str(more["source"])
            rows = stored(more, "positions", np.int64, (None, 4), 0).tolist()
            counts = _counts(read_json(str(more["counts"])))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{path}: must be a checkpoint of `learn_from`. Received: a file of a "
                f"recommender, without {error}. Use another; `load` reads this one."
            ) from error
        if name != self.name:
            raise ValueError(
                f"{path}: must be of the source {self.name!r}. Received: {name!r}. "
                "Use another; `load` reads this one."
            )
        self.counts = counts
        self.positions = {row[1]: Position(*row) for row in rows}


def _counts(read: dict[str, Any]) -> Counts:
    """Returns the counts of a file; raises TypeError or ValueError for others."""
    counts = Counts(**read)
    numbers = [*counts.malformed.values()]
    numbers += [value for name, value in read.items() if name in WHOLE]
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise ValueError(f"whole counts, but with {read}")
    latest = counts.latest_time
    if latest is not None and not isinstance(latest, int | float):
        raise ValueError(f"a latest time, but with {latest!r}")
    return counts
