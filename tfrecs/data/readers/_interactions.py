"""Interactions, and test data for them, from a file of any format."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.files import file_kind, naming_file
from tfrecs.data.interactions import Interactions
from tfrecs.data.readers._columns import Columns, bad_rows, to_columns
from tfrecs.data.readers._formats import WITHOUT_HEADER, read_table
from tfrecs.data.readers._roles import find_roles
from tfrecs.data.readers._table import MalformedRows, Table
from tfrecs.data.vocabulary import Vocabulary

if TYPE_CHECKING:
    import pandas as pd

Malformed: TypeAlias = Literal["error", "skip"]

_UNTYPED = (".csv", ".tsv")
"""Formats in which what a field holds is guessed from its text."""

_LOGGER = logging.getLogger("tfrecs")


def read_interactions(
    path: str | Path,
    *,
    user_col: str | None = None,
    item_col: str | None = None,
    rating_col: str | None = None,
    time_col: str | None = None,
    malformed: Malformed = "error",
) -> Interactions:
    """Reads interactions from a file of any of the `FORMATS`.

    A column that is not named is recognized by a usual name, such as `user_id`,
    `movieId`, `rating` or `timestamp`. Ratings and times may be absent. Of a pair that
    stands more than once the last is kept, by time or else by row.

    A row is malformed if it has too few or too many fields, is broken JSON or no UTF-8,
    lacks an id, or has a rating or time that is none.

    Args:
        path: the file; its suffix says what it is.
        user_col: the column of raw user ids.
        item_col: the column of raw item ids.
        rating_col: the column of ratings.
        time_col: the column of times: numbers, or ISO dates such as 2024-01-31.
        malformed: what to do with malformed rows: raise an "error" that counts them
            and shows the first, or "skip" them, with a warning by the logger `tfrecs`
            that says the same. `read_leniently` gives the count as well.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it cannot be read, lacks a column, or has malformed rows.
    """
    check_choice("malformed", malformed, ("error", "skip"))
    interactions, _ = _read(
        Path(path),
        {"user": user_col, "item": item_col, "rating": rating_col, "time": time_col},
        malformed,
    )
    return interactions


def read_leniently(
    path: str | Path,
    *,
    user_col: str | None = None,
    item_col: str | None = None,
    rating_col: str | None = None,
    time_col: str | None = None,
) -> tuple[Interactions, MalformedRows | None]:
    """Reads like `read_interactions`, and gives the malformed rows that it skipped.

    Args:
        path: the file; its suffix says what it is.
        user_col: as in `read_interactions`, like all that follow.
        item_col: the column of raw item ids.
        rating_col: the column of ratings.
        time_col: the column of times.

    Returns:
        The interactions, as if the malformed rows were not in the file; and these rows,
        with their number, their lines and what is wrong with the first. None if there
        were none.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it cannot be read, lacks a column, or no good row is left.
    """
    return _read(
        Path(path),
        {"user": user_col, "item": item_col, "rating": rating_col, "time": time_col},
        "skip",
    )


def read_test(
    path: str | Path,
    train: Interactions,
    *,
    user_col: str | None = None,
    item_col: str | None = None,
    rating_col: str | None = None,
    time_col: str | None = None,
    malformed: Malformed = "error",
) -> tuple[Interactions, int]:
    """Reads test interactions under the ids that training knows.

    Args:
        path: the file; its suffix says what it is.
        train: what was read before; its users and items are the ones known.
        user_col: as in `read_interactions`, like all that follow.
        item_col: the column of raw item ids.
        rating_col: the column of ratings.
        time_col: the column of times.
        malformed: what to do with malformed rows, "error" or "skip".

    Returns:
        The interactions of known users with known items, over `train`'s vocabularies,
        and the number of well-formed rows left out.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: as `read_interactions`, and if no row is left.
    """
    check_choice("malformed", malformed, ("error", "skip"))
    known = {"users": train.users, "items": train.items}
    columns, _ = _read_columns(
        Path(path),
        {"user": user_col, "item": item_col, "rating": rating_col, "time": time_col},
        malformed,
        known,
    )
    with naming_file(path):
        keep = np.logical_and.reduce(
            [vocabulary.index(columns[key]) >= 0 for key, vocabulary in known.items()]
        )
        if not keep.any():
            user, item = (columns[key][:1].tolist()[0] for key in known)
            raise ValueError(
                f"none of the {len(keep)} test rows has a user and an item known from "
                f"training. Received: user {user!r} with item {item!r}, where training "
                f"has {train.users!r} and {train.items!r}"
            )
        test = Interactions.from_arrays(
            **{key: column[keep] for key, column in columns.items()},
            user_vocabulary=train.users,
            item_vocabulary=train.items,
            user_features=train.user_features,
            item_features=train.item_features,
        )
    return test, int(np.sum(~keep))


def _read(
    path: Path, named: dict[str, str | None], malformed: Malformed
) -> tuple[Interactions, MalformedRows | None]:
    columns, left_out = _read_columns(path, named, malformed, {})
    with naming_file(path):
        return Interactions.from_arrays(**columns), left_out


def _read_columns(
    path: Path,
    named: dict[str, str | None],
    malformed: Malformed,
    like: dict[str, Vocabulary],
) -> tuple[Columns, MalformedRows | None]:
    """The columns, with ids of the kind of those in `like`, of the good rows."""
    if file_kind(path) in WITHOUT_HEADER and any(named.values()):
        raise ValueError(
            f"{path}: lists in {file_kind(path)} have no columns. Received: names of "
            "columns. Leave them out, or give a table."
        )
    table, roles, left_out = _good_rows(path, named, again=malformed == "skip")
    if left_out and malformed == "error":
        raise ValueError(str(left_out))
    if table.frame.empty:
        told = f": {left_out}" if left_out else ""
        raise ValueError(
            f"{path}: must have at least one interaction. Received: none{told}"
        )
    if left_out:
        _LOGGER.warning("Left out of %s", left_out)
    with naming_file(path):
        text = _columns_of_text(path, table.frame, roles, like)
        if text:
            places = frozenset(left_out.places if left_out else ())
            table = read_table(path, text, places)
        return to_columns(table.frame, roles, like), left_out


def _good_rows(
    path: Path, named: dict[str, str | None], *, again: bool
) -> tuple[Table, dict[str, str], MalformedRows | None]:
    """The table, its roles and its malformed rows, read `again` without these."""
    table = read_table(path)
    roles: dict[str, str] = {}
    left_out = table.malformed
    while table.frame.columns.size:
        with naming_file(path):
            roles = find_roles(list(map(str, table.frame.columns)), named)
            bad = bad_rows(table.frame, roles)
        if not bad.any():
            break
        places = np.array(table.places())[bad].tolist()
        reason = _reason(table.frame[: bad.argmax() + 1], roles)
        more = MalformedRows(path, tuple(places), table.unit, reason)
        left_out = more.joined(left_out)
        if not again:
            break
        table = read_table(path, (), frozenset(left_out.places))
    return table, roles, left_out


def _reason(frame: "pd.DataFrame", roles: dict[str, str]) -> str:
    """What is wrong with the last row, the only bad one."""
    try:
        to_columns(frame, roles, {})
    except (TypeError, ValueError) as error:
        return str(error)
    return "it does not fit the other rows"


def _columns_of_text(
    path: Path,
    frame: "pd.DataFrame",
    roles: dict[str, str],
    like: dict[str, Vocabulary],
) -> list[str]:
    """The columns of ids that must be read as text to stay what they are."""
    import pandas as pd

    text = []
    for role, key in (("user", "users"), ("item", "items")):
        column = frame[roles[role]]
        # "007" is only itself as text, so where training has text the test is text.
        known = key in like and isinstance(like[key].ids[0], str)
        # So is "1.10", which as a number would be the same id as "1.1".
        is_float = pd.api.types.is_float_dtype(column) and file_kind(path) in _UNTYPED
        inexact = is_float and bool((column.abs() >= 2**53).any() or (column % 1).any())
        if inexact or (known and pd.api.types.is_numeric_dtype(column)):
            text.append(roles[role])
    return text
