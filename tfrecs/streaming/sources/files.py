"""Events from a file of lines that may grow."""

import os
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from tfrecs.streaming.sources.lines import CHUNK, MAX_BYTES, events_in, too_short
from tfrecs.streaming.sources.parsing import JSON
from tfrecs.streaming.sources.position import Parse, Position, Positioned


@dataclass(frozen=True)
class FileSource:
    """Yields the events of a file that others append lines to.

    A line without its newline is no event yet. To resume from a position the file is
    read from its first byte, so that a replaced file is detected. A file that is cut
    short and grows past its old end within `wait` is detected at the next start only.

    Args:
        path: path of the file.
        parse: parses a line, such as `JsonEvents()`.
        follow: whether to wait at the end for more lines, until Ctrl-C.
        wait: seconds between two reads at the end.
        max_bytes: maximum length of a line; longer ones are malformed.
    """

    path: str | Path
    parse: Parse = JSON
    follow: bool = False
    wait: float = 0.1
    max_bytes: int = MAX_BYTES

    name = "lines"  # streams of lines are identified by their checksum

    @property
    def title(self) -> str:
        """The path."""
        return str(self.path)

    def events(
        self, after: Iterable[Position] = ()
    ) -> Generator[Positioned, None, None]:
        """Yields what comes after a position.

        Raises:
            FileNotFoundError: if the file is missing.
            ValueError: if the bytes before the position changed, or the file is cut
                short or, if `follow`, replaced while it is read.
        """
        path, after = Path(self.path), tuple(after)
        if not path.exists():
            raise FileNotFoundError(
                f"{path}: no such file. Check the name and the folder."
            )
        with path.open("rb", buffering=0) as file:
            for position in after:
                self._check_length(file, position.offset)
            chunks = self._chunks(file)
            yield from events_in(chunks, after, self.parse, self.max_bytes, self.title)

    def _chunks(self, file: FileIO) -> Iterator[bytes]:
        while True:
            while chunk := file.read(CHUNK):
                yield chunk
            self._check_length(file, file.tell())
            if not self.follow:
                return
            self._check_same(file)
            time.sleep(self.wait)

    def _check_length(self, file: FileIO, offset: int) -> None:
        length = os.fstat(file.fileno()).st_size
        if length < offset:
            raise ValueError(too_short(self.title, length, offset))

    def _check_same(self, file: FileIO) -> None:
        with suppress(FileNotFoundError):
            if os.path.samestat(os.stat(self.path), os.fstat(file.fileno())):
                return
        raise ValueError(
            f"{self.title}: must remain the same file. Received: another one, or "
            f"none, after byte {file.tell()}. Finish the old file under its new "
            "name, and then start another checkpoint from what `load` returns."
        )
