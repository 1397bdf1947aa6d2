"""Lines of a stream of bytes, each with the position after it.

A line ends at a newline: what comes after the last one is no line yet. However the
bytes are cut into chunks, the lines are the same.
"""

import zlib
from collections.abc import Generator, Iterable, Iterator

from tfrecs._base.checks import check_positive
from tfrecs.streaming.sources.parsing import parsed
from tfrecs.streaming.sources.position import (
    START,
    UNFINISHED,
    Parse,
    Position,
    Positioned,
)

CHUNK = 65_536
"""Bytes that are read at a time, at most."""

MAX_BYTES = 65_536
"""How long a line may be, its newline not counted."""


def events_in(
    chunks: Iterator[bytes],
    after: Iterable[Position],
    parse: Parse,
    max_bytes: int,
    title: str,
) -> Generator[Positioned, None, None]:
    """Gives the events of the lines after a position.

    Args:
        chunks: of all bytes from the first.
        after: at most one position.
        parse: makes an event of a line.
        max_bytes: length from which a line is passed over, without being kept.
        title: of the stream, for messages.

    Raises:
        ValueError: if what comes before the position is not what came before it then.
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
    """Lines, each with the position after it; then None for bytes that are left.

    Of a line that is too long no more is kept than `max_bytes` and a chunk.
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
    """What comes after the start, once what comes before is found to be the same."""
    left, checksum, chunk = start.offset, 0, b""
    while left:
        chunk = next(chunks, b"")
        if not chunk:
            raise ValueError(too_short(title, start.offset - left, start.offset))
        checksum = zlib.crc32(chunk[:left], checksum)
        chunk, left = chunk[left:], max(0, left - len(chunk))
    if checksum != start.checksum:
        raise ValueError(
            f"{title}: the first {start.offset} bytes must be those that were learned. "
            "Received: others. Name the stream that the checkpoint is of, or begin "
            "another checkpoint, from what `load` gives of this one if you like."
        )
    if chunk:
        yield chunk
    yield from chunks


def too_short(title: str, length: int, offset: int) -> str:
    """The message for a stream that ends before what was read of it."""
    return (
        f"{title}: must have the {offset} bytes that were read already. Received: "
        f"{length} bytes; it was cut short or replaced. Name the stream that was read, "
        "or begin another checkpoint, from what `load` gives of this one if you like."
    )
