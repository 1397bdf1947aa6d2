"""Where a stream was read to, and what stood there."""

from collections.abc import Callable, Generator, Iterable
from typing import NamedTuple, Protocol

from tfrecs.streaming.prequential import Event

Parse = Callable[[bytes], Event]
"""Makes an event of a line or a message, or raises MalformedError."""

UNFINISHED = "unfinished"
"""What is told at the end of lines whose last one has no newline yet."""


class Position(NamedTuple):
    """What comes next, all before it being done.

    Args:
        offset: where the next one begins: a byte of lines, a message of a partition.
        partition: of Kafka; lines have one.
        number: of the line that was last, from 1; 0 for a message.
        checksum: CRC-32 of all bytes before `offset`; 0 for a message.
    """

    offset: int
    partition: int = 0
    number: int = 0
    checksum: int = 0

    def told(self) -> str:
        """Names the line or the message that was last."""
        if self.number:
            return f"line {self.number}"
        return f"partition {self.partition}, offset {self.offset - 1}"


START = Position(0)


class Positioned(NamedTuple):
    """An event of a stream, or what was there instead.

    Args:
        position: that after it.
        event: None where there was none.
        fault: why there was none, of `FAULTS` or `UNFINISHED`; empty for an event.
    """

    position: Position
    event: Event | None
    fault: str = ""


class Source(Protocol):
    """Gives the events of a stream again from any position."""

    @property
    def name(self) -> str:
        """Which stream it is; positions of another one say nothing about it."""
        ...

    @property
    def title(self) -> str:
        """Which stream it is, for messages."""
        ...

    def events(
        self, after: Iterable[Position] = ()
    ) -> Generator[Positioned, None, None]:
        """Gives what comes after these positions, one for each partition."""
        ...
