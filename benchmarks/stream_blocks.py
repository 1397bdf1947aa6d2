"""What learning a stream in blocks would gain, and what it loses.

ML-1M, rating 5, in time order, a fifth to start from, as `python -m tfrecs.bench
stream`. All events of a block are ranked with what was known before it, and then they
are learned. Where scores are inner products, one product makes those of all of the
block's users. Ranking and learning stay one event at a time otherwise.
`OPENBLAS_NUM_THREADS=1 python benchmarks/stream_blocks.py [--events N] [--json FILE]`
"""

import time
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from _report import finish, keep, parser, print_table, progress

from tfrecs.bench.stream.problem import StreamProblem, load_stream
from tfrecs.streaming import (
    Event,
    IncrementalRecommender,
    Isgd,
    ItemItem,
    Prequential,
    Ridge,
    events_of,
)

LEARNERS = {"isgd": Isgd, "ridge": Ridge, "item-item": ItemItem}
BLOCKS = (1, 256)
PRODUCTS = (Isgd, Ridge)
"""Learners whose scores are inner products of vectors."""


class Ahead:
    """A learner whose scores of some users were made in one product."""

    def __init__(self, learner: Isgd | Ridge, users: Sequence[int]) -> None:
        self.learner, vectors = learner, learner.state()
        self.places = {user: place for place, user in enumerate(users)}
        self.made = vectors["users"][list(users)] @ vectors["items"].T

    def scores(self, user, log):
        """Scores of all items, for a user of the block."""
        if user is None:
            return self.learner.scores(user, log)
        return self.made[self.places[user]]


def rank_block(made: IncrementalRecommender, block: Sequence[Event]) -> Iterator[int]:
    """Where the items of a block stand before it."""
    learner = made.learner
    if len(block) > 1 and isinstance(learner, PRODUCTS):
        rows = (made._users.get(event.user) for event in block)
        known = dict.fromkeys(row for row in rows if row is not None)
        made.learner = Ahead(learner, list(known))
    for event in block:
        yield made.rank(event.user, event.item)
    made.learner = learner


def in_blocks(
    made: IncrementalRecommender, events: Sequence[Event], size: int
) -> Prequential:
    """Ranks each event's item with what was known before its block."""
    ranks: list[int] = []
    left = iter(events)
    while block := list(islice(left, size)):
        ranks.extend(rank_block(made, block))
        for event in block:
            made.partial_fit(*event)
    return Prequential(np.array(ranks, np.int32), np.zeros(len(ranks), bool))


def measure(problem: StreamProblem, name: str, events: int | None, size: int) -> dict:
    """Recall and events a second."""
    made = IncrementalRecommender(LEARNERS[name]()).fit(problem.batch)
    stream = list(islice(events_of(problem.stream), events))
    began = time.perf_counter()
    found = in_blocks(made, stream, size)
    taken = time.perf_counter() - began
    return {
        "model": name,
        "block": size,
        "recall@10": found.metrics(10)["recall@10"],
        "events_per_second": len(stream) / taken,
    }


def main() -> None:
    made = parser(__doc__, repeats=1)
    made.add_argument("--events", type=int, help="of the stream (default: all)")
    options = made.parse_args()
    problem, figures = load_stream(), []
    for name in LEARNERS:
        for size in BLOCKS:
            progress(f"{name} in blocks of {size}")
            figures.append(measure(problem, name, options.events, size))
            keep(options, {"rows": figures})
    progress("")
    print_table(
        ("model", "block", "recall@10", "events/s"),
        [
            (
                row["model"],
                row["block"],
                f"{row['recall@10']:.4f}",
                f"{row['events_per_second']:,.0f}",
            )
            for row in figures
        ],
    )
    finish(options, {"rows": figures})


if __name__ == "__main__":
    main()
