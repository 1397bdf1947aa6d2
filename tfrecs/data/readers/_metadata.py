"""Metadata of users and items, from a file of any format or a table."""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfrecs._base.types import AnyArray
from tfrecs.data.frames import as_frame
from tfrecs.data.ids import IdTypes, types_by_role
from tfrecs.data.readers._columns import as_ids, missing_ids
from tfrecs.data.readers._formats import read_table
from tfrecs.data.readers._table import Fault, MalformedRows, by_reason
from tfrecs.data.readers._values import inferred, typed
from tfrecs.data.roles import usual_column

if TYPE_CHECKING:
    import pandas as pd

_LOGGER = logging.getLogger("tfrecs")


def read_metadata(
    source: Any,
    role: str,
    known: AnyArray,
    *,
    id_col: str | None,
    id_type: IdTypes,
    malformed: str,
) -> tuple["pd.DataFrame", dict[str, int]]:
    """Returns a table of users or items, a file's indexed by ids of the known kind.

    Also returns the number of malformed rows of a file that were left out, by reason.

    Args:
        source: a file of any of the `FORMATS`, or a table.
        role: "user" or "item".
        known: raw ids of the interactions.
        id_col: the column of ids; by default, or if the file lacks it, one with a usual
            name.
        id_type: overrules the type of ids.
        malformed: the treatment of malformed rows, "error" or "skip".

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if it cannot be read, lacks a column of ids, or has malformed rows.
    """
    import pandas as pd

    if not isinstance(source, str | Path):
        return as_frame(source, f"{role}s"), {}
    path = Path(source)
    table = read_table(path)
    frame, faults = table.frame, table.faults
    columns = list(map(str, frame.columns))
    column = id_col if id_col in columns else usual_column(columns, role)
    if column is None:
        raise ValueError(
            f"{path}: must have a column of {role} ids with a usual name, such as "
            f"'{role}_id'. Received: columns {', '.join(columns[:20])}. Rename it, or "
            f"name it in `{role}_col` if interactions have the same."
        )
    missing = missing_ids(frame[column], table.untyped)
    faults = [*faults, *_faults(frame.index[missing], column, "an id in each row")]
    frame = frame[~missing]
    kind = types_by_role(id_type)[role]
    ids, bad = as_ids(frame[column], table.untyped, known, kind)
    faults += _faults(frame.index[bad], column, f"{kind} ids, as `id_type` says")
    skipped = MalformedRows.of(path, table.unit, faults)
    if skipped and malformed == "error":
        raise skipped.refused()
    if skipped:
        _LOGGER.warning("Left out of %s", skipped)
    others = frame[~bad].drop(columns=column)
    others = others.apply(inferred if table.untyped else typed)
    index = pd.Index(ids[~bad], name=column, tupleize_cols=False)
    return others.set_axis(index), by_reason(faults)


def _faults(places: Iterable[Any], column: str, form: str) -> list[Fault]:
    return [
        (int(place), f"the column {column!r:.60} must hold {form}") for place in places
    ]
