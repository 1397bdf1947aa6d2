"""Runs every model that was asked for on one stream."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs.bench.result import Tell, write_json
from tfrecs.bench.stream.folder import CHECKPOINT, FIT, RANKS, read, write_ranks
from tfrecs.bench.stream.problem import StreamProblem
from tfrecs.bench.stream.result import StreamResult
from tfrecs.bench.stream.rows import ROWS, Row
from tfrecs.bench.stream.scalars import write_scalars
from tfrecs.bench.stream.start_model import train_start
from tfrecs.streaming import IncrementalRecommender, events_of, prequential
from tfrecs.streaming.state_file import write_state

if TYPE_CHECKING:
    from tfrecs.models import TwoTower

BETWEEN = 500
"""Events between two lines of progress."""


def run(
    problem: StreamProblem,
    names: tuple[str, ...] | None,
    done: Mapping[str, StreamResult],
    *,
    folder: Path,
    every: int,
    tell: Tell,
) -> Iterator[StreamResult]:
    """Gives a result for each model, as soon as it is there.

    Args:
        problem: events and protocol.
        names: the rows; None for all.
        done: those that an interrupted run has finished, which stay as they are.
        folder: of the run.
        every: events between two checkpoints.
        tell: told what is going on.
    """

    @cache
    def start() -> "TwoTower":
        return train_start(problem.batch, problem.seed)

    for name in names or ROWS:
        settings = _settings(ROWS[name], problem)
        if name in done and done[name].settings == settings:
            yield done[name]
            continue
        try:
            result = _one(name, problem, start, settings, folder / name, every, tell)
        except Exception as error:  # one model's failure must not take the others along
            first_line = str(error).strip().partition("\n")[0]
            status = f"failed: {type(error).__name__}: {first_line}"
            result = StreamResult(name, status, settings=settings)
        yield result
        if result.found is not None:  # and written down, by who took it
            (folder / name / CHECKPOINT).unlink(missing_ok=True)


def _one(
    name: str,
    problem: StreamProblem,
    start: Callable[[], "TwoTower"],
    settings: Mapping[str, Any],
    folder: Path,
    every: int,
    tell: Tell,
) -> StreamResult:
    """Takes one model over the stream, from where it was interrupted if it was."""
    recommender = IncrementalRecommender(ROWS[name].learner(problem))
    checkpoint = folder / CHECKPOINT
    if not checkpoint.exists():
        tell(f"{name}: learning from the batch")
        began = time.perf_counter()
        recommender.fit(problem.batch, start() if ROWS[name].from_model else None)
        write_json(folder / FIT, {"seconds": time.perf_counter() - began})
        nothing = {"ranks": np.zeros(0, np.int32), "is_known": np.zeros(0, bool)}
        write_state(recommender, checkpoint, nothing)
    clock = _Clock(name, len(problem.stream), tell)
    found = prequential(
        recommender,
        events_of(problem.stream),
        exclude_seen=problem.exclude_seen,
        checkpoint=checkpoint,
        every=every,
        tell=clock.tick,
    )
    result = StreamResult(
        name,
        found=found,
        k=problem.k,
        settings=settings,
        fit_seconds=read(folder / FIT)["seconds"],
        stream_seconds=time.perf_counter() - clock.began,
        resumed_at=len(found.ranks) - clock.events,
    )
    write_ranks(folder / RANKS, found)
    write_scalars(folder, found, problem.window, problem.k)
    return result


class _Clock:
    """Tells how far the stream is, and how fast."""

    def __init__(self, name: str, size: int, tell: Tell) -> None:
        self.name, self.size, self._tell = name, size, tell
        self.began, self.events = time.perf_counter(), 0

    def tick(self, number: int) -> None:
        """Counts an event, the `number`th of the stream."""
        self.events += 1
        if self.events % BETWEEN == 0:
            rate = self.events / (time.perf_counter() - self.began)
            self._tell(
                f"{self.name}: {number:,} of {self.size:,} events, {rate:,.0f} a second"
            )


def _settings(row: Row, problem: StreamProblem) -> dict[str, Any]:
    """A row's settings, and whether it goes on from a model."""
    learner = row.learner(problem)
    chosen = {
        field.name: getattr(learner, field.name)
        for field in fields(learner)  # type: ignore[arg-type]
        if field.init
    }
    return {**chosen, "from_model": row.from_model}
