"""The registry of formats. A function and a line in `FORMATS` adds one."""

import io
import zipfile
from collections.abc import Callable, Collection, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tfrecs._base.files import naming_file
from tfrecs._base.limits import LIMITS, Limits
from tfrecs.data.readers._form import Form
from tfrecs.data.readers._json_lines import read_array, read_json_lines
from tfrecs.data.readers._lists import LIST_COLUMNS, read_lists
from tfrecs.data.readers._opening import (
    as_utf8,
    in_memory,
    is_array,
    lines_of,
    opened,
    text_lines,
)
from tfrecs.data.readers._shape import find_shape, is_lists
from tfrecs.data.readers._table import Table
from tfrecs.data.readers._text import Parser
from tfrecs.data.readers._values import inferred, typed

if TYPE_CHECKING:
    import pandas as pd

Read: TypeAlias = Callable[[Any, str, Form, Collection[str]], Table]
"""Reads the bytes of a file by its suffix, the caller's statements, and the columns
that the caller names."""


def read_delimited(file: Any, kind: str, form: Form, named: Collection[str]) -> Table:
    """Reads a table of text, whose separator and header are found from its lines.

    Raises:
        ValueError: if the file or its header is not text, its separator is uncertain,
            or a quote is never closed.
    """
    import pandas as pd

    with as_utf8(file, form.encoding) as (text, encoding):
        parser = parser_of(text, kind, form, named)
        rows = parser.read()
    frame = rows.columns.to_pandas(types_mapper=pd.ArrowDtype).set_axis(rows.lines)
    form = Form(kind[1:], parser.separator, encoding, parser.header)
    return Table(frame, rows.faults, untyped=True, form=form)


def parser_of(text: Any, kind: str, form: Form, named: Collection[str]) -> Parser:
    """Returns the parser of a table of text in UTF-8, by the shape of its lines."""
    shape = find_shape(text_lines(text), kind, form, named)
    return Parser(
        text,
        shape.separator,
        names=shape.names or None,
        header=shape.header,
        quotes=kind in (".csv", ".tsv") or shape.separator in (",", ";"),
        limits=form.limits,
    )


def read_text(file: Any, kind: str, form: Form, named: Collection[str]) -> Table:
    """Reads lists, or a table without another suffix, by the shape of its lines."""
    if holds_lists(file, form, named):
        return read_list_file(file, kind, form, named)
    return read_delimited(file, kind, form, named)


def holds_lists(file: Any, form: Form, named: Collection[str]) -> bool:
    """Returns whether a `.txt` file holds lists, and goes back to the start."""
    is_stated = form.separator is not None or form.header is not None
    if is_stated or not set(named) <= set(LIST_COLUMNS):
        return False
    with as_utf8(file, form.encoding) as (text, _):
        are_lists = is_lists(text_lines(text))
    file.seek(0)
    return are_lists


def read_list_file(file: Any, kind: str, form: Form, named: Collection[str]) -> Table:
    """Reads lists: `user item item ...` a line."""
    with as_utf8(file, form.encoding) as (text, encoding):
        found = Form("lists", " ", encoding, False, form.limits)
        return read_lists(lines_of(text, form.limits), found)


def read_json(file: Any, kind: str, form: Form, named: Collection[str]) -> Table:
    """Reads an array of JSON objects, or JSON lines."""
    with as_utf8(file, form.encoding) as (text, encoding):
        found = Form("json", None, encoding, None, form.limits)
        if is_array(text):
            return read_array(text, found)
        return read_json_lines(lines_of(text, form.limits), found)


