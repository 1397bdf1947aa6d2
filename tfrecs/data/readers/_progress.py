"""Lines of progress while a large file is read."""

import logging
import time
from io import FileIO
from pathlib import Path
from typing import Any

REPORT_SECONDS = 10
"""Seconds between two lines, and before the first."""

_LOGGER = logging.getLogger("tfrecs")


class ReportingFile(FileIO):
    """The bytes of a file; logs how many were read, every few seconds.

    Formats that are compressed count the bytes in the file. A reader that takes all
    bytes at once, as of Parquet, logs nothing.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._path, self._size = path, path.stat().st_size
        self._next_report = time.monotonic() + REPORT_SECONDS

    def readinto(self, buffer: Any) -> int | None:
        """Reads into a buffer, of a megabyte or more."""
        number = super().readinto(buffer)
        if time.monotonic() >= self._next_report:
            self._next_report = time.monotonic() + REPORT_SECONDS
            megabytes = self.tell() / 1e6, self._size / 1e6
            _LOGGER.info("%s: reading, %d of %d MB", self._path, *megabytes)
        return number
