"""A stream run: every model on the events of one stream."""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs.bench.folder import tensorboard
from tfrecs.bench.options import data_arguments
from tfrecs.bench.result import Progress, Run, failure
from tfrecs.bench.results_file import write_json
from tfrecs.bench.stream.folder import (
    CHECKPOINT,
    FIT,
    open_folder,
    read,
    read_finished,
    write_finished,
)
from tfrecs.bench.stream.plots import draw, write_scalars
from tfrecs.bench.stream.problem import StreamProblem, load_stream
from tfrecs.bench.stream.result import StreamResult
from tfrecs.bench.stream.rows import ROWS
from tfrecs.bench.table import Row, make_table
from tfrecs.data.datasets import DATASETS
from tfrecs.streaming import IncrementalRecommender, events_of, prequential
from tfrecs.streaming.state_file import write_state

if TYPE_CHECKING:
    from rich.table import Table


HEADERS = {
    "recall@{k}": "R@{k}",
    "dcg@{k}": "DCG@{k}",
    "mrr": "MRR",
    "known/recall@{k}": "known R@{k}",
    "new/recall@{k}": "new R@{k}",
}
"""Columns of the table; the JSON file has all metrics."""

BETWEEN = 500
"""Events between two lines of progress."""


def listing() -> str:
    """Returns the names of data sets and models."""
    return f"data sets: {', '.join(DATASETS)}\nmodels:    {', '.join(ROWS)}"


def start(options: argparse.Namespace, command: str) -> Run:
    """Reads the data that the options name, and opens the folder of the run.

    Raises:
        ValueError: if an option, the data or an earlier run are invalid.
        OSError: if the data are missing or the folder cannot be made.
    """
    for name in options.models or ():
        check_choice("models", name, ROWS)
    problem = load_stream(**data_arguments(options, "warm_up", "window", "seed"))
    folder = open_folder(options.logdir, problem, options.resume)
    found = {name: read_finished(folder / name, problem.k) for name in ROWS}
    done = {name: result for name, result in found.items() if result is not None}

    def finish(problem: StreamProblem, results: Sequence[StreamResult]) -> list[str]:
        lines = [f"TensorBoard: {tensorboard(options.logdir)}"]
        if any(result.found is not None for result in results):
            plot = draw(folder, problem, results)
            lines.insert(0, f"Moving averages: {plot}")
        return lines

    return Run(
        problem,
        folder,
        results=lambda progress: run(
            problem,
            options.models,
            done,
            folder=folder,
            every=options.every,
            progress=progress,
        ),
        summary=lambda results: {},
        table=lambda results: _table(results, problem.k),
        finish=finish,
    )


def _table(results: Sequence[StreamResult], k: int) -> tuple["Table", list[str]]:
    """Makes the table, and a line that explains it."""
    headers = {name.format(k=k): title.format(k=k) for name, title in HEADERS.items()}
    rows = []
    for result in results:
        rate = result.events_per_second
        others = "-" if rate is None else f"{rate:,.0f}", f"{result.fit_seconds:.2f}"
        rows.append(Row(result.model, result.status, result.metrics, others))
    recall = "R: recall of all events, of known users' and of new users'"
    table = make_table(headers, ("events/s", "fit s"), rows)
    return table, [f"* best of a column. {recall}."]


def run(
    problem: StreamProblem,
    names: tuple[str, ...] | None,
    done: Mapping[str, StreamResult],
    *,
    folder: Path,
    every: int,
    progress: Progress,
) -> Iterator[StreamResult]:
    """Yields the result of each model as soon as it is known.

    Without `names` it runs all rows. Results in `done`, of an interrupted run, are kept
    if the settings are equal. There is a checkpoint after every `every` events.
    """
    for name in names or ROWS:
        settings = ROWS[name].settings(problem)
        if name in done and done[name].settings == settings:
            (folder / name / CHECKPOINT).unlink(missing_ok=True)
            yield done[name]
            continue
        try:
            result = _one(name, problem, settings, folder / name, every, progress)
        except Exception as error:  # one model's failure must not end the run
            result = StreamResult(name, failure(error), settings=settings)
        yield result


def _recommender(name: str, problem: StreamProblem) -> IncrementalRecommender:
    learner = ROWS[name].learner(problem)
    return IncrementalRecommender(learner, min_rating=problem.min_rating)


def _one(
    name: str,
    problem: StreamProblem,
    settings: Mapping[str, Any],
    folder: Path,
    every: int,
    progress: Progress,
) -> StreamResult:
    """Runs one model over the stream, from its checkpoint if there is one."""
    recommender = _recommender(name, problem)
    checkpoint = folder / CHECKPOINT
    if not checkpoint.exists():
        progress(f"{name}: learning from the batch")
        began = time.perf_counter()
        train = ROWS[name].train
        recommender.fit(problem.batch, None if train is None else train(problem))
        write_json(folder / FIT, {"seconds": time.perf_counter() - began})
        nothing = {"ranks": np.zeros(0, np.int32), "is_known": np.zeros(0, bool)}
        write_state(recommender, checkpoint, nothing)
    clock = _Clock(name, len(problem.stream), progress)
    found = prequential(
        recommender,
        events_of(problem.stream),
        exclude_seen=problem.exclude_seen,
        checkpoint=checkpoint,
        every=every,
        progress=clock.tick,
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
    write_scalars(folder, found, problem.window, problem.k)
    write_finished(folder, result)
    checkpoint.unlink(missing_ok=True)
    return result


class _Clock:
    """Counts events, and shows how many were learned and how fast."""

    def __init__(self, name: str, size: int, progress: Progress) -> None:
        self.name, self.size, self._progress = name, size, progress
        self.began, self.events = time.perf_counter(), 0

    def tick(self, number: int) -> None:
        """Counts an event, the `number`th of the stream."""
        self.events += 1
        if self.events % BETWEEN == 0:
            rate = self.events / (time.perf_counter() - self.began)
            self._progress(
                f"{self.name}: {number:,} of {self.size:,} events, {rate:,.0f} a second"
            )
