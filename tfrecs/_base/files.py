"""Opening files with errors that name them, and writing files whole or not at all.

Every error of a file is a ValueError or FileNotFoundError of one line with its path.
"""

import csv
import errno
import glob
import gzip
import io
import os
import shutil
import sys
import uuid
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from tfrecs._base.limits import Limits

if sys.platform != "win32":
    import fcntl


def check_file(path: Path) -> None:
    """Raises FileNotFoundError or ValueError unless a path is of a file."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file. Check the name and the folder.")
    if not path.is_file():
        raise ValueError(f"{path}: must be a file. Received: a folder or device")


@contextmanager
def naming_file(path: str | Path) -> Iterator[None]:
    """Turns an error inside into a ValueError of one line, with the path."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: must be text in UTF-8. Received: {error}. Save it as UTF-8."
        ) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path}: must be a whole gzip file. Received: {error}"
        ) from error
    except (OSError, ValueError, TypeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"{path}: {' '.join(str(reason).split())}") from error


@contextmanager
def replaced_when_whole(path: Path) -> Iterator[Path]:
    """Yields a temporary path, and renames it to `path` if no error is raised.

    After an error `path` is as before, without a rest of the temporary file. What
    killed writers of the same file left is removed. Creates the folder.

    Raises:
        OSError: if the disk is full, with what was free.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
        with suppress(OSError), locked(left):
            left.unlink()
    name = f".{path.name}.{uuid.uuid4().hex}"
    fresh, partial = path.with_name(f"{name}.new"), path.with_name(f"{name}.partial")
    try:
        with naming_full_disk(path, partial), ExitStack() as stack:
            fresh.touch()
            with suppress(OSError):  # file systems without locks keep what is left
                stack.enter_context(locked(fresh))
            fresh.rename(partial)  # no other process sees it without the lock
            yield partial
            os.replace(partial, path)
    finally:
        fresh.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds the lock of a file or folder, which ends with its process.

    Raises:
        OSError: if another process has it.
    """
    if sys.platform == "win32":  # which has no such locks
        yield
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def naming_full_disk(path: Path, partial: Path | None = None) -> Iterator[None]:
    """Turns an error of a full disk into one with the path, and what was free.

    Args:
        path: file or folder that was to be written.
        partial: what is written in its place, and removed after an error; None if
            what was written remains.
    """
    try:
        yield
    except OSError as error:
        free = shutil.disk_usage(path.parent).free
        # HDF5 and NumPy have errors of their own, without the number.
        is_unnamed = error.errno is None and free < 2**16
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) and not is_unnamed:
            raise
        parts = [] if partial is None else [partial, *partial.rglob("*")]
        free += sum(part.stat().st_size for part in parts if part.is_file())
        message = (
            f"needs more than the {free:,} bytes that are free on its disk. Free some, "
            "or choose another place"
        )
        raise OSError(errno.ENOSPC, message, str(path)) from error


class _Limited(io.RawIOBase):
    """Decompressed bytes, of which no more are read than the limits allow."""

    def __init__(self, file: Any, packed: int, limits: Limits) -> None:
        self._file, self._packed, self._limits = file, packed, limits

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, memory: Any) -> int:
        number: int = self._file.readinto(memory)
        self._limits.check_unpacked(self._file.tell(), self._packed)
        return number

    def seek(self, offset: int, whence: int = 0) -> int:
        place: int = self._file.seek(offset, whence)
        return place


def limited(file: Any, packed: int, limits: Limits) -> io.BufferedReader:
    """Returns decompressed bytes as a file that ends in ValueError beyond the limits.

    Args:
        file: the decompressed bytes.
        packed: number of bytes before.
        limits: the limits.
    """
    return io.BufferedReader(_Limited(file, packed, limits), 2**20)
