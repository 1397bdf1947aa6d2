"""Tables in CSV and TSV."""

import io
import warnings
from collections.abc import Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING

from tfrecs._base.files import Bytes, holds, naming_file, open_text
from tfrecs.data.readers._records import Record, quoted, width_fault
from tfrecs.data.readers._table import MalformedRows, Table

if TYPE_CHECKING:
    import pandas as pd


def read_delimited(
    path: Path, text: Sequence[str], leave_out: Set[int], *, separator: str
) -> Table:
    """Reads a table whose first line names the columns.

    A row over several lines, by line ends in quotes, stands in the first of them.

    Raises:
        ValueError: if the file is no text, its first line is not, or a quote is never
            closed.
    """
    with naming_file(path), open_text(path) as file:
        frame = None if leave_out else _parse_whole(file, separator, text)
        if frame is not None:
            return Table(frame, lambda: _lines_of(path, separator))
        file.seek(0)
        return _sifted(path, file, separator, text, leave_out)


def _parse_whole(
    file: Bytes, separator: str, text: Sequence[str]
) -> "pd.DataFrame | None":
    """The table, or None if a row is malformed or nothing can be said."""
    if holds(file, b"\0"):  # where pandas would end the field
        return None
    file.seek(0)
    try:
        frame = _parse(file, separator, text)
    except ValueError:
        return None
    # pandas fills up rows that are too short, so a gap at the end is a suspect.
    if frame.iloc[:, -1].isna().any():
        file.seek(0)
        width = len(frame.columns)
        if any(width_fault(record, width) for record in quoted(separator)(file)):
            return None
    return frame


def _parse(
    file: "Bytes | io.BytesIO", separator: str, text: Sequence[str]
) -> "pd.DataFrame":
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            return pd.read_csv(
                file,
                sep=separator,
                encoding="utf-8",
                index_col=False,  # or pandas makes an index of a field too many
                low_memory=False,  # or it infers each chunk anew: 1 here and "1" there
                dtype=dict.fromkeys(text, str),
            )
        except pd.errors.ParserWarning as error:
            raise ValueError("the rows have more fields than the first line") from error


def _sifted(
    path: Path,
    file: Bytes,
    separator: str,
    text: Sequence[str],
    leave_out: Set[int],
) -> Table:
    """The rows that are as wide as the first, and which are not."""
    header, *records = quoted(separator)(file)
    if header.fault:
        raise ValueError(header.fault)
    good: list[Record] = []
    bad: list[tuple[int, str]] = []
    for record in records:
        fault = width_fault(record, len(header.fields))
        if record.line in leave_out:
            continue
        if fault:
            bad.append((record.line, fault))
        else:
            good.append(record)
    clean = b"".join([_ended(header.raw), *(record.raw for record in good)])
    frame = _parse(io.BytesIO(clean), separator, text)
    return Table(
        frame,
        lambda: [record.line for record in good],
        MalformedRows.of(path, "line", bad),
    )


def _lines_of(path: Path, separator: str) -> list[int]:
    with open_text(path) as file:
        _, *records = quoted(separator)(file)
        return [record.line for record in records]


def _ended(raw: bytes) -> bytes:
    return raw if raw.endswith((b"\n", b"\r")) else raw + b"\n"
