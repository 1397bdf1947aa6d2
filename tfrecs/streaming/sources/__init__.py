"""Streams to learn from: lines of a file or of standard input, and Apache Kafka.

A source yields events with their positions. `learn_from` saves the position with the
recommender, so that a restart neither loses nor repeats an event. A new source is a
class with the methods of `Source`; a new format is a function that parses bytes to an
`Event` or raises `MalformedError`.
"""

from tfrecs.streaming.sources.files import FileSource as FileSource
from tfrecs.streaming.sources.kafka import KafkaSource as KafkaSource
from tfrecs.streaming.sources.learning import learn_from as learn_from
from tfrecs.streaming.sources.lines import StandardInput as StandardInput
from tfrecs.streaming.sources.parsing import FAULTS as FAULTS
from tfrecs.streaming.sources.parsing import CsvEvents as CsvEvents
from tfrecs.streaming.sources.parsing import JsonEvents as JsonEvents
from tfrecs.streaming.sources.parsing import MalformedError as MalformedError
from tfrecs.streaming.sources.position import Parse as Parse
from tfrecs.streaming.sources.position import Position as Position
from tfrecs.streaming.sources.position import Positioned as Positioned
from tfrecs.streaming.sources.position import Source as Source
from tfrecs.streaming.sources.progress import Counts as Counts
