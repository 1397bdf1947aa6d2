"""One file of events, which TensorBoard shows as one run."""

import time
from collections.abc import Mapping
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter


class Events:
    """Writes to a file in a folder, both made with the first event.

    No TensorFlow op takes part, so that nothing is traced and any backend will do.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writer: EventFileWriter | None = None

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

    def flush(self) -> None:
        """Puts all that was written on the disk."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Puts all on the disk and ends the file; what comes next goes to another."""
        if self._writer is not None:
            self._writer.close()
        self._writer = None

    def _add(self, event: Event) -> None:
        if self._writer is None:
            self._writer = EventFileWriter(str(self.folder))
        self._writer.add_event(event)


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
