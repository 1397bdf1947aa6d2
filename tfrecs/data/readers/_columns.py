"""Columns of a table as what interactions are made of, and the rows that cannot be.

Each conversion has a check beside it, which marks the rows that make it fail.
"""

import re
from collections.abc import Hashable
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tfrecs._base.types import AnyArray, BoolArray, FloatArray
from tfrecs.data.columns import as_amounts, as_times
from tfrecs.data.vocabulary import Vocabulary, as_id_array

if TYPE_CHECKING:
    import pandas as pd

Columns: TypeAlias = dict[str, Any]
"""Columns of equal length under `users`, `items`, `ratings` and `timestamps`."""


def to_columns(
    frame: "pd.DataFrame", roles: dict[str, str], like: dict[str, Vocabulary]
) -> Columns:
    """Converts the columns of the roles, ids to the kind of those in `like`.

    Raises:
        ValueError: if an id is missing or unhashable, or a rating or time is none.
    """
    columns: Columns = {
        key: _like(_ids(frame[roles[role]]), like.get(key))
        for role, key in (("user", "users"), ("item", "items"))
    }
    if "rating" in roles:
        columns["ratings"] = _amounts(frame[roles["rating"]])
    if "time" in roles:
        columns["timestamps"] = _times(frame[roles["time"]])
    return columns


def bad_rows(frame: "pd.DataFrame", roles: dict[str, str]) -> BoolArray:
    """Tells for each row whether `to_columns` would fail for it."""
    checks = {"user": _bad_ids, "item": _bad_ids, "rating": _bad_amounts}
    checks["time"] = _bad_times
    bad = np.zeros(len(frame), dtype=bool)
    for role, column in roles.items():
        bad |= checks[role](frame[column])
    return bad


def _ids(column: "pd.Series[Any]") -> AnyArray:
    ids = as_id_array(column, str(column.name))
    if _bad_ids(column).any():
        kind = type(ids[_bad_ids(column)][0]).__name__
        raise ValueError(
            f"`{column.name}` must be hashable, such as numbers or text. "
            f"Received: {kind}"
        )
    return ids


def _bad_ids(column: "pd.Series[Any]") -> BoolArray:
    missing = column.isna().to_numpy(bool)
    if not _kind(column).startswith("mixed"):
        return missing
    hashable = [isinstance(id_, Hashable) for id_ in column]
    return missing | ~np.array(hashable, dtype=bool)


def _like(ids: AnyArray, known: Vocabulary | None) -> AnyArray:
    """The ids, where numbers that were read as text, for one "x" among them, are."""
    if known is None or known.ids.dtype.kind not in "iu" or ids.dtype.kind != "O":
        return ids
    numbers = [
        int(id_) if isinstance(id_, str) and re.fullmatch(r"-?\d{1,19}", id_) else id_
        for id_ in ids
    ]
    return as_id_array(numbers, known.name)


def _amounts(column: "pd.Series[Any]") -> FloatArray | None:
    numbers = _numbers(column)
    if (np.isnan(numbers) & column.notna()).any():
        raise ValueError(_misfit(column, np.isnan(numbers), "rating", "numbers"))
    return as_amounts(numbers, "ratings")


def _bad_amounts(column: "pd.Series[Any]") -> BoolArray:
    numbers = _numbers(column)
    return ~((numbers >= 0) & (numbers <= np.finfo(np.float32).max))


def _numbers(column: "pd.Series[Any]") -> AnyArray:
    """The column as float64, NaN where there is no number."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if _kind(column) in ("integer", "mixed-integer", "mixed-integer-float", "mixed"):
        # Among objects may be 10**400, of which pandas cannot make a float.
        column = column.map(lambda v: v if _fits_float(v) else None)
    if _holds_text(column):
        column = pd.to_numeric(column, errors="coerce")
    elif not pd.api.types.is_numeric_dtype(column):
        return np.full(len(column), np.nan)
    return column.to_numpy(np.float64, na_value=np.nan)


def _fits_float(value: Any) -> bool:
    return not isinstance(value, int) or abs(value) < 10**300


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
    """What a column of objects holds, as pandas calls it; "" for other columns."""
    import pandas as pd

    return pd.api.types.infer_dtype(column) if column.dtype == object else ""


def _holds_text(column: "pd.Series[Any]") -> bool:
    import pandas as pd

    return pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)


def _times(column: "pd.Series[Any]") -> AnyArray | None:
    """Numbers as they are, dates as datetime64 in UTC."""
    import pandas as pd

    if pd.api.types.is_integer_dtype(column) and not column.hasnans:
        return column.to_numpy(np.int64)  # a float would round nanoseconds
    moments = _moments(column)
    if (np.isnan(moments) & column.notna()).any():
        kinds = "numbers or ISO dates such as 2024-01-31"
        raise ValueError(_misfit(column, np.isnan(moments), "time", kinds))
    return as_times(moments)


def _bad_times(column: "pd.Series[Any]") -> BoolArray:
    return ~np.isfinite(_moments(column))


def _moments(column: "pd.Series[Any]") -> AnyArray:
    """Numbers if it holds more of them than of dates, or else dates; NaN, NaT if none.

    One "?" among the numbers does not make dates of the others.
    """
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return _numbers(column)
    dates = _dates(column)
    starts_with_number = np.isfinite(_numbers(column[:1])).any()
    if not starts_with_number and column[np.isnat(dates)].isna().all():
        return dates  # and nothing else, as nearly always: pandas seeks numbers slowly
    numbers = _numbers(column)
    return numbers if np.isfinite(numbers).sum() >= np.isfinite(dates).sum() else dates


def _misfit(column: "pd.Series[Any]", unread: BoolArray, role: str, kinds: str) -> str:
    bad = column[unread & column.notna()]
    received = repr(bad.iloc[0])
    received = received if len(received) < 80 else f"{received[:40]}...{received[-1]}"
    return (
        f"the column {column.name!r} must hold {kinds}. Received: {received} in "
        f"row {bad.index[0]}. Mend it, name another with --{role}-col, or rename it if "
        f"it is no {role}."
    )
