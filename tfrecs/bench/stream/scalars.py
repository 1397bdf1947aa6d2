"""A model's moving averages in TensorBoard, by the number of the event.

The file is written without TensorFlow, whose loading takes longer than a short stream.
"""

import time
from pathlib import Path

from tfrecs._base.files import replaced_when_whole
from tfrecs.bench.stream.curves import curve, titled
from tfrecs.streaming import Prequential

FILE = "events.out.tfevents.0.stream"
"""One name, so that a run that is resumed leaves one curve."""


def write_scalars(folder: Path, found: Prequential, window: int, k: int) -> None:
    """Writes the moving averages of all metrics, whole or not at all."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    now = time.time()
    told = [Event(wall_time=now, file_version="brain.Event:2")]
    for name in ("recall", "dcg", "mrr"):
        tag = f"moving/{titled(name, k)}"
        for number, value in zip(*curve(found, name, window, k), strict=True):
            scalar = Summary.Value(tag=tag, simple_value=value)
            told.append(
                Event(wall_time=now, step=number, summary=Summary(value=[scalar]))
            )
    with (
        replaced_when_whole(folder / FILE) as partial,
        partial.open("wb") as file,
    ):
        writer = RecordWriter(file)
        for event in told:
            writer.write(event.SerializeToString())
