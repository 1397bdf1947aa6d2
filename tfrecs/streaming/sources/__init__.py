"""Streams to learn from: lines of a file or of standard input, and Apache Kafka.

A source yields events with their positions. `learn_from` saves the position with the
recommender, so that a restart neither loses nor repeats an event. A new source is a
class with the methods of `Source`; a new format is a function that parses bytes to an
`Event` or raises `MalformedError`.
"""

from tfrecs.streaming.sources.files import FileSource
from tfrecs.streaming.sources.kafka import KafkaSource
from tfrecs.streaming.sources.learning import learn_from
from tfrecs.streaming.sources.parsing import (
    FAULTS,
    CsvEvents,
    JsonEvents,
    MalformedError,
)
from tfrecs.streaming.sources.position import Parse, Position, Positioned, Source
from tfrecs.streaming.sources.progress import Counts
from tfrecs.streaming.sources.standard_input import StandardInput

__all__ = [
    "FAULTS",
    "Counts",
    "CsvEvents",
    "FileSource",
    "JsonEvents",
    "KafkaSource",
    "MalformedError",
    "Parse",
    "Position",
    "Positioned",
    "Source",
    "StandardInput",
    "learn_from",
]
