"""Events from lines of standard input, or of any other stream of bytes."""

import sys
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from typing import cast

from tfrecs.streaming.sources.lines import CHUNK, MAX_BYTES, events_in
from tfrecs.streaming.sources.parsing import JSON
from tfrecs.streaming.sources.position import Parse, Position, Positioned


@dataclass(frozen=True)
class StandardInput:
    """Yields the events of lines as they come, until the sender closes.

    To resume from a position, the sender must send everything again from the first
    byte, as in `cat events.jsonl | ...`: the bytes up to the position are verified and
    skipped.

    Args:
        parse: parses a line, such as `JsonEvents()`.
        max_bytes: maximum length of a line; longer ones are malformed.
        stream: the stream; None for standard input.
    """

    parse: Parse = JSON
    max_bytes: int = MAX_BYTES
    stream: BufferedReader | None = None

    name = "lines"  # streams of lines are identified by their checksum

    @property
    def title(self) -> str:
        """Name of the stream for messages."""
        return "standard input" if self.stream is None else "the stream"

    def events(
        self, after: Iterable[Position] = ()
    ) -> Generator[Positioned, None, None]:
        """Yields what comes after a position.

        Raises:
            ValueError: if the bytes before the position changed.
        """
        yield from events_in(
            self._chunks(), after, self.parse, self.max_bytes, self.title
        )

    def _chunks(self) -> Iterator[bytes]:
        own = cast(BufferedReader, sys.stdin.buffer)
        stream = own if self.stream is None else self.stream
        while chunk := stream.read1(CHUNK):  # returns without waiting for more
            yield chunk
