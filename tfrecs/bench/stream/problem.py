"""The problem of a stream run: a batch to start from, and the events after it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from tfrecs._base.checks import check_at_least_zero, check_fraction, check_positive
from tfrecs.bench.source import Columns, check_size, load_data
from tfrecs.data.interactions import Interactions

MIN_RATING = 5.0
"""Default for data with ratings: only strong praise counts."""


@dataclass(frozen=True)
class StreamProblem:
    """The events and the protocol of evaluation.

    Args:
        name: name of the data.
        batch: the first events, over their own users and items only.
        stream: the other events, by time.
        min_rating: lowest rating of an event; None for all events.
        warm_up: share of the events that are in the batch.
        window: number of latest events in moving averages and recent popularity.
        k: cut-off of the metrics.
        exclude_seen: whether the ranking excludes a user's past items.
        seed: seed of the models.
        notes: remarks that a reader of the numbers needs.
        facts: what was read from a file, by subject.
    """

    name: str
    batch: Interactions
    stream: Interactions
    min_rating: float | None
    warm_up: float
    window: int
    k: int
    exclude_seen: bool
    seed: int
    notes: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def in_one_line(self) -> str:
        """Returns the protocol, as printed above the table."""
        rating = "" if self.min_rating is None else f", rating >= {self.min_rating:g}"
        seen = "past items excluded" if self.exclude_seen else "past items ranked"
        return (
            f"{self.name}{rating}: {len(self.batch):,} events to start from "
            f"({self.batch.num_users:,} users x {self.batch.num_items:,} items), then "
            f"{len(self.stream):,} in order, each ranked among all items known so far "
            f"before it is learned; {seen}, ties against the item"
        )

    def as_json(self) -> dict[str, dict[str, Any]]:
        """Returns `dataset` and `protocol` of the JSON file."""
        return {
            "dataset": {
                "name": self.name,
                "num_batch": len(self.batch),
                "num_stream": len(self.stream),
                "batch_users": self.batch.num_users,
                "batch_items": self.batch.num_items,
                "events_sha256": self._digest(),
                "read": dict(self.facts),
                "notes": list(self.notes),
            },
            "protocol": {
                "evaluation": "prequential",
                "min_rating": self.min_rating,
                "warm_up": self.warm_up,
                "window": self.window,
                "k": self.k,
                "exclude_seen": self.exclude_seen,
                "seed": self.seed,
                "ties": "against the item",
            },
        }

    def _digest(self) -> str:
        """Returns the SHA-256 of all events."""
        digest = hashlib.sha256()
        for part in (self.batch, self.stream):
            for ids, rows in (
                (part.users.ids, part.user_ids),
                (part.items.ids, part.item_ids),
            ):
                digest.update("\n".join(map(repr, ids.tolist())).encode())
                digest.update(rows.astype(np.int64).tobytes())
            for column in (part.ratings, part.weights, part.timestamps):
                digest.update(b"" if column is None else column.tobytes())
        return digest.hexdigest()


def load_stream(
    dataset: str = "ml-1m",
    *,
    train: str | Path | None = None,
    min_rating: float | None = None,
    warm_up: float = 0.2,
    window: int = 5000,
    k: int = 10,
    exclude_seen: bool = True,
    seed: int = 0,
    **columns: Unpack[Columns],
) -> StreamProblem:
    """Reads a data set, or the file `train` of interactions, and splits off the batch.

    `min_rating` is `MIN_RATING` by default, if there are ratings. See `StreamProblem`
    for the protocol, and `read_interactions` for the columns.

    Raises:
        ValueError: if an argument or the data are invalid.
        FileNotFoundError: if the file or the data set is missing.
    """
    check_fraction(warm_up=warm_up)
    check_positive(window=window, k=k)
    check_at_least_zero(seed=seed)
    data, notes, facts = load_data(dataset, train, **columns)
    events = data.interactions
    if events.timestamps is None:
        raise ValueError(
            f"{data.name}: a stream needs the times of events. Received: none. Name "
            "their column with `time_col`, or use other data."
        )
    if min_rating is None and events.ratings is not None:
        min_rating = MIN_RATING
    if min_rating is not None:
        events = events.at_least(min_rating)
    batch, stream = _cut(events, warm_up)
    return StreamProblem(
        data.name,
        *(batch, stream, min_rating, warm_up, window, k, exclude_seen, seed),
        notes=tuple(notes),
        facts=facts,
    )


def _cut(events: Interactions, warm_up: float) -> tuple[Interactions, Interactions]:
    """Returns the first events, over their own users and items, and the others."""
    order = np.argsort(np.asarray(events.timestamps), kind="stable")
    size = int(warm_up * len(order))
    if size == 0:
        raise ValueError(
            f"`warm_up` must be a share of at least one of {len(order)} events. "
            f"Received: {warm_up:g}. Raise it."
        )
    batch = events.take(order[:size]).compact()
    check_size(batch)
    return batch, events.take(order[size:])
