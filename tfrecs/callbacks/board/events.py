"""Event files, each of which TensorBoard shows as one run."""

import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter

from tfrecs._base.files import naming_file


class EventWriter:
    """Writes events to one file in a folder, both created with the first event.

    Each event is on the disk when `write` returns, and nothing is left open: there is
    no background thread, as in TensorBoard's `EventFileWriter`, and nothing of the
    backend takes part.

    Args:
        folder: of the run.

    Raises:
        ValueError: at the first event, if no file can be created in the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path: Path | None = None

    def write(
        self, step: int, *summaries: Summary, wall_time: float | None = None
    ) -> None:
        """Writes the summaries of a step as one event, by default of this moment."""
        whole = Summary()
        for summary in summaries:
            # Some are of TensorFlow's own class, which MergeFrom refuses.
            whole.MergeFromString(summary.SerializeToString())
        when = time.time() if wall_time is None else wall_time
        self._add(Event(wall_time=when, step=step, summary=whole))

    def write_graph(self, graph: GraphDef) -> None:
        """Writes a graph, at most one for each run."""
        content = graph.SerializeToString()
        self._add(Event(wall_time=time.time(), graph_def=content))

    def start_file(self) -> None:
        """Has the next event written to a new file."""
        self._path = None

    def _add(self, event: Event) -> None:
        if self._path is None:
            self._path = _new_file(self.folder)
            self._add(Event(wall_time=time.time(), file_version="brain.Event:2"))
        with self._path.open("ab") as file:
            RecordWriter(file).write(event.SerializeToString())


def _new_file(folder: Path) -> Path:
    """Creates a file with a new name; TensorBoard reads files in order of names."""
    seconds, rest = divmod(time.time_ns(), 10**9)
    name = f"{seconds:010}.{socket.gethostname()}.{os.getpid()}.{rest:09}"
    path = folder / f"events.out.tfevents.{name}"
    with naming_file(folder):
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(exist_ok=False)
    return path


def last_scalars(folder: Path) -> dict[int, dict[str, float]]:
    """Returns the scalars of a run's last event of each step, by step and tag."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
    from tensorboard.util.tensor_util import make_ndarray

    return {
        event.step: {
            value.tag: float(make_ndarray(value.tensor))
            for value in event.summary.value
        }
        for path in sorted(folder.glob("events.out.tfevents.*"))
        for event in EventFileLoader(str(path)).Load()
        if event.summary.value
    }


def scalars(values: Mapping[str, float], description: str | None = None) -> Summary:
    """Returns numbers by their tags, all with one description in markdown."""
    summary = Summary()
    for tag, value in values.items():
        summary.MergeFrom(scalar_pb(tag, value, description=description))
    return summary


def texts(contents: Mapping[str, str]) -> Summary:
    """Returns texts in markdown by their tags."""
    summary = Summary()
    for tag, content in contents.items():
        summary.MergeFrom(text_pb(tag, content))
    return summary
