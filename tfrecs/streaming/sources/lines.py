"""Events of lines of bytes, each with the position after it; standard input.

A line ends with a newline; bytes after the last newline are no line yet. The lines do
not depend on how the bytes are cut into chunks.
"""

import sys
import zlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from typing import cast

from tfrecs._base.checks import check_positive
from tfrecs.streaming.sources.parsing import JSON, parsed
from tfrecs.streaming.sources.position import (
    START,
    UNFINISHED,
    Parse,
    Position,
    Positioned,
)

CHUNK = 65_536
"""Maximum number of bytes of one read."""

MAX_BYTES = 65_536
"""Default maximum length of a line, without its newline."""

ADVICE = (
    "Use the stream of the checkpoint, or start another checkpoint; `load` reads the "
    "recommender of this one."
)


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
        stream = self.stream or cast(BufferedReader, sys.stdin.buffer)
        while chunk := stream.read1(CHUNK):  # returns without waiting for more
            yield chunk


def events_in(
    chunks: Iterator[bytes],
    after: Iterable[Position],
    parse: Parse,
    max_bytes: int,
    title: str,
) -> Generator[Positioned, None, None]:
    """Yields the events of the lines after a position.

    Args:
        chunks: all bytes from the first.
        after: at most one position.
        parse: parses a line.
        max_bytes: maximum length of a line; longer ones are not kept in memory.
        title: name of the stream for messages.

    Raises:
        ValueError: if the bytes before the position changed.
    """
    check_positive(max_bytes=max_bytes)
    start = next(iter(after), START)
    for position, line in _lines(_rest(chunks, start, title), start, max_bytes):
        if line is None:
            yield Positioned(position, None, UNFINISHED)
        else:
            yield parsed(position, line, parse, max_bytes)


def _lines(
    chunks: Iterable[bytes], start: Position, max_bytes: int
) -> Iterator[tuple[Position, bytes | None]]:
    """Yields lines with the positions after them; then None if bytes are left.

    At most `max_bytes` and a chunk are kept of a line that is too long.
    """
    offset, _, number, checksum = last = start
    kept, length = b"", 0
    for chunk in chunks:
        *ended, begun = chunk.split(b"\n")
        for piece in ended:
            checksum = zlib.crc32(b"\n", zlib.crc32(piece, checksum))
            offset, number = offset + length + len(piece) + 1, number + 1
            last = Position(offset, 0, number, checksum)
            yield last, kept + piece
            kept, length = b"", 0
        checksum = zlib.crc32(begun, checksum)
        kept += begun[: max_bytes + 1 - len(kept)]
        length += len(begun)
    if length:
        yield last, None


def _rest(chunks: Iterator[bytes], start: Position, title: str) -> Iterator[bytes]:
    """Yields the chunks after the start, once the bytes before it are verified."""
    left, checksum, chunk = start.offset, 0, b""
    while left:
        chunk = next(chunks, b"")
        if not chunk:
            raise ValueError(too_short(title, start.offset - left, start.offset))
        checksum = zlib.crc32(chunk[:left], checksum)
        chunk, left = chunk[left:], max(0, left - len(chunk))
    if checksum != start.checksum:
        raise ValueError(
            f"{title}: the first {start.offset} bytes must be the ones that were "
            f"learned. Received: other bytes. {ADVICE}"
        )
    if chunk:
        yield chunk
    yield from chunks


def too_short(title: str, length: int, offset: int) -> str:
    """Returns the message for a stream that is shorter than what was read of it."""
    return (
        f"{title}: must have the {offset} bytes that were read already. Received: "
        f"{length} bytes; it was cut short or replaced. {ADVICE}"
    )
