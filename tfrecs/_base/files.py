"""Files as they lie on the disk: what they are called, opened, and found damaged.

Whatever is wrong with a file ends in one line that names the file, as a ValueError or
a FileNotFoundError. What is written is there as a whole or not at all.
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
"""A file's bytes, unzipped where it is gzipped."""


def file_kind(path: Path) -> str:
    """The suffix in lower case, without `.gz`, of a file that exists."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file. Check the name and the folder.")
    if not path.is_file():
        raise ValueError(f"{path}: must be a file. Received: a folder or device")
    return Path(path.name.lower().removesuffix(".gz")).suffix


@contextmanager
def naming_file(path: str | Path) -> Iterator[None]:
    """Turns what goes wrong inside into a ValueError of one line, with the path."""
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
    """Gives another name to write to, which becomes `path` if all goes well.

    Else what was at `path` stays, and nothing is left of the other. The folder is made.
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
    """Opens a file for its bytes, unzipped, after a look whether it can be text."""
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


def holds(file: Bytes, *needles: bytes) -> bool:
    """Whether any of the short needles is in the rest of the file."""
    before = b""
    while chunk := file.read(2**20):
        text = before + chunk
        if any(needle in text for needle in needles):
            return True
        before = chunk[-8:]
    return False
