"""Opening files with errors that name them, and writing files whole or not at all.

Every error of a file is a ValueError or FileNotFoundError of one line with its path.
"""

import csv
import gzip
import io
import os
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
