"""Files as they lie on the disk: tables in CSV, TSV or Parquet, and LightGCN's lists.

Whatever is wrong with a file ends in one line that names the file, as a ValueError or
a FileNotFoundError.
"""

import csv
import gzip
import io
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tfrecs._types import AnyArray

if TYPE_CHECKING:
    import pandas as pd

Bytes: TypeAlias = gzip.GzipFile | io.BufferedReader
"""A file's bytes, unzipped where it is gzipped."""

_SEPARATORS = {".csv": ",", ".tsv": "\t"}


def read_frame(path: str | Path, *, text: Sequence[str] = ()) -> "pd.DataFrame":
    """Reads a table: `.csv` or `.tsv` (also with `.gz`), or `.parquet`.

    Text files are UTF-8, their first line names the columns, and each row has as many
    fields as that line.

    Args:
        path: the file; its suffix says what it is.
        text: columns to keep as text, such as ids with leading zeros.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is not what its suffix says, or not whole.
    """
    path = Path(path)
    kind = file_kind(path)
    with naming_file(path):
        if kind in _SEPARATORS:
            return _read_text_table(path, _SEPARATORS[kind], text)
        if kind == ".parquet":
            return _read_parquet(path, text)
        raise ValueError(
            f"must end in {', '.join([*_SEPARATORS, '.parquet'])}, where the text "
            f"files may have .gz behind. Received: {path.name}"
        )


def read_lightgcn(path: str | Path) -> tuple[AnyArray, AnyArray]:
    """Reads lists as LightGCN has them: `user item item ...` a line, all whole numbers.

    A user without items is legal, and does not appear in what is returned.

    Args:
        path: a `.txt` file, or `.txt.gz`.

    Returns:
        The raw users and the raw items, each `[pairs]` int64.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if a line holds anything else.
    """
    path = Path(path)
    file_kind(path)
    users: list[int] = []
    items: list[int] = []
    with naming_file(path), open_text(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            if line.translate(None, b"0123456789 \t\r\n"):
                raise ValueError(
                    f"line {number} must be whole numbers and spaces, as in 'user item "
                    f"item ...'. Received: {line[:40]!r}"
                )
            user, *liked = map(int, line.split())
            users.extend([user] * len(liked))
            items.extend(liked)
        try:
            return np.array(users, dtype=np.int64), np.array(items, dtype=np.int64)
        except OverflowError as error:
            raise ValueError(f"ids must be below 2**63: {error}") from error


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
def open_text(path: Path) -> Iterator[Bytes]:
    """Opens a file for its bytes, unzipped, after a look whether it can be text."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(path, "rb") as file:
        start = file.read(2**16)
        if not start.strip():
            raise ValueError("must not be empty. Received: no text")
        if b"\0" in start:
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


def _read_text_table(path: Path, separator: str, text: Sequence[str]) -> "pd.DataFrame":
    import pandas as pd

    with open_text(path) as file, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            frame = pd.read_csv(
                file,
                sep=separator,
                encoding="utf-8",
                index_col=False,  # or pandas makes an index of a field too many
                low_memory=False,  # or it infers each chunk anew: 1 here and "1" there
                dtype=dict.fromkeys(text, str),
            )
        except pd.errors.ParserWarning as error:
            raise ValueError("the rows have more fields than the first line") from error
        # pandas fills up rows that are too short, so a gap at the end is a suspect.
        if frame.iloc[:, -1].isna().any():
            file.seek(0)
            _check_widths(file, separator, len(frame.columns))
    return frame


def _check_widths(file: Bytes, separator: str, width: int) -> None:
    with io.TextIOWrapper(file, encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines, delimiter=separator)
        for row in reader:
            if 0 < len(row) < width:
                raise ValueError(
                    f"line {reader.line_num} must have {width} fields, as the first "
                    f"has. Received: {len(row)}"
                )


def _read_parquet(path: Path, text: Sequence[str]) -> "pd.DataFrame":
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
        # pyarrow looks at the bytes of strings only here, where damage is expected.
        strings = [
            name for name in frame if isinstance(frame[name].dtype, pd.StringDtype)
        ]
        frame = frame.astype(dict.fromkeys(strings, object))
    except Exception as error:  # pyarrow has kinds of its own, and a damaged file any
        raise ValueError(f"must be a whole Parquet file. Received: {error}") from error
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()  # pandas wrote an index, often the ids
    return frame.astype(dict.fromkeys(set(text) & set(frame.columns), str))
