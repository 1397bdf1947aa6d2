"""How far a stream was learned, and what came: kept with what was learned."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from tfrecs._base.types import AnyArray
from tfrecs.streaming.prequential import Event
from tfrecs.streaming.recommender import IncrementalRecommender
from tfrecs.streaming.sources.position import UNFINISHED, Position, Positioned
from tfrecs.streaming.state_file import read_state, write_state


@dataclass
class Counts:
    """What came of a stream, from its beginning, over all runs.

    Args:
        events: that were learned.
        malformed: lines or messages that are no events, by the reason, of `FAULTS`.
        repeated: events of a user and an item that the user had; learned again.
        new_users: events that brought a user who was not known.
        new_items: events that brought an item that was not known.
        times_back: events with an earlier time than one before; learned as they come.
        latest_time: the latest time of an event; None before the first.
        is_unfinished: whether, in this run, a line without a newline stood at the end.
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


class Progress:
    """What was learned of a source: its positions, by partition, and the counts.

    Args:
        recommender: that learns.
        name: of the source.
    """

    def __init__(self, recommender: IncrementalRecommender, name: str) -> None:
        self.recommender, self.name = recommender, name
        self.counts = Counts()
        self.positions: dict[int, Position] = {}

    def take(self, found: Positioned) -> None:
        """Learns an event, or counts what is none."""
        if found.fault == UNFINISHED:  # it comes again when it is whole
            self.counts.is_unfinished = True
            return
        if found.event is None:
            malformed = self.counts.malformed
            malformed[found.fault] = malformed.get(found.fault, 0) + 1
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
        """Writes the recommender and this to one file, whole or not at all."""
        kept = {**asdict(self.counts), "is_unfinished": False, "is_stopped": False}
        more = {
            "source": np.array(self.name),
            "positions": np.array([*self.positions.values()], np.int64).reshape(-1, 4),
            "counts": np.array(json.dumps(kept)),
        }
        write_state(self.recommender, path, more)

    def read(self, path: str | Path) -> None:
        """Goes back to what `write` wrote.

        Raises:
            ValueError: if the file is something else, or of another source.
        """
        more = read_state(self.recommender, path)
        try:
            name, positions, counts = _kept(more)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path}: must be a checkpoint of `learn_from`. Received: another file "
                f"of a recommender, without {error}. Name another file; `load` gives "
                "the recommender of this one."
            ) from error
        if name != self.name:
            raise ValueError(
                f"{path}: must be of the source {self.name!r}. Received: {name!r}. "
                "Name another file, and begin from what `load` gives of this one."
            )
        self.counts = counts
        self.positions = {position.partition: position for position in positions}


def _kept(more: Mapping[str, AnyArray]) -> tuple[str, list[Position], Counts]:
    positions = [Position(*row) for row in more["positions"].tolist()]
    return str(more["source"]), positions, Counts(**json.loads(str(more["counts"])))
