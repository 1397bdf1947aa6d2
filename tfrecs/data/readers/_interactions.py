"""Interactions, and test data for them, from a file of any format."""

import logging
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.files import file_kind, naming_file
from tfrecs.data.ids import IdTypes, types_by_role
from tfrecs.data.interactions import Interactions
from tfrecs.data.metadata import described
from tfrecs.data.raw import Duplicates
from tfrecs.data.readers._columns import Columns, to_columns
from tfrecs.data.readers._formats import WITHOUT_HEADER, read_table
from tfrecs.data.readers._metadata import read_metadata
from tfrecs.data.readers._table import MalformedRows
from tfrecs.data.roles import find_roles
from tfrecs.data.vocabulary import Vocabulary

Malformed: TypeAlias = Literal["error", "skip"]

_LOGGER = logging.getLogger("tfrecs")


def read_interactions(
    path: str | Path,
    *,
    user_col: str | None = None,
    item_col: str | None = None,
    rating_col: str | None = None,
    time_col: str | None = None,
    id_type: IdTypes = None,
    malformed: Malformed = "error",
    weights: str | None = None,
    duplicates: Duplicates = "last",
    items: Any = None,
    users: Any = None,
) -> Interactions:
    """Reads interactions from a file of any of the `FORMATS`.

    A column that is not named is recognized by a usual name, such as `user_id`,
    `movieId`, `rating` or `timestamp`. Ratings and times are optional.

    An id column of text holds integers if each field is the canonical form of one, and
    text otherwise: "007", "1e5" and "NA" are text. Only the empty field is missing.

    A row is malformed if it has too few or too many fields, is not JSON or UTF-8, lacks
    an id, or has an invalid rating or time.

    Args:
        path: the file; its suffix names the format.
        user_col: the column of raw user ids.
        item_col: the column of raw item ids.
        rating_col: the column of ratings, finite and at least 0.
        time_col: the column of times: numbers, or ISO dates such as 2024-01-31.
        id_type: overrules the type of ids: "text" keeps each id as it is written, and
            "integer" reads 007 and 7.0 as 7; or by role, as in {"user": "integer"}.
        malformed: the treatment of malformed rows: "error" raises an error that counts
            them and shows the first, and "skip" leaves them out and logs the same as a
            warning (logger `tfrecs`). `read_leniently` returns them as well.
        weights: the column of weights, finite and at least 0.
        duplicates: the treatment of a repeated pair, as in `Interactions.from_arrays`.
        items: a file of items or a table, whose ids are in a column with a usual name,
            or the one of `item_col`. All are in the catalogue, also without
            interactions; their other columns are `item_features`.
        users: the same for users.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if it cannot be read, lacks a column, or has malformed rows.
    """
    named = {"user": user_col, "item": item_col, "rating": rating_col, "time": time_col}
    named["weight"] = weights
    columns, _ = _read_columns(Path(path), named, malformed, id_type, {})
    for role, id_col, source in ("user", user_col, users), ("item", item_col, items):
        if source is not None:
            ids = Vocabulary.learn(columns[f"{role}s"], f"{role}s")[0]
            frame = read_metadata(
                source, role, ids, id_col=id_col, id_type=id_type, malformed=malformed
            )
            columns |= described(columns, role, id_col, None, frame)
    with naming_file(path):
        return Interactions.from_arrays(**columns, duplicates=duplicates)


def read_leniently(
    path: str | Path,
    *,
    user_col: str | None = None,
    item_col: str | None = None,
    rating_col: str | None = None,
    time_col: str | None = None,
    id_type: IdTypes = None,
) -> tuple[Interactions, MalformedRows | None]:
    """Skips malformed rows, and returns them too; arguments as `read_interactions`.

    Returns:
        The interactions, as if the malformed rows were not in the file, and these rows:
        their number, their lines and the reason for the first. or None.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if it cannot be read, lacks a column, or has no good row.
    """
    named = {"user": user_col, "item": item_col, "rating": rating_col, "time": time_col}
    return _read(Path(path), named, "skip", id_type)


def read_test(
    path: str | Path,
    train: Interactions,
    *,
    user_col: str | None = None,
    item_col: str | None = None,
    rating_col: str | None = None,
    time_col: str | None = None,
    id_type: IdTypes = None,
    malformed: Malformed = "error",
    duplicates: Duplicates = "last",
) -> tuple[Interactions, int]:
    """Reads test interactions of the users and items of `train`.

    Args:
        path: the file; its suffix names the format.
        train: the training data; its vocabularies are used.
        user_col: as in `read_interactions`, like all that follow.
        item_col: the column of raw item ids.
        rating_col: the column of ratings.
        time_col: the column of times.
        id_type: overrules the type of ids, which is that of `train`'s ids.
        malformed: the treatment of malformed rows, "error" or "skip".
        duplicates: the treatment of a repeated pair.

    Returns:
        The interactions of known users with known items, over `train`'s vocabularies,
        and the number of well-formed rows left out.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: as `read_interactions`, and if no row is left.
    """
    known = {"users": train.users, "items": train.items}
    named = {"user": user_col, "item": item_col, "rating": rating_col, "time": time_col}
    columns, _ = _read_columns(Path(path), named, malformed, id_type, known)
    with naming_file(path):
        keep = np.logical_and.reduce(
            [vocabulary.index(columns[key]) >= 0 for key, vocabulary in known.items()]
        )
        if not keep.any():
            user, item = (columns[key][:1].tolist()[0] for key in known)
            raise ValueError(
                f"must have a row whose user and item are in training. Received: "
                f"{len(keep)} rows, the first with user {user!r} and item {item!r}, "
                f"where training has {train.users!r} and {train.items!r}"
            )
        test = Interactions.from_arrays(
            **{key: column[keep] for key, column in columns.items()},
            user_vocabulary=train.users,
            item_vocabulary=train.items,
            duplicates=duplicates,
            user_features=train.user_features,
            item_features=train.item_features,
        )
    return test, int(np.sum(~keep))


def _read(
    path: Path,
    named: dict[str, str | None],
    malformed: Malformed,
    id_type: IdTypes,
) -> tuple[Interactions, MalformedRows | None]:
    columns, skipped = _read_columns(path, named, malformed, id_type, {})
    with naming_file(path):
        return Interactions.from_arrays(**columns), skipped


def _read_columns(
    path: Path,
    named: dict[str, str | None],
    malformed: Malformed,
    id_type: IdTypes,
    known: dict[str, Vocabulary],
) -> tuple[Columns, MalformedRows | None]:
    """The columns of the good rows, with ids of the kind of the known ones."""
    check_choice("malformed", malformed, ("error", "skip"))
    types_by_role(id_type)
    if file_kind(path) in WITHOUT_HEADER and any(named.values()):
        raise ValueError(
            f"{path}: files in {file_kind(path)} have no columns to name. Received: "
            f"{', '.join(f'`{role}_col`' for role, name in named.items() if name)}. "
            "Leave them out."
        )
    table = read_table(path)
    columns: Columns = {}
    faults = table.faults
    if table.frame.columns.size:
        with naming_file(path):
            roles = find_roles(list(map(str, table.frame.columns)), named)
            columns, more = to_columns(table, roles, known, id_type)
            faults = faults + more
    skipped = MalformedRows.of(path, table.unit, faults)
    if skipped and malformed == "error":
        raise ValueError(str(skipped))
    if not columns or not len(columns["users"]):
        reason = f": {skipped}" if skipped else ""
        raise ValueError(
            f"{path}: must have at least one interaction. Received: none{reason}"
        )
    if skipped:
        _LOGGER.warning("Left out of %s", skipped)
    return columns, skipped
