"""Sources of events, and positions in them."""

from collections.abc import Callable, Generator, Iterable
from typing import NamedTuple, Protocol

from tfrecs.streaming.events import Event

Parse = Callable[[bytes], Event]
"""Parses a line or a message to an event, or raises MalformedError."""

UNFINISHED = "unfinished"
"""Fault of a last line without a newline."""


class Position(NamedTuple):
    """The position after a line or a message.

    Args:
        offset: offset of the next line in bytes, or of the next message.
        partition: partition of Kafka; 0 for lines.
        number: number of the line, from 1; 0 for a message.
        checksum: CRC-32 of all bytes before `offset`; 0 for a message.
    """

    offset: int
    partition: int = 0
    number: int = 0
    checksum: int = 0

    def title(self) -> str:
        """Returns the name of the line or message before the position."""
        if self.number:
            return f"line {self.number}"
        return f"partition {self.partition}, offset {self.offset - 1}"


START = Position(0)


class Positioned(NamedTuple):
    """An event, or a fault of `FAULTS` or `UNFINISHED`, and the position after it."""

    position: Position
    event: Event | None
    fault: str = ""


class Source(Protocol):
    """Yields the events of a stream from any position."""

    @property
    def name(self) -> str:
        """Identity of the stream; positions of another stream do not apply."""

    @property
    def title(self) -> str:
        """Name of the stream for messages."""

    def events(
        self, after: Iterable[Position] = ()
    ) -> Generator[Positioned, None, None]:
        """Yields what comes after these positions, one for each partition."""
