"""Raw interactions, streamed from files a table at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from tfrecs._base.files import file_kind, naming_file
from tfrecs._base.types import FloatArray

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_ROWS_AT_ONCE = 2**17
_BYTES_AT_ONCE = 2**23


@dataclass(frozen=True)
class Columns:
    """Which columns of a file are read, and which of its rows.

    Args:
        user: the column of raw user ids.
        item: the column of raw item ids.
        rating: the column of ratings; None for all rows.
        min_rating: the rating from which a row counts.
        text: columns of ids to keep as text.
    """

    user: str
    item: str
    rating: str | None
    min_rating: float | None
    text: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Those that are read."""
        named = (self.user, self.item, self.rating)
        return [name for name in named if name is not None]


def stream_ids(
    path: Path, columns: Columns, rows: int, start: int = 0
) -> Iterator[tuple[int, Any, Any]]:
    """Streams the raw ids of a file, in tables of `rows` rows; the last may have fewer.

    Args:
        path: a `.parquet`, `.csv` or `.tsv` file, the latter two also with `.gz`.
        columns: which to read.
        rows: of a table, before those with low ratings are left out.
        start: the row to start at. Parquet is not read before it, but for a part of
            one row group; text is read and thrown away.

    Yields:
        The row after the table, and users and items as pyarrow arrays, whole numbers as
        int64 and text as large_string.

    Raises:
        ValueError: if the file cannot be read, lacks a column, or holds missing ids or
            ratings, or ids that are neither whole numbers nor text.
    """
    kind = file_kind(path)
    with naming_file(path):
        if kind == ".parquet":
            batches, before = _open_parquet(path, columns, start)
        elif kind in _SEPARATORS:
            batches, before = _open_text(path, columns, _SEPARATORS[kind]), 0
        else:
            raise ValueError(
                "must end in .parquet, .csv or .tsv, where the text files may have .gz "
                f"behind. Received: {path.name}"
            )
        for table in _tables_of(rows, _without(start - before, batches)):
            users, items = (
                _as_ids(table[name], name, start, as_text=name in columns.text)
                for name in (columns.user, columns.item)
            )
            if columns.rating is not None:
                ratings = _as_ratings(table[columns.rating], columns.rating, start)
                high = pa.array(ratings >= np.float32(columns.min_rating))
                users, items = users.filter(high), items.filter(high)
            start += len(table)
            yield start, users, items


def _open_parquet(
    path: Path, columns: Columns, start: int
) -> tuple[Iterator[Any], int]:
    """The record batches of a file from a row group on, and the rows before it."""
    file = pq.ParquetFile(path)
    _check_names(columns.names, file.schema_arrow.names)
    groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    ends = np.cumsum([0, *groups])
    first = int(np.searchsorted(ends, start, side="right")) - 1
    batches = file.iter_batches(
        _ROWS_AT_ONCE,
        row_groups=range(first, len(groups)),
        columns=columns.names,
    )
    return batches, int(ends[first])


def _open_text(path: Path, columns: Columns, separator: str) -> Iterator[Any]:
    """The record batches of a file."""
    options = {
        "read_options": csv.ReadOptions(block_size=_BYTES_AT_ONCE),
        "parse_options": csv.ParseOptions(delimiter=separator, newlines_in_values=True),
    }
    with csv.open_csv(path, **options) as reader:
        _check_names(columns.names, reader.schema.names)
    try:
        yield from csv.open_csv(
            path,
            **options,
            convert_options=csv.ConvertOptions(
                include_columns=columns.names,
                column_types=dict.fromkeys(columns.text, pa.large_string()),
                null_values=[""],  # a user may be called NA
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        if "conversion error" not in str(error):
            raise
        raise ValueError(
            f"{error}. The first rows of the column are of that kind: name the column "
            "in `text` if it holds text."
        ) from error


def _check_names(wanted: Sequence[str], present: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in present]
    if missing:
        raise ValueError(
            f"must have a column {missing[0]!r}. Received: columns {', '.join(present)}"
        )


def _without(rows: int, batches: Iterable[Any]) -> Iterator[Any]:
    """The record batches without the first rows."""
    for batch in batches:
        left = batch.slice(min(rows, len(batch)))
        rows -= len(batch) - len(left)
        if len(left):
            yield left


def _tables_of(rows: int, batches: Iterable[Any]) -> Iterator[Any]:
    """Tables of so many rows, of record batches of any."""
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


def _as_ids(column: Any, name: str, start: int, *, as_text: bool) -> Any:
    """The column as one array of int64 or large_string."""
    if column.null_count:
        first = column.is_null().index(True).as_py()
        raise ValueError(_missing(name, column.null_count, start + first))
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    column.validate(full=True)  # the bytes of text as well
    kind = column.type
    is_number = pa.types.is_integer(kind)
    if not (is_number or pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise ValueError(
            f"the column {name!r} must hold whole numbers or text. Received: {kind}"
        )
    as_number = is_number and not as_text
    column = column.cast(pa.int64() if as_number else pa.large_string())
    return pa.concat_arrays(column.chunks)


def _as_ratings(column: Any, name: str, start: int) -> FloatArray:
    """The column as float32."""
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise ValueError(
            f"the column {name!r} must hold numbers. Received: {column.type}"
        )
    ratings = column.to_numpy().astype(np.float32)  # a missing one is NaN
    missing = np.flatnonzero(np.isnan(ratings))
    if missing.size:
        raise ValueError(_missing(name, missing.size, start + int(missing[0])))
    return ratings


def _missing(name: str, number: int, row: int) -> str:
    return (
        f"the column {name!r} must have no missing values. Received: {number} missing, "
        f"the first in row {row}. Leave such rows out."
    )
