"""A file to columns of interactions, and the summary of what was read."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.files import naming_file
from tfrecs._base.limits import LIMITS
from tfrecs._base.types import AnyArray
from tfrecs.data.ids import types_by_role
from tfrecs.data.readers._columns import Columns, to_columns
from tfrecs.data.readers._form import Form
from tfrecs.data.readers._formats import read_table
from tfrecs.data.readers._opening import GUESSED
from tfrecs.data.readers._options import FileOptions, FormOptions, check_names
from tfrecs.data.readers._progress import REPORT_SECONDS
from tfrecs.data.readers._table import MalformedRows, Table, by_reason
from tfrecs.data.reading import Reading
from tfrecs.data.roles import find_roles

_LOGGER = logging.getLogger("tfrecs")
NO_NAMES = "Pass header=False if the first line holds no names."


@dataclass(frozen=True)
class FileColumns:
    """The columns of the well-formed rows of a file, its other rows, and a summary."""

    columns: Columns
    malformed: MalformedRows | None
    reading: Reading


def read_columns(
    path: Path,
    options: FileOptions,
    malformed: str,
    known: Mapping[str, AnyArray],
    weights: str | None = None,
) -> FileColumns:
    """Reads the columns of a file, with ids of the kind of the known ones.

    Args:
        path: the file.
        options: how it is read.
        malformed: the treatment of malformed rows, "error" or "skip".
        known: ids of `users` and `items` whose kind is to be read.
        weights: the column of weights.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if it cannot be read, lacks a column, has malformed rows, or no row.
    """
    check_names(options, FileOptions)
    check_choice("malformed", malformed, ("error", "skip"))
    types_by_role(options.get("id_type"))
    named = _named(options, weights)
    began = time.monotonic()
    table = read_table(path, form_of(options), [n for n in named.values() if n])
    if time.monotonic() - began >= REPORT_SECONDS:
        _LOGGER.info("%s: converting %d rows", path, len(table.frame))
    columns: Columns = {}
    faults = table.faults
    reading = _summary(path, table, options)
    if table.frame.columns.size:
        with naming_file(path):
            names = list(map(str, table.frame.columns))
            roles = find_roles(names, named, remedy=NO_NAMES)
            columns, more, notes = to_columns(table, roles, known, options)
            faults = faults + more
            reading = _described(reading, table, roles, columns, notes)
    skipped = MalformedRows.of(path, table.unit, faults)
    if skipped and malformed == "error":
        raise skipped.refused()
    if not columns or not len(columns["users"]):
        reason = f": {skipped}" if skipped else ""
        raise ValueError(
            f"{path}: must have at least one interaction. Received: none{reason}"
        )
    if skipped:
        _LOGGER.warning("Left out of %s", skipped)
    for note in reading.notes:
        _LOGGER.warning("%s: %s", path, note)
    return FileColumns(columns, skipped, replace(reading, dropped=by_reason(faults)))


def form_of(options: FormOptions) -> Form:
    """Returns what options state of the form of a file."""
    return Form(
        options.get("format"),
        options.get("separator"),
        options.get("encoding"),
        options.get("header"),
        options.get("limits", LIMITS),
    )


def _named(options: FileOptions, weights: str | None) -> dict[str, str | None]:
    """Returns the column of each role that the caller names."""
    return {
        "user": options.get("user_col"),
        "item": options.get("item_col"),
        "rating": options.get("rating_col"),
        "time": options.get("time_col"),
        "weight": weights,
    }


def _summary(path: Path, table: Table, options: FileOptions) -> Reading:
    form = table.form
    guessed = options.get("encoding") is None and form.encoding in GUESSED
    note = (
        f"it is no UTF-8, and was read as {form.encoding}. Pass its `encoding` to be "
        "sure"
    )
    return Reading(
        path,
        form.format or "",
        form.separator,
        form.encoding,
        form.header,
        rows=len(table.frame) + len({place for place, _ in table.faults}),
        notes=(note,) if guessed else (),
    )


def _described(
    reading: Reading,
    table: Table,
    roles: Mapping[str, str],
    columns: Columns,
    notes: list[str],
) -> Reading:
    """Returns the summary with what was read of each column."""
    used = {r: n for r, n in roles.items() if r != "time" or "timestamps" in columns}
    names = map(str, table.frame.columns)
    ids = {role: columns[f"{role}s"] for role in ("user", "item")}
    spaced = {role: _with_spaces(values) for role, values in ids.items()}
    notes += [
        f"{number:,} rows have a {role} id that begins or ends with a space, which is "
        "part of it"
        for role, number in spaced.items()
        if number
    ]
    return replace(
        reading,
        columns=used,
        unused=tuple(name for name in names if name not in used.values()),
        id_types={role: _kind(values) for role, values in ids.items()},
        ratings=_range(columns.get("ratings")),
        times=_range(columns.get("timestamps")),
        notes=(*reading.notes, *notes),
    )


def _kind(ids: AnyArray) -> str:
    if ids.dtype.kind in "iu":
        return "integer"
    is_text = all(isinstance(id_, str) for id_ in ids)
    return "text" if is_text else "mixed" if ids.dtype == object else "number"


def _with_spaces(ids: AnyArray) -> int:
    if ids.dtype != object:
        return 0
    return sum(isinstance(id_, str) and id_ != id_.strip() for id_ in ids)


def _range(values: AnyArray | None) -> tuple[float, float] | None:
    """Returns the lowest and the highest value; of dates in seconds since 1970."""
    if values is None or not len(values):
        return None
    if values.dtype.kind == "M":
        values = values.astype("datetime64[us]").astype(np.int64) / 1e6
    return float(values.min()), float(values.max())
