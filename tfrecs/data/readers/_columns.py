"""Columns of a table as users, items, ratings and timestamps of interactions.

Each column is converted as a whole, once. A row that does not fit is left out, and the
other rows determine the types of ids and times.
"""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tfrecs._base.types import AnyArray, BoolArray
from tfrecs.data.id_arrays import as_id_array
from tfrecs.data.ids import (
    IdType,
    as_array,
    as_known_ids,
    text_ids,
    typed_ids,
    types_by_role,
)
from tfrecs.data.readers._options import FileOptions
from tfrecs.data.readers._table import Fault, Table
from tfrecs.data.readers._values import amounts, fields_of, times, typed
from tfrecs.data.roles import argument_of

if TYPE_CHECKING:
    import pandas as pd

Columns: TypeAlias = dict[str, Any]
"""Columns of equal length under `users`, `items`, `ratings` and `timestamps`."""

_FORMS = {
    "user": "an id in each row, a number or text",
    "item": "an id in each row, a number or text",
    "rating": "finite numbers of at least 0",
    "time": "numbers or ISO dates such as 2024-01-31",
    "weight": "finite numbers of at least 0",
}


@dataclass
class _Rows:
    """The rows that are left, their columns, and the faults of the others."""

    frame: "pd.DataFrame"
    columns: Columns = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def leave_out(self, bad: BoolArray, name: str, role: str, form: str) -> None:
        """Drops rows with a fault in a column."""
        if not bad.any():
            return
        self.faults += [
            (int(str(place)), _fault(value, name, role, form))
            for place, value in self.frame[name][bad].items()
        ]
        self.frame = self.frame[~bad]
        self.columns = {key: values[~bad] for key, values in self.columns.items()}


def to_columns(
    table: Table,
    roles: Mapping[str, str],
    known: Mapping[str, AnyArray],
    options: FileOptions,
) -> tuple[Columns, list[Fault], list[str]]:
    """Converts the columns of the roles.

    Args:
        table: the rows of a file.
        roles: the column of `user` and `item`, and of other roles if any.
        known: ids of `users` and `items` whose kind is to be read.
        options: how the file is read.

    Returns:
        The columns of the good rows, the faults of the others, and notes.
    """
    rows, is_text = _Rows(table.frame), table.untyped
    types = types_by_role(options.get("id_type"))
    for role in ("user", "item"):
        name = roles[role]
        missing = missing_ids(rows.frame[name], is_text)
        rows.leave_out(missing, name, role, _FORMS[role])
    for role, key in (("rating", "ratings"), ("weight", "weights")):
        if role in roles:
            name = roles[role]
            rows.columns[key], bad = amounts(rows.frame[name], is_text)
            rows.leave_out(bad, name, role, _FORMS[role])
    notes = _add_times(rows, roles.get("time"), is_text, options)
    for role, key in (("user", "users"), ("item", "items")):
        name, ids = roles[role], known.get(key)
        rows.columns[key], bad = as_ids(rows.frame[name], is_text, ids, types[role])
        rows.leave_out(bad, name, role, f"{types[role]} ids, as `id_type` says")
    return rows.columns, rows.faults, notes


def _add_times(
    rows: _Rows, name: str | None, is_text: bool, options: FileOptions
) -> list[str]:
    """Converts the column of times; returns a note if it is left out.

    A column that the caller did not ask for is left out if most of it is unreadable.
    """
    if name is None:
        return []
    time_format, column = options.get("time_format"), rows.frame[name]
    values, bad = times(column, is_text, time_format)
    is_needed = time_format is not None or options.get("time_col") is not None
    if not is_needed and 2 * np.count_nonzero(bad) > len(bad):
        return [
            f"no times were read: the column {name!r} must hold {_FORMS['time']}. "
            f"Received: {column[bad].iloc[0]!r:.60}. Pass its `time_format`, such as "
            '"%d/%m/%Y"'
        ]
    rows.columns["timestamps"] = values
    form = f"dates of the format {time_format!r}" if time_format else _FORMS["time"]
    rows.leave_out(bad, name, "time", form)
    return []


def _fault(value: Any, name: str, role: str, form: str) -> str:
    received = repr(value)
    received = received if len(received) < 80 else f"{received[:40]}...{received[-1]}"
    return (
        f"the column {name!r:.60} must hold {form}. Received: {received}. Correct it, "
        f"or name another column in `{argument_of(role)}`."
    )


def missing_ids(column: "pd.Series[Any]", is_text: bool) -> BoolArray:
    import pandas as pd
    import pyarrow.compute as pc

    if is_text:
        return np.array(pc.equal(fields_of(column), ""), dtype=bool)
    missing = column.isna().to_numpy(bool)
    if column.dtype == object and pd.api.types.infer_dtype(column).startswith("mixed"):
        hashable = [isinstance(id_, Hashable) for id_ in column]
        missing = missing | ~np.array(hashable, dtype=bool)
    return missing


def as_ids(
    column: "pd.Series[Any]",
    is_text: bool,
    known: AnyArray | None,
    id_type: IdType | None,
) -> tuple[AnyArray, BoolArray]:
    """Returns raw ids, of the kind of the known ones if any."""
    name = str(column.name)
    if is_text and (known is None or id_type is not None):
        ids, bad = text_ids(fields_of(column), id_type)
        return as_array(ids.fill_null(0) if bad.any() else ids), bad
    if is_text and known is not None:
        return as_known_ids(fields_of(column), known), np.zeros(len(column), bool)
    values = typed(column)
    if known is None or id_type is not None:
        return typed_ids(values, name, id_type)
    ids, bad = typed_ids(values, name)
    if isinstance(known[0], str) and ids.dtype.kind in "iu":
        return typed_ids(ids, name, "text")
    if known.dtype.kind in "iu" and ids.dtype.kind == "O":
        return as_id_array([_number(id_) for id_ in ids], name), bad
    return ids, bad


def _number(id_: Any) -> Any:
    """Returns the canonical text of an integer as the integer."""
    is_number = isinstance(id_, str) and re.fullmatch(r"0|-?[1-9][0-9]{0,18}", id_)
    return int(id_) if is_number else id_
