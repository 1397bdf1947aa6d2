"""Text whose columns are known beforehand, read by a compiled parser."""

import io
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tfrecs._base.files import Bytes, holds, naming_file, open_text
from tfrecs.data.readers._records import Record, Split, quoted, unquoted
from tfrecs.data.readers._table import MalformedRows, Table, as_text

if TYPE_CHECKING:
    import pandas as pd

Kind: TypeAlias = Literal["integer", "number", "text", "time", "unread"]
"""Whole numbers of 64 bits; finite numbers; any text; times as 2024-01-31T12:00:00Z;
and what is passed over."""


@dataclass(frozen=True)
class Layout:
    """What each row of a file holds.

    Args:
        columns: the kind of each column, by name, in the file's order.
        separator: what stands between the fields: a character, or "::".
        header: whether the first line is the names of the columns.
        quotes: whether fields may be in double quotes, as in CSV.
        encoding: of the text.
    """

    columns: Mapping[str, Kind]
    separator: str = ","
    header: bool = False
    quotes: bool = False
    encoding: str = "utf-8"

    @property
    def split(self) -> Split:
        """Gives a file's records one by one."""
        if self.quotes:
            return quoted(self.separator)
        return unquoted(self.separator, self.encoding)


def read_published(path: Path, layout: Layout) -> "pd.DataFrame":
    """Reads a file of a published data set, which holds no malformed rows.

    Raises:
        ValueError: if a row is malformed, or there is none; tells the file and line.
    """
    table = read_typed(path, (), frozenset(), layout=layout)
    if table.malformed:
        raise ValueError(f"{table.malformed}. Fetch the file anew.")
    if table.frame.empty:
        raise ValueError(f"{path}: must have at least one row. Received: none")
    return table.frame


def read_typed(
    path: Path, text: Sequence[str], leave_out: Set[int], *, layout: Layout
) -> Table:
    """Reads a file of that layout.

    Raises:
        ValueError: if the file is no text or no whole gzip file, or its header is
            another; tells the file.
    """
    with naming_file(path), open_text(path) as file:
        if layout.header:
            _check_header(file, layout)
        if not leave_out and not holds(file, *_SUSPECT):
            file.seek(0)
            frame = _parse(file, layout)
            if frame is not None:
                return Table(as_text(frame, text), lambda: _lines_of(path, layout))
        file.seek(0)
        table = _sifted(path, file, layout, leave_out)
        return replace(table, frame=as_text(table.frame, text))


_STAND_IN = "\x1f"
"""For a separator of more than one character, which the compiled parser lacks."""

_SUSPECT = (b"\0", b"0x", b"0X", _STAND_IN.encode())
"""What the compiled parser takes for text, for numbers, and for the separator."""


def _check_header(file: Bytes, layout: Layout) -> None:
    names = list(layout.columns)
    record = next(layout.split(file), None)
    if record is None or record.fault or record.fields != names:
        raise ValueError(
            f"line 1 must be {layout.separator.join(names)}. Received: "
            f"{record.raw[:80] if record else b''!r}"
        )
    file.seek(0)


def _parse(file: "Bytes | io.BytesIO", layout: Layout) -> "pd.DataFrame | None":
    """The rows, or None if any is not of the layout."""
    import pyarrow as pa
    from pyarrow import csv

    types = {
        "integer": pa.int64(),
        "number": pa.float64(),
        "text": pa.string(),
        "time": pa.timestamp("ms", tz="UTC"),
    }
    read = {name: types[kind] for name, kind in layout.columns.items() if kind in types}
    try:
        table = csv.read_csv(
            _one_separator(file, layout),
            csv.ReadOptions(
                column_names=list(layout.columns), skip_rows=int(layout.header)
            ),
            csv.ParseOptions(
                delimiter=_separator(layout),
                quote_char='"' if layout.quotes else False,
                newlines_in_values=layout.quotes,
            ),
            csv.ConvertOptions(
                column_types=read,
                include_columns=list(read),
                null_values=[],
            ),
        )
    except pa.ArrowInvalid:
        return None
    frame = table.to_pandas(split_blocks=True, self_destruct=True)
    numbers = [name for name, kind in layout.columns.items() if kind == "number"]
    if all(np.isfinite(frame[name]).all() for name in numbers):
        return frame
    return None


def _separator(layout: Layout) -> str:
    """The separator that the compiled parser sees; it knows single characters alone."""
    return layout.separator if len(layout.separator) == 1 else _STAND_IN


def _one_separator(file: "Bytes | io.BytesIO", layout: Layout) -> Any:
    """The file, with that separator and in UTF-8."""
    if len(layout.separator) == 1 and layout.encoding == "utf-8":
        return file
    text = file.read()
    if layout.encoding != "utf-8":
        text = text.decode(layout.encoding).encode()
    return io.BytesIO(
        text.replace(layout.separator.encode(), _separator(layout).encode())
    )


def _sifted(path: Path, file: Bytes, layout: Layout, leave_out: Set[int]) -> Table:
    """The rows of the layout, and which are not."""
    import pandas as pd

    records = list(_records(file, layout, leave_out))
    faults = [_record_fault(record, layout) for record in records]
    good = [r for r, fault in zip(records, faults, strict=True) if not fault]
    header = layout.separator.join(layout.columns).encode() + b"\n"
    text = b"".join([header * layout.header, *(record.raw for record in good)])
    frame = _parse(io.BytesIO(text), layout) if good else pd.DataFrame()
    if frame is None:
        raise ValueError(f"must have {_form(layout)} in each row")
    places = [record.line for record in good]
    bad = [(r.line, fault) for r, fault in zip(records, faults, strict=True) if fault]
    return Table(frame, lambda: places, MalformedRows.of(path, "line", bad))


def _lines_of(path: Path, layout: Layout) -> list[int]:
    with open_text(path) as file:
        return [record.line for record in _records(file, layout)]


def _records(
    file: Bytes, layout: Layout, leave_out: Set[int] = frozenset()
) -> Iterator[Record]:
    records = islice(layout.split(file), int(layout.header), None)
    return (record for record in records if record.line not in leave_out)


def _form(layout: Layout) -> str:
    named = [f"{name} ({kind})" for name, kind in layout.columns.items()]
    return f"{len(named)} fields separated by {layout.separator!r}: {', '.join(named)}"


def _record_fault(record: Record, layout: Layout) -> str:
    if record.fault:
        return record.fault
    if len(record.fields) != len(layout.columns):
        return f"must have {_form(layout)}. Received: {len(record.fields)}"
    for field, (name, kind) in zip(record.fields, layout.columns.items(), strict=True):
        form, is_one = _KINDS[kind]
        if not is_one(field):
            return f"`{name}` must be {form}. Received: {field[:40]!r}"
    return ""


def _is_integer(field: str) -> bool:
    return (
        re.fullmatch(r" *-?[0-9]{1,30} *", field) is not None
        and -(2**63) <= int(field) < 2**63
    )


def _is_number(field: str) -> bool:
    plain = r" *[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)? *"
    return re.fullmatch(plain, field) is not None and math.isfinite(float(field))


def _is_time(field: str) -> bool:
    try:
        return field.endswith("Z") and bool(datetime.fromisoformat(field))
    except ValueError:
        return False


_KINDS: dict[Kind, tuple[str, Callable[[str], bool]]] = {
    "integer": ("a whole number of 64 bits", _is_integer),
    "number": ("a finite number", _is_number),
    "text": ("text", lambda field: True),
    "time": ("a time as 2024-01-31T12:00:00Z", _is_time),
    "unread": ("anything", lambda field: True),
}
