"""Results of a stream run: a row for each model."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tfrecs.bench.result import OK
from tfrecs.streaming import Prequential

COUNTS = ("events", "repeated", "unknown_items")
"""Metrics that are numbers of events."""


@dataclass(frozen=True)
class StreamResult:
    """The result of one model.

    Args:
        model: name.
        status: "ok", or why the model did not run.
        found: rank at each event; None if the model did not run.
        k: cut-off of the metrics.
        settings: settings of the learner, and whether it started from a model.
        fit_seconds: seconds of learning from the batch.
        stream_seconds: seconds of the stream since the run was started or resumed.
        resumed_at: events that were learned before that.
    """

    model: str
    status: str = OK
    found: Prequential | None = None
    k: int = 10
    settings: Mapping[str, Any] = field(default_factory=dict)
    fit_seconds: float = 0.0
    stream_seconds: float = 0.0
    resumed_at: int = 0

    @property
    def title(self) -> str:
        """Name, for messages."""
        return self.model

    @property
    def in_one_line(self) -> str:
        """The status, or the recall, for progress."""
        recall = self.metrics.get(f"recall@{self.k}")
        found = self.status if recall is None else f"recall@{self.k} {recall:.4f}"
        return f"{self.title}: {found}"

    @property
    def failed(self) -> bool:
        """True if the model did not run."""
        return self.status != OK

    @property
    def metrics(self) -> dict[str, float | None]:
        """Each mean; None if there were no events for it."""
        if self.found is None:
            return {}
        return {
            name: None if math.isnan(value) else value
            for name, value in self.found.metrics(self.k).items()
            if name not in COUNTS
        }

    @property
    def events_per_second(self) -> float | None:
        """Events that were predicted and learned in a second, if any."""
        done = 0 if self.found is None else len(self.found.ranks) - self.resumed_at
        return done / self.stream_seconds if done and self.stream_seconds else None

    def as_json(self) -> dict[str, Any]:
        """Returns the row of `results` in the JSON file."""
        counts = {} if self.found is None else self.found.metrics(self.k)
        return {
            "model": self.model,
            "metrics": self.metrics,
            **{name: int(counts[name]) for name in COUNTS if name in counts},
            "fit_seconds": self.fit_seconds,
            "stream_seconds": self.stream_seconds,
            "events_per_second": self.events_per_second,
            "resumed_at": self.resumed_at,
            "settings": dict(self.settings),
            "status": self.status,
        }
