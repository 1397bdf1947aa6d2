"""Raw interactions, streamed from files in tables."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import dataset

from tfrecs._base.files import naming_file
from tfrecs._base.types import FloatArray
from tfrecs.data.feedback import is_positive
from tfrecs.data.ids import IdType, raw_ids, text_ids
from tfrecs.data.readers._blocks import is_typed, read_blocks
from tfrecs.data.readers._columns import missing_ids
from tfrecs.data.readers._file import NO_NAMES
from tfrecs.data.readers._form import Form
from tfrecs.data.readers._values import amounts, fields_of
from tfrecs.data.roles import find_roles

if TYPE_CHECKING:
    import pandas as pd

_ROWS_AT_ONCE = 2**17


@dataclass(frozen=True)
class Columns:
    """The columns and rows to read; the fields are arguments of `prepare_shards`."""

    user_col: str
    item_col: str
    rating_col: str | None
    min_rating: float | None
    user_type: IdType | None = None
    item_type: IdType | None = None
    form: Form = field(default_factory=Form)

    @property
    def named(self) -> dict[str, str | None]:
        """The columns to read, by role."""
        named: dict[str, str | None] = {"user": self.user_col, "item": self.item_col}
        if self.rating_col is not None:
            named["rating"] = self.rating_col
        return named


def find_columns(
    path: Path, named: Mapping[str, str | None], form: Form
) -> dict[str, str]:
    """Returns the column of each role in a file, by its name or a usual name.

    Raises:
        ValueError: if the file cannot be read or lacks a column.
    """
    with naming_file(path):
        if _is_plain_parquet(path):
            return find_roles(_parquet(path).schema.names, named)
        names = [name for name in named.values() if name is not None]
        with closing(read_blocks(path, form, names)) as tables:
            first = next(tables, None)
        if first is None:
            raise ValueError("must have at least one row. Received: none")
        columns = list(map(str, first.frame.columns))
        return find_roles(columns, named, remedy=NO_NAMES)


def stream_ids(
    path: Path, columns: Columns, rows: int, skip: int = 0
) -> Iterator[tuple[int, Any, Any]]:
    """Streams the raw ids of a file, in tables of `rows` rows; the last may be shorter.

    Args:
        path: a file of any of the `FORMATS`.
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
        typed = is_typed(path, columns.form)
        tables = _tables_of(rows, _batches(path, columns))
        start = skip * rows
        for table in islice(tables, skip, None):
            kinds = (columns.user_type, columns.item_type)
            users, items = (
                _as_ids(table[name], name, start, id_type, typed)
                for name, id_type in zip(table.column_names, kinds, strict=False)
            )
            if columns.rating_col is not None:
                ratings = _as_ratings(
                    table[columns.rating_col], columns.rating_col, start
                )
                high = pa.array(is_positive(ratings, columns.min_rating))
                users, items = users.filter(high), items.filter(high)
            start += len(table)
            yield start, users, items


def _batches(path: Path, columns: Columns) -> Iterator[Any]:
    """Yields the record batches of a file: users, items and, if named, ratings."""
    named = columns.named
    if _is_plain_parquet(path):
        columns.form.limits.check_parquet(path, path.stat().st_size)
        file = _parquet(path)
        find_roles(file.schema.names, named)
        yield from file.to_batches(
            columns=[*named.values()], batch_size=_ROWS_AT_ONCE, use_threads=False
        )
        return
    for table in read_blocks(path, columns.form, [columns.user_col, columns.item_col]):
        frame, is_text = table.frame, table.untyped
        find_roles(list(map(str, frame.columns)), named)
        ids = (columns.user_col, columns.item_col)
        arrays = [_raw_ids(frame[name], is_text) for name in ids]
        if columns.rating_col is not None:
            ratings, _ = amounts(frame[columns.rating_col], is_text)
            arrays.append(pa.array(ratings))
        yield pa.record_batch(arrays, [*named.values()])


def _is_plain_parquet(path: Path) -> bool:
    """Returns whether a file is Parquet, and not compressed as a whole."""
    return path.suffix.lower() == ".parquet"


def _parquet(path: Path) -> Any:
    options = dataset.ParquetFragmentScanOptions(pre_buffer=False)  # less memory
    kind = dataset.ParquetFileFormat(default_fragment_scan_options=options)
    return dataset.dataset(path, format=kind)


def _raw_ids(column: "pd.Series[Any]", is_text: bool) -> Any:
    """Returns a column of ids as one pyarrow array, null where one is missing."""
    if is_text:
        fields = fields_of(column).combine_chunks()
        return pc.if_else(pc.equal(fields, ""), pa.scalar(None, fields.type), fields)
    try:
        return pa.array(column.mask(missing_ids(column, is_text), None))
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ValueError(
            f"the column {column.name!r:.60} must hold whole numbers or text. "
            f"Received: values of several kinds ({error})"
        ) from error


def _tables_of(rows: int, batches: Iterable[Any]) -> Iterator[Any]:
    """Yields tables of `rows` rows from record batches of any length."""
    held: list[Any] = []
    missing = rows
    for batch in batches:
        while len(batch) >= missing:
            yield _joined([*held, batch.slice(0, missing)])
            batch = batch.slice(missing)
            held, missing = [], rows
        if len(batch):
            held.append(batch)
            missing -= len(batch)
    if held:
        yield _joined(held)


def _joined(batches: Iterable[Any]) -> Any:
    """Returns batches as one table, in which JSON may have 1 in one and 1.5 in another.

    Raises:
        ValueError: if a column has text in one and numbers in another.
    """
    tables = [pa.Table.from_batches([batch]) for batch in batches]
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowTypeError as error:
        raise ValueError(
            f"each column must hold whole numbers or text. Received: both ({error})"
        ) from error


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
    ratings, bad = amounts(column.to_pandas(), False)
    if bad.any():
        raise ValueError(
            f"the column {name!r} must hold finite numbers of at least 0. Received: "
            f"{np.count_nonzero(bad)} others, the first in row "
            f"{start + int(bad.argmax())}. Correct them, or name another column in "
            "`rating_col`."
        )
    return ratings.astype(np.float32)


def _missing(name: str, number: int, row: int) -> str:
    return (
        f"the column {name!r} must have no missing values. Received: {number} missing, "
        f"the first in row {row}. Leave such rows out."
    )
