"""Columns of a table as users, items, ratings and timestamps of interactions.

Each column is converted as a whole. A row that does not fit is marked and left out, and
the rest is converted again, as if that row were not in the file.
"""

import re
from collections.abc import Callable, Hashable
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tfrecs._base.types import AnyArray, BoolArray
from tfrecs.data.readers._table import Fault, Table
from tfrecs.data.readers._text import cast
from tfrecs.data.vocabulary import Vocabulary, as_id_array

if TYPE_CHECKING:
    import pandas as pd

Columns: TypeAlias = dict[str, Any]
"""Columns of equal length under `users`, `items`, `ratings` and `timestamps`."""

_MISSING = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"),
    *("1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)
"""Text for a missing value, as in pandas."""


def to_columns(
    table: Table, roles: dict[str, str], known: dict[str, Vocabulary]
) -> tuple[Columns, list[Fault]]:
    """Converts the columns of the roles.

    Args:
        table: the rows of a file.
        roles: the column of `user` and `item`, and of `rating` and `time` if any.
        known: vocabularies of `users` and `items` whose kind of ids is to be read.

    Returns:
        The columns of the good rows, and the faults of the others.
    """
    columns, rows, faults = _good_rows(table.frame, roles, table.untyped)
    for role, key in (("user", "users"), ("item", "items")):
        text = rows[roles[role]] if table.untyped else None
        columns[key] = _as_ids(columns[key], text, known.get(key))
    return columns, faults


def _good_rows(
    frame: "pd.DataFrame", roles: dict[str, str], untyped: bool
) -> tuple[Columns, "pd.DataFrame", list[Fault]]:
    """The converted columns of the good rows, these rows, and the faults of others."""
    columns: Columns = {}
    for role, (key, form, convert) in _ROLES.items():
        if role not in roles:
            continue
        column = frame[roles[role]]
        values = inferred(column) if untyped else column.infer_objects()
        columns[key], bad = convert(values)
        if bad.any():
            faults = [
                (int(str(place)), _fault(value, str(column.name), role, form))
                for place, value in column[bad].items()
            ]
            columns, rows, more = _good_rows(frame[~bad], roles, untyped)
            return columns, rows, faults + more
    return columns, frame, []


def _fault(value: Any, name: str, role: str, form: str) -> str:
    received = repr(value)
    received = received if len(received) < 80 else f"{received[:40]}...{received[-1]}"
    return (
        f"the column {name!r} must hold {form}. Received: {received}. Correct it, or "
        f"name another column in `{role}_col`."
    )


def inferred(text: "pd.Series[Any]", *, as_text: bool = False) -> "pd.Series[Any]":
    """Converts text to whole numbers or else numbers if all of it are, NaN if missing.

    Args:
        text: a column of strings.
        as_text: whether to keep numbers as text.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    fields = pa.chunked_array(pa.array(text))
    values = None if as_text else _as_numbers(fields)
    if values is None:
        fields = pc.if_else(pc.is_in(fields, pa.array(_MISSING)), None, fields)
        values = fields if as_text else _as_numbers(pc.ascii_trim(fields, " "))
    read = (fields if values is None else values).to_pandas()
    return pd.Series(read.array, index=text.index, name=text.name)


def _as_numbers(fields: Any) -> Any:
    import pyarrow as pa

    whole = cast(fields, pa.int64())
    return cast(fields, pa.float64()) if whole is None else whole


def _ids(column: "pd.Series[Any]") -> tuple["pd.Series[Any]", BoolArray]:
    missing = column.isna().to_numpy(bool)
    if _kind(column).startswith("mixed"):
        hashable = [isinstance(id_, Hashable) for id_ in column]
        missing = missing | ~np.array(hashable, dtype=bool)
    return column, missing


def _as_ids(
    column: "pd.Series[Any]", text: "pd.Series[Any] | None", known: Vocabulary | None
) -> AnyArray:
    """Raw ids: text where a number would change them, or where known ids are text."""
    import pandas as pd

    # "007" is only itself as text, so where training has text the test is text.
    as_text = known is not None and isinstance(known.ids[0], str)
    as_text = as_text and pd.api.types.is_numeric_dtype(column)
    if text is not None and pd.api.types.is_float_dtype(column):
        # So is "1.10", which as a number would be the same id as "1.1".
        whole = (column.abs() < 2**53) & (column % 1 == 0)
        as_text = as_text or not whole.all()
    if as_text:
        column = column.astype(str) if text is None else text.astype(object)
    ids = as_id_array(column, str(column.name))
    if known is None or known.ids.dtype.kind not in "iu" or ids.dtype.kind != "O":
        return ids
    # One "x" makes text of a column, in which other ids may be known numbers.
    numbers = [
        int(id_) if isinstance(id_, str) and re.fullmatch(r"-?\d{1,19}", id_) else id_
        for id_ in ids
    ]
    return as_id_array(numbers, known.name)


def _amounts(column: "pd.Series[Any]") -> tuple[AnyArray, BoolArray]:
    numbers = _numbers(column)
    return numbers, ~((numbers >= 0) & (numbers <= np.finfo(np.float32).max))


def _numbers(column: "pd.Series[Any]") -> AnyArray:
    """The column as float64, NaN where there is no number."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if _kind(column) in ("integer", "mixed-integer", "mixed-integer-float", "mixed"):
        # pandas cannot convert an object such as 10**400 to a float.
        column = column.map(lambda v: v if _fits_float(v) else None)
    if _holds_text(column):
        column = pd.to_numeric(column, errors="coerce")
    elif not pd.api.types.is_numeric_dtype(column):
        return np.full(len(column), np.nan)
    return column.to_numpy(np.float64, na_value=np.nan)


def _fits_float(value: Any) -> bool:
    return not isinstance(value, int) or abs(value) < 10**300


def _times(column: "pd.Series[Any]") -> tuple[AnyArray, BoolArray]:
    """Numbers if it holds more of them than of dates, or else dates, in UTC.

    One "?" among numbers thus does not turn the others into dates.
    """
    import pandas as pd

    if pd.api.types.is_integer_dtype(column) and not column.hasnans:
        whole = column.to_numpy(np.int64)  # a float would round nanoseconds
        return whole, np.zeros(len(whole), dtype=bool)
    if pd.api.types.is_numeric_dtype(column):
        numbers = _numbers(column)
        return numbers, ~np.isfinite(numbers)
    dates = _dates(column)
    starts_with_number = np.isfinite(_numbers(column[:1])).any()
    if not starts_with_number and column[np.isnat(dates)].isna().all():
        return dates, np.isnat(dates)  # usual, and pandas parses numbers slowly
    numbers = _numbers(column)
    if np.isfinite(numbers).sum() >= (~np.isnat(dates)).sum():
        return numbers, ~np.isfinite(numbers)
    return dates, np.isnat(dates)


def _dates(column: "pd.Series[Any]") -> AnyArray:
    """The column as datetime64 in UTC, NaT where there is no date."""
    import pandas as pd

    if _kind(column) not in ("", "string", "date", "datetime"):
        column = column.map(lambda v: v if isinstance(v, str | date) else None)
    if not _holds_text(column) and column.dtype.kind != "M":
        return np.full(len(column), "NaT", dtype="datetime64[us]")
    read = pd.to_datetime(column, utc=True, format="ISO8601", errors="coerce")
    return read.dt.tz_localize(None).to_numpy()


def _kind(column: "pd.Series[Any]") -> str:
    """The kind of the values in a column of objects, as pandas names it; else ""."""
    import pandas as pd

    return pd.api.types.infer_dtype(column) if column.dtype == object else ""


def _holds_text(column: "pd.Series[Any]") -> bool:
    import pandas as pd

    return pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)


_ROLES: dict[
    str, tuple[str, str, Callable[["pd.Series[Any]"], tuple[Any, BoolArray]]]
] = {
    "user": ("users", "an id in each row, a number or text", _ids),
    "item": ("items", "an id in each row, a number or text", _ids),
    "rating": ("ratings", "finite numbers of at least 0", _amounts),
    "time": ("timestamps", "numbers or ISO dates such as 2024-01-31", _times),
}
"""The name of the converted column, its form, and the function that converts it."""