def read_parquet(file: Any, kind: str, form: Form, named: Collection[str]) -> Table:
    """Reads Parquet; its rows have no lines, so they are counted from 0.

    Args:
        file: bytes, or the path of a folder of Parquet files.
        kind: the suffix.
        form: its limits are used.
        named: is not needed.

    Raises:
        ValueError: if it is not a whole Parquet file.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    # pandas would make floats of integers if one is missing.
    whole = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype()}
    whole |= {pa.uint64(): pd.UInt64Dtype(), pa.uint32(): pd.UInt32Dtype()}
    try:
        if isinstance(file, Path):
            source: Any = file
            for path in file.rglob("*.parquet"):
                form.limits.check_parquet(path, path.stat().st_size)
        else:
            source = in_memory(file)
            form.limits.check_parquet(source, source.getbuffer().nbytes)
        frame = pq.read_table(source).to_pandas(types_mapper=whole.get)
        # Damaged strings are found only when they become Python's.
        strings = [
            name for name in frame if isinstance(frame[name].dtype, pd.StringDtype)
        ]
        frame = frame.astype(dict.fromkeys(strings, object))
    except Exception as error:  # pyarrow's own kinds, and of damage any
        raise ValueError(f"must be a whole Parquet file. Received: {error}") from error
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()  # pandas wrote an index, often the ids
    frame = frame.set_axis(np.arange(len(frame)))
    return Table(frame, unit="row", form=Form("parquet"))


def read_excel(file: Any, kind: str, form: Form, named: Collection[str]) -> Table:
    """Reads the first sheet of an Excel file; rows are counted from 0.

    Raises:
        ValueError: if it is not an Excel file, or openpyxl is not installed.
    """
    import pandas as pd

    if find_spec("openpyxl") is None:
        raise ValueError(
            "Excel files need the package openpyxl. Install it with `pip install "
            "'tfrecs[excel]'`, or save the sheet as CSV."
        )
    try:
        sheets = in_memory(file)
        with zipfile.ZipFile(sheets) as archive:
            size = sum(member.file_size for member in archive.infolist())
        form.limits.check_unpacked(size, sheets.getbuffer().nbytes)
        _check_cells(sheets, form.limits)
        frame = pd.read_excel(sheets, keep_default_na=False, na_values=[""])
    except Exception as error:  # of zipfile, XML and openpyxl
        raise ValueError(f"must be an Excel file. Received: {error}") from error
    return Table(frame.dropna(how="all"), unit="row", form=Form("xlsx"))


def _check_cells(sheets: io.BytesIO, limits: Limits) -> None:
    """Raises ValueError for a sheet with a cell so far out that pandas fills it."""
    import openpyxl

    sheet = openpyxl.load_workbook(sheets, read_only=True).worksheets[0]
    sheet.reset_dimensions()  # which a file may state as it likes
    widths = [len(row) for row in sheet.iter_rows(values_only=True)]
    limits.check_columns(max(widths, default=0))
    limits.check_unpacked(
        8 * len(widths) * max(widths, default=0), sheets.getbuffer().nbytes
    )


DELIMITED = (
    *(".csv", ".tsv", ".data", ".dat", ".rating"),
    *(".inter", ".item", ".user"),
)
"""Tables of text; `.txt` may be one, too."""

FORMATS: dict[str, Read] = {
    **dict.fromkeys(DELIMITED, read_delimited),
    ".txt": read_text,
    ".lists": read_list_file,
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), read_json),
    ".parquet": read_parquet,
    ".xlsx": read_excel,
}
"""By suffix, behind which may be `.gz` or `.zip`."""


def read_table(
    path: Path, form: Form | None = None, named: Collection[str] = ()
) -> Table:
    """Reads a file of any format.

    Args:
        path: the file, or a folder of Parquet files.
        form: what the caller states of the file.
        named: columns that the caller names.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if its format is unknown or does not fit its content.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file. Check the name and the folder.")
    form = form or Form()
    with naming_file(path):
        if path.is_dir():
            if not any(path.rglob("*.parquet")):
                raise ValueError(
                    "must be a file, or a folder of .parquet files. Received: a folder "
                    "without them"
                )
            return read_parquet(path, ".parquet", form, named)
        if not path.is_file():
            raise ValueError("must be a file. Received: a device")
        with opened(path, form.limits) as (name, file):
            kind = kind_of(name, form)
            return FORMATS[kind](file, kind, form, named)


def kind_of(name: str, form: Form) -> str:
    """Returns the suffix of a format, by a file's name or as the caller states it.

    Raises:
        ValueError: if it is unknown.
    """
    kind = f".{form.format}" if form.format else Path(name.lower()).suffix
    if kind not in FORMATS:
        raise ValueError(
            f"must end in {', '.join(FORMATS)}, behind which may be .gz or .zip. "
            f'Received: {name}. Pass its `format`, such as "csv".'
        )
    return kind


def read_frame(
    path: str | Path,
    *,
    text: Sequence[str] = (),
    format: str | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    limits: Limits = LIMITS,
) -> "pd.DataFrame":
    """Reads a file of any of the `FORMATS` as a table.

    Files without names have the columns `user_id`, `item_id` and, except for lists,
    `rating` and `timestamp`.

    Args:
        path: the file; its suffix names the format.
        text: columns to keep as text, such as ids.
        format: as in `read_interactions`, like all that follow.
        separator: of the fields.
        encoding: of the text.
        header: whether the first line names the columns.
        limits: sizes from which the file is refused.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if its suffix does not fit its content, it is not whole, or a row is
            malformed.
    """
    table = read_table(Path(path), Form(format, separator, encoding, header, limits))
    malformed = table.malformed(Path(path))
    if malformed:
        raise ValueError(str(malformed))
    frame = table.frame.reset_index(drop=True)
    if table.untyped:
        return frame.apply(lambda c: inferred(c, as_text=c.name in text))
    return frame.apply(typed).astype(dict.fromkeys(set(text) & set(frame.columns), str))
