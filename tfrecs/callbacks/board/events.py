"""One file of events, which TensorBoard shows as one run."""

import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb

from tfrecs._base.files import naming_file

if TYPE_CHECKING:
    import tensorflow as tf


class Events:
    """Writes to a file in a folder, both made with the first event.

    Each event is on the disk when it is written. No thread waits in the background and
    no TensorFlow op takes part, so that nothing is traced, any backend will do, and
    there is nothing to lose when training is interrupted.

    Args:
        folder: of the run.

    Raises:
        ValueError: at the first event, if no file can be made in the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: tf.io.TFRecordWriter | None = None

    def write(self, step: int, *summaries: Summary) -> None:
        """Writes what is known at a step, as one event."""
        whole = Summary()
        for summary in summaries:
            whole.MergeFrom(summary)
        self._add(Event(wall_time=time.time(), step=step, summary=whole))

    def write_graph(self, graph: GraphDef) -> None:
        """Writes a graph, of which a run has one."""
        content = graph.SerializeToString()
        self._add(Event(wall_time=time.time(), graph_def=content))

    def close(self) -> None:
        """Ends the file; what comes next goes to another."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def _add(self, event: Event) -> None:
        if self._file is None:
            self._file = _new_file(self.folder)
            self._add(Event(wall_time=time.time(), file_version="brain.Event:2"))
        self._file.write(event.SerializeToString())
        self._file.flush()


def _new_file(folder: Path) -> "tf.io.TFRecordWriter":
    """Makes a file whose name no other has; TensorBoard reads them by their names."""
    import tensorflow as tf

    seconds, rest = divmod(time.time_ns(), 10**9)
    name = f"{seconds:010}.{socket.gethostname()}.{os.getpid()}.{rest:09}"
    path = folder / f"events.out.tfevents.{name}"
    with naming_file(folder):
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(exist_ok=False)
    return tf.io.TFRecordWriter(str(path))


def scalars(values: Mapping[str, float], told: str | None = None) -> Summary:
    """Gives numbers by their tags, and for all of them one description in markdown."""
    summary = Summary()
    for tag, value in values.items():
        summary.MergeFrom(scalar_pb(tag, value, description=told))
    return summary


def texts(contents: Mapping[str, str]) -> Summary:
    """Gives texts in markdown by their tags."""
    summary = Summary()
    for tag, content in contents.items():
        summary.MergeFrom(text_pb(tag, content))
    return summary
