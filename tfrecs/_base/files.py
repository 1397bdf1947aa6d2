"""Opening files with errors that name them, and writing files whole or not at all.

Every error of a file is a ValueError or FileNotFoundError of one line with its path.
"""

import csv
import gzip
import io
import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

Bytes: TypeAlias = gzip.GzipFile | io.BufferedReader
"""The bytes of a file, decompressed if it is gzipped."""


def file_kind(path: Path) -> str:
    """Returns the suffix of an existing file, in lower case and without `.gz`."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file. Check the name and the folder.")
    if not path.is_file():
        raise ValueError(f"{path}: must be a file. Received: a folder or device")
    return Path(path.name.lower().removesuffix(".gz")).suffix


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

    After an error `path` is as before, without a rest of the temporary file. Creates
    the folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def folder_when_whole(path: Path) -> Iterator[Path]:
    """Yields a temporary folder, and renames it to `path` if no error is raised.

    The files are on the disk before the name is, so that after a power failure too
    there is no part of the folder. Creates the parent folder.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a killed process with this number
    partial.mkdir(parents=True)
    try:
        yield partial
        for part in (*partial.iterdir(), partial):
            _to_disk(part)
        os.rename(partial, path)
        _to_disk(path.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _to_disk(path: Path) -> None:
    """Waits until the content of a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def open_text(path: Path) -> Iterator[Bytes]:
    """Opens a file for its decompressed bytes; raises ValueError if it is not text."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(path, "rb") as file:
        start = file.read(2**16)
        if not start.strip():
            raise ValueError("must not be empty. Received: no text")
        nuls, lines = start.count(b"\0"), start.count(b"\n")
        if 2 * nuls > lines or b"\0" in start.partition(b"\n")[0]:
            raise ValueError(
                "must be text in UTF-8. Received: binary data, or text in UTF-16. If "
                "it is text, save it as UTF-8."
            )
        file.seek(0)
        yield file
