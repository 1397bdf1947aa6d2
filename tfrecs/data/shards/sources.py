"""Raw interactions, streamed from files in tables."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv, dataset

from tfrecs._base.files import file_kind, naming_file
from tfrecs._base.types import FloatArray
from tfrecs.data.feedback import is_positive
from tfrecs.data.ids import IdType, raw_ids, text_ids
from tfrecs.data.readers._form import Form
from tfrecs.data.readers._opening import opened, text_lines
from tfrecs.data.readers._shape import OWN_SEPARATORS, find_shape
from tfrecs.data.roles import find_roles

_ROWS_AT_ONCE = 2**17
_BYTES_AT_ONCE = 2**23


@dataclass(frozen=True)
class Columns:
    """The columns and rows to read; the fields are arguments of `prepare_shards`."""

    user_col: str
    item_col: str
    rating_col: str | None
    min_rating: float | None
    user_type: IdType | None = None
    item_type: IdType | None = None

    @property
    def names(self) -> list[str]:
        """The columns to read."""
        names = (self.user_col, self.item_col, self.rating_col)
        return [name for name in names if name is not None]


def find_columns(path: Path, named: Mapping[str, str | None]) -> dict[str, str]:
    """Returns the column of each role in a file, by its name or a usual name.

    Raises:
        ValueError: if the file cannot be read or lacks a column.
    """
    with naming_file(path):
        names = [name for name in named.values() if name is not None]
        file = dataset.dataset(path, format=_format(path, names))
        return find_roles(file.schema.names, named)


def stream_ids(
    path: Path, columns: Columns, rows: int, skip: int = 0
) -> Iterator[tuple[int, Any, Any]]:
    """Streams the raw ids of a file, in tables of `rows` rows; the last may be shorter.

    Args:
        path: a Parquet file, or a text table with a header, which may be in `.gz`.
        columns: the columns to read.
        rows: rows of a table, before low ratings are left out.
        skip: tables to leave out at the start.

    Yields:
        The number of rows up to the end of the table, and its users and items as
        pyarrow arrays of int64 or large_string; int64 from text files only if all ids
        of the table are canonical integers.

    Raises:
        ValueError: if the file cannot be read, lacks a column, or has missing ids or
            ratings, or ids that are neither whole numbers nor text, or not of the type
            that is asked for.
    """
    with naming_file(path):
        tables = _tables_of(rows, _batches(path, columns))
        start = skip * rows
        for table in islice(tables, skip, None):
            users, items = (
                _as_ids(table[name], name, start, id_type, is_typed(path))
                for name, id_type in (
                    (columns.user_col, columns.user_type),
                    (columns.item_col, columns.item_type),
                )
            )
            if columns.rating_col is not None:
                ratings = _as_ratings(
                    table[columns.rating_col], columns.rating_col, start
                )
                high = pa.array(is_positive(ratings, columns.min_rating))
                users, items = users.filter(high), items.filter(high)
            start += len(table)
            yield start, users, items


def is_typed(path: Path) -> bool:
    """Returns whether the columns of a file have types, as in Parquet."""
    return file_kind(path) == ".parquet"


def _batches(path: Path, columns: Columns) -> Iterator[Any]:
    """Yields the record batches of a file."""
    ids = (columns.user_col, columns.item_col)
    file = dataset.dataset(path, format=_format(path, columns.names, ids))
    for name in columns.names:
        if name not in file.schema.names:
            raise ValueError(
                f"must have a column {name!r}. Received: columns "
                f"{', '.join(file.schema.names)}. Name it in `user_col`, `item_col` or "
                "`rating_col`."
            )
    yield from file.to_batches(
        columns=columns.names, batch_size=_ROWS_AT_ONCE, use_threads=False
    )


def _format(path: Path, named: Sequence[str], ids: Sequence[str] = ()) -> Any:
    if is_typed(path):
        options = dataset.ParquetFragmentScanOptions(pre_buffer=False)  # less memory
        return dataset.ParquetFileFormat(default_fragment_scan_options=options)
    separator = _separator(path, named)
    return dataset.CsvFileFormat(
        read_options=csv.ReadOptions(block_size=_BYTES_AT_ONCE),
        parse_options=csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(ids, pa.large_string()),
            null_values=[""],  # a user may be called NA
            strings_can_be_null=True,
        ),
    )


def _separator(path: Path, named: Sequence[str]) -> str:
    """Returns the separator of a text table with a header, found from its lines."""
    kind = file_kind(path)
    if kind in OWN_SEPARATORS and path.suffix != ".zip":
        with opened(path) as (_, file):
            lines = text_lines(file)
        if not {"\0", "\ufffd"} & set("".join(lines)):  # of other encodings
            shape = find_shape(lines, kind, Form(), named)
            if shape.header and len(shape.separator.strip(" ")) == 1:
                return shape.separator
    raise ValueError(
        "must be Parquet, or a text table in UTF-8 with a header and one character as "
        "its separator. Received: another file. Write it as Parquet: "
        "tfrecs.data.readers.read_frame(...).to_parquet(...)."
    )


def _tables_of(rows: int, batches: Iterable[Any]) -> Iterator[Any]:
    """Yields tables of `rows` rows from record batches of any length."""
    held: list[Any] = []
    missing = rows
    for batch in batches:
        while len(batch) >= missing:
            yield pa.Table.from_batches([*held, batch.slice(0, missing)])
            batch = batch.slice(missing)
            held, missing = [], rows
        if len(batch):
            held.append(batch)
            missing -= len(batch)
    if held:
        yield pa.Table.from_batches(held)


def _as_ids(
    column: Any, name: str, start: int, id_type: IdType | None, typed: bool
) -> Any:
    """Returns the column as one array of int64 or large_string."""
    if column.null_count:
        first = column.is_null().index(True).as_py()
        raise ValueError(_missing(name, column.null_count, start + first))
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    column.validate(full=True)  # checks the bytes of text, too
    kind = column.type
    if pa.types.is_floating(kind):
        column = _whole(column, name)
    elif not (pa.types.is_integer(kind) or _is_text(kind)):
        raise ValueError(
            f"the column {name!r} must hold whole numbers or text. Received: {kind}"
        )
    if _is_text(kind):
        column = column.cast(pa.large_string())
        if not typed or id_type is not None:
            column, bad = text_ids(column, id_type)
            if bad.any():
                row = start + int(np.flatnonzero(bad)[0])
                raise ValueError(
                    f"the column {name!r} must hold integers, as `id_type` says. "
                    f"Received: another text in row {row}. Leave `id_type` out."
                )
    elif id_type == "text":
        column = column.cast(pa.large_string())
    else:
        column = column.cast(pa.int64())
    return pa.concat_arrays(column.chunks)


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _whole(column: Any, name: str) -> Any:
    """Returns whole floats as int64: an integer column with missing rows is float."""
    ids = raw_ids(column.to_numpy(), name)
    if ids.dtype.kind != "i":
        raise ValueError(
            f"the column {name!r} must hold whole numbers or text. Received: fractions"
        )
    return pa.chunked_array([ids])


def _as_ratings(column: Any, name: str, start: int) -> FloatArray:
    """Returns the column as float32."""
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise ValueError(
            f"the column {name!r} must hold numbers. Received: {column.type}"
        )
    ratings = column.to_numpy().astype(np.float32)  # a missing one is NaN
    missing = np.flatnonzero(np.isnan(ratings))
    if missing.size:
        raise ValueError(_missing(name, missing.size, start + int(missing[0])))
    bad = np.flatnonzero(~np.isfinite(ratings) | (ratings < 0))
    if bad.size:
        raise ValueError(
            f"the column {name!r} must hold finite numbers of at least 0. Received: "
            f"{ratings[bad[0]]:g} in row {start + int(bad[0])}. Correct it, or name "
            "another column in `rating_col`."
        )
    return ratings


def _missing(name: str, number: int, row: int) -> str:
    return (
        f"the column {name!r} must have no missing values. Received: {number} missing, "
        f"the first in row {row}. Leave such rows out."
    )
