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
    """Gives the events of lines as they come, until the sender closes.

    To go on from a position, the sender sends everything again from the first byte, as
    in `cat events.jsonl | ...`: what was read already is passed over, and must be the
    same.

    Args:
        parse: makes an event of a line, such as `JsonEvents()`.
        max_bytes: length above which a line is malformed; it is not kept in memory.
        stream: None for standard input.
    """

    parse: Parse = JSON
    max_bytes: int = MAX_BYTES
    stream: BufferedReader | None = None

    @property
    def name(self) -> str:
        """The same for all lines: which they are is told by the checksum."""
        return "lines"

    @property
    def title(self) -> str:
        """What is read."""
        return "standard input" if self.stream is None else "the stream"

    def events(
        self, after: Iterable[Position] = ()
    ) -> Generator[Positioned, None, None]:
        """Gives what comes after a position.

        Raises:
            ValueError: if the stream does not begin with what was read up to there.
        """
        yield from events_in(
            self._chunks(), after, self.parse, self.max_bytes, self.title
        )

    def _chunks(self) -> Iterator[bytes]:
        own = cast(BufferedReader, sys.stdin.buffer)
        stream = own if self.stream is None else self.stream
        while chunk := stream.read1(CHUNK):  # what is there, without waiting for more
            yield chunk
