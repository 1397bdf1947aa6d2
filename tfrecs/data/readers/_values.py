"""Numbers and times from columns of text and of other types.

Each function converts a whole column and marks the values that it cannot convert.
"""

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.types import AnyArray, BoolArray
from tfrecs.data.ids import canonical_integers, may_be_hexadecimal

if TYPE_CHECKING:
    import pandas as pd

_MISSING = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"),
    *("1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)
"""Text for a missing value of a feature, as in pandas; not of an id."""

_ZONE = r"\d[T ]\d.*[Z+-]"
"""Text of a date, a time and a time zone."""

_NUMBER = r"^([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$"


def fields_of(column: "pd.Series[Any]") -> Any:
    """Returns a column of pyarrow text as pyarrow."""
    import pyarrow as pa

    return pa.chunked_array(pa.array(column))


def typed(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Returns a column of objects with the type of its values, if they have one."""
    try:
        return column.infer_objects()
    except OverflowError:  # pandas before 3.1, for an integer that no float holds
        return column


def inferred(text: "pd.Series[Any]", *, as_text: bool = False) -> "pd.Series[Any]":
    """Returns a column of features as integers, numbers or text, NaN if missing.

    Numbers with zeros in front, such as 007, are text.

    Args:
        text: a column of pyarrow text.
        as_text: whether to keep all fields but empty ones as text.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    fields = fields_of(text)
    missing = pa.array([""] if as_text else _MISSING, fields.type)
    fields = pc.if_else(pc.is_in(fields, missing), None, fields)
    values = None
    if not as_text:
        values = canonical_integers(fields)
        zeros = pc.match_substring_regex(fields, "^-?0[0-9]")
        if values is None and not pc.any(zeros).as_py():
            values = cast(pc.ascii_trim(fields, " "), pa.float64())
    read = (fields if values is None else values).to_pandas()
    return pd.Series(read.array, index=text.index, name=text.name)


def amounts(column: "pd.Series[Any]", is_text: bool) -> tuple[AnyArray, BoolArray]:
    """Returns ratings as float64, and a mask of values below 0 or not finite."""
    numbers = text_numbers(fields_of(column)) if is_text else _numbers(column)
    return numbers, ~((numbers >= 0) & (numbers <= np.finfo(np.float32).max))


def times(
    column: "pd.Series[Any]", is_text: bool, time_format: str | None = None
) -> tuple[AnyArray, BoolArray]:
    """Returns times, and a mask of unreadable values.

    A column that holds at least as many numbers as dates holds numbers, in their own
    unit: one "?" among numbers does not turn the others into dates. Other columns hold
    dates in UTC.

    Args:
        column: `[rows]`.
        is_text: whether its type is to be inferred.
        time_format: format of dates, as of `strptime`; None for ISO 8601.
    """
    if time_format is not None:
        dates = _dates(column, time_format)
        return dates, np.isnat(dates)
    whole = _whole_numbers(column, is_text)
    if whole is not None:  # a float would round nanoseconds
        return whole, np.zeros(len(whole), dtype=bool)
    values = column if is_text else typed(column)
    numbers = text_numbers(fields_of(column)) if is_text else _numbers(values)
    bad = ~np.isfinite(numbers)
    if not is_text and _is_unsigned(values):
        bad |= numbers >= 2**63  # what int64 does not hold
    if 2 * np.count_nonzero(bad) > len(bad):
        dates = _dates(values, "ISO8601")
        if np.count_nonzero(bad) > np.count_nonzero(np.isnat(dates)):
            return dates, np.isnat(dates)
    whole = _whole_numbers(column[~bad], is_text)
    if whole is not None:
        numbers = np.zeros(len(bad), dtype=np.int64)
        numbers[~bad] = whole
    return numbers, bad


def _whole_numbers(column: "pd.Series[Any]", is_text: bool) -> AnyArray | None:
    """Returns the column as int64 if it holds integers alone."""
    import pandas as pd
    import pyarrow as pa

    if is_text:
        values = cast(fields_of(column), pa.int64())
        return None if values is None else np.array(values)
    column = typed(column)
    if not pd.api.types.is_integer_dtype(column) or column.hasnans:
        return None
    if _is_unsigned(column) and len(column) and column.max() >= 2**63:
        return None
    return column.to_numpy(np.int64)


def _is_unsigned(column: "pd.Series[Any]") -> bool:
    import pandas as pd

    return pd.api.types.is_unsigned_integer_dtype(column)


def text_numbers(fields: Any) -> AnyArray:
    """Returns pyarrow text as float64, NaN where there is no number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = cast(fields, pa.float64())
    if values is None:
        fields = pc.replace_substring_regex(pc.ascii_trim(fields, " "), r"^\+", "")
        is_number = pc.match_substring_regex(fields, _NUMBER.replace("^", "^-?"))
        values = pc.if_else(is_number, fields, None).cast(pa.float64())
    return np.asarray(values.to_numpy(), dtype=np.float64)


def cast(text: Any, kind: Any) -> Any:
    """Converts strings to int, float or time; returns None if one cannot be."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        values = text.cast(kind)
    except pa.ArrowInvalid:
        return None
    if pa.types.is_integer(kind):
        if not may_be_hexadecimal(text):
            return values
        bad = pc.or_(pc.match_substring(text, "x"), pc.match_substring(text, "X"))
    elif pa.types.is_floating(kind):
        bad = pc.is_nan(values)
    else:
        return values
    return None if pc.any(bad).as_py() else values


def _numbers(column: "pd.Series[Any]") -> AnyArray:
    """Returns a typed column as float64, NaN where there is no number."""
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


def _dates(column: "pd.Series[Any]", time_format: str) -> AnyArray:
    """Returns the column as datetime64 in UTC, NaT where there is no date."""
    import pandas as pd

    if _kind(column) not in ("", "string", "date", "datetime"):
        column = column.map(lambda v: v if isinstance(v, str | date) else None)
    if not _holds_text(column) and column.dtype.kind != "M":
        return np.full(len(column), "NaT", dtype="datetime64[us]")
    dates = np.full(len(column), "NaT", dtype="datetime64[us]")
    # Apart, since pandas 2 applies the zone of a row to later times without one.
    has_zone = np.zeros(len(column), dtype=bool)
    if column.dtype.kind != "M":
        has_zone |= column.astype(str).str.contains(_ZONE).to_numpy(bool)
    for rows in (has_zone, ~has_zone):
        part = column[rows]
        read = pd.to_datetime(part, utc=True, format=time_format, errors="coerce")
        dates[rows] = read.dt.tz_localize(None).to_numpy()
    return dates


def _kind(column: "pd.Series[Any]") -> str:
    """Returns the kind of the values in a column of objects, as pandas names it."""
    import pandas as pd

    return pd.api.types.infer_dtype(column) if column.dtype == object else ""


def _holds_text(column: "pd.Series[Any]") -> bool:
    import pandas as pd

    return pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)
