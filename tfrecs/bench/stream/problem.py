"""What a stream run is about: a batch to start from, and the events after it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfrecs.bench.problem import check_size
from tfrecs.bench.stream.options import MIN_RATING, StreamOptions
from tfrecs.data.datasets import Dataset, load_dataset
from tfrecs.data.interactions import Interactions
from tfrecs.data.readers import read_interactions


@dataclass(frozen=True)
class StreamProblem:
    """The events, and how to measure.

    Args:
        name: of the data.
        batch: the first events, of their users and items alone.
        stream: the rest, in the order of their times.
        min_rating: the rating from which an event counts; None for all events.
        warm_up: the share of the batch.
        window: the latest events of moving averages, and of recent popularity.
        k: cut-off of the metrics.
        exclude_seen: whether a user's past items are left out of the ranking.
        seed: of what is random in a model.
        notes: what a reader of the numbers must know.
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

    @property
    def in_one_line(self) -> str:
        """The protocol, as printed above the table."""
        rating = "" if self.min_rating is None else f", rating >= {self.min_rating:g}"
        seen = "past items excluded" if self.exclude_seen else "past items ranked"
        return (
            f"{self.name}{rating}: {len(self.batch):,} events to start from "
            f"({self.batch.num_users:,} users x {self.batch.num_items:,} items), then "
            f"{len(self.stream):,} in order, each ranked among all items known so far "
            f"before it is learned; {seen}, ties against the item"
        )

    def as_json(self) -> dict[str, dict[str, Any]]:
        """The `dataset` and `protocol` of the JSON file."""
        return {
            "dataset": {
                "name": self.name,
                "num_batch": len(self.batch),
                "num_stream": len(self.stream),
                "batch_users": self.batch.num_users,
                "batch_items": self.batch.num_items,
                "events_sha256": self._digest(),
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
        """Tells these events from all others."""
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


def load_stream(options: StreamOptions) -> StreamProblem:
    """Reads the data that the options name, and cuts the batch off.

    Raises:
        ValueError: if the data or the options cannot be right.
        FileNotFoundError: if a file or a data set is not to be had.
    """
    dataset = _dataset(options)
    events = dataset.interactions
    if events.timestamps is None:
        raise ValueError(
            f"{dataset.name}: a stream needs the times of events. Received: none. Name "
            "their column with --time-col, or take other data."
        )
    min_rating = options.min_rating
    if min_rating is None and events.ratings is not None:
        min_rating = MIN_RATING
    if min_rating is not None:
        events = events.at_least(min_rating)
    order = np.argsort(np.asarray(events.timestamps), kind="stable")
    size = int(options.warm_up * len(order))
    if size == 0:
        raise ValueError(
            f"--warm-up must be of at least one of {len(order)} events. Received: "
            f"{options.warm_up:g}. Raise it."
        )
    batch = events.take(order[:size]).compact()
    check_size(batch)
    return StreamProblem(
        name=dataset.name,
        batch=batch,
        stream=events.take(order[size:]),
        min_rating=min_rating,
        warm_up=options.warm_up,
        window=options.window,
        k=options.k,
        exclude_seen=not options.include_seen,
        seed=options.seed,
        notes=(dataset.note,) if dataset.note else (),
    )


def _dataset(options: StreamOptions) -> Dataset:
    if options.train is None:
        return load_dataset(options.dataset)
    path = Path(options.train)
    read = read_interactions(
        path,
        user_col=options.user_col,
        item_col=options.item_col,
        rating_col=options.rating_col,
        time_col=options.time_col,
    )
    return Dataset(path.name, read)
