"""Moving averages of a stream run, as a plot and in TensorBoard."""

import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tfrecs._base.files import replaced_when_whole
from tfrecs.bench.stream.problem import StreamProblem
from tfrecs.bench.stream.result import StreamResult
from tfrecs.streaming import STREAM_METRICS, Prequential
from tfrecs.streaming.prequential import titled
from tfrecs.streaming.recommender import REPEATED

POINTS = 1000
"""Maximum number of points of a curve."""

SCALARS = "events.out.tfevents.0.stream"
"""Constant file name, so that a resumed run leaves one curve."""


def curve(
    found: Prequential, name: str, window: int, k: int
) -> tuple[list[int], list[float]]:
    """Returns numbers of events, and a metric's mean over the latest events at each.

    Numbers start at 1. Events that are in no metric are excluded; the last scored event
    is included.
    """
    numbers = 1 + np.flatnonzero(found.ranks != REPEATED)
    averages = found.moving(name, window, k)
    size = len(numbers)
    places = np.linspace(0, size - 1, min(size, POINTS)).round().astype(int)
    return numbers[places].tolist(), averages[places].tolist()


def draw(folder: Path, problem: StreamProblem, results: Iterable[StreamResult]) -> Path:
    """Plots the moving average of recall for every model that ran; returns the file."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    metric = titled("recall", problem.k)
    figure, axes = pyplot.subplots(figsize=(9, 5))
    found = {r.model: r.found for r in results if r.found is not None}
    for place, (model, ranks) in enumerate(found.items()):
        numbers, averages = curve(ranks, "recall", problem.window, problem.k)
        style = "-" if place < 10 else "--"  # colours repeat after ten
        axes.plot(numbers, averages, style, label=model, linewidth=1.2)
    axes.set(
        xlabel="events of the stream",
        ylabel=f"{metric}, mean over the latest {problem.window:,}",
        title=problem.name,
        ylim=(0, None),
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))  # beside the curves
    figure.tight_layout()
    path = folder / f"{metric}.png"
    with replaced_when_whole(path) as partial:
        figure.savefig(partial, dpi=120, format="png")
    pyplot.close(figure)
    return path


def write_scalars(folder: Path, found: Prequential, window: int, k: int) -> None:
    """Writes the moving averages of all metrics for TensorBoard, atomically.

    TensorFlow is not used: loading it takes longer than a short stream.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    now = time.time()
    events = [Event(wall_time=now, file_version="brain.Event:2")]
    for name in STREAM_METRICS:
        tag = f"moving/{titled(name, k)}"
        for number, value in zip(*curve(found, name, window, k), strict=True):
            scalar = Summary.Value(tag=tag, simple_value=value)
            summary = Summary(value=[scalar])
            events.append(Event(wall_time=now, step=number, summary=summary))
    with replaced_when_whole(folder / SCALARS) as partial, partial.open("wb") as file:
        writer = RecordWriter(file)
        for event in events:
            writer.write(event.SerializeToString())
