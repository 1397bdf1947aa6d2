"""Readers of the user's own files: CSV, TSV, Parquet and LightGCN lists."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tfrecs._files import file_kind, naming_file
from tfrecs._files import read_frame as read_frame
from tfrecs._files import read_lightgcn as read_lightgcn
from tfrecs._types import AnyArray
from tfrecs.interactions import Interactions
from tfrecs.vocabulary import Vocabulary, as_id_array

if TYPE_CHECKING:
    import pandas as pd

# In order of preference, as they are in lower case without "_", "-" and spaces.
_USUAL_NAMES = {
    "user": ("userid", "user", "uid", "customerid", "customer", "visitorid"),
    "item": (
        *("itemid", "item", "iid", "movieid", "movie", "filmid", "film"),
        *("productid", "product", "asin", "articleid", "trackid", "songid", "bookid"),
    ),
    "rating": ("rating", "ratings", "score", "stars"),
    "time": ("timestamp", "time", "unixtime", "datetime", "date"),
}

_Columns: TypeAlias = dict[str, Any]
"""Columns of equal length under `users`, `items`, `ratings` and `timestamps`."""


def read_interactions(
    path: str | Path,
    *,
    user_col: str | None = None,
    item_col: str | None = None,
    rating_col: str | None = None,
    time_col: str | None = None,
) -> Interactions:
    """Reads interactions from a table (see `read_frame`) or lists (`.txt`).

    A column that is not named is recognized by a usual name, such as `user_id`,
    `movieId`, `rating` or `timestamp`. Ratings and times may be absent. Of a pair that
    stands more than once the last is kept, by time or else by row.

    Args:
        path: the file; its suffix says what it is.
        user_col: the column of raw user ids.
        item_col: the column of raw item ids.
        rating_col: the column of ratings.
        time_col: the column of times: numbers, or ISO dates such as 2024-01-31.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it cannot be read, lacks a column, or holds missing ids or bad
            values.
    """
    columns = _read_columns(
        Path(path),
        {"user": user_col, "item": item_col, "rating": rating_col, "time": time_col},
    )
    with naming_file(path):
        return Interactions.from_arrays(**columns)


def read_test(
    path: str | Path,
    train: Interactions,
    *,
    user_col: str | None = None,
    item_col: str | None = None,
    rating_col: str | None = None,
    time_col: str | None = None,
) -> tuple[Interactions, int]:
    """Reads test interactions under the ids that training knows.

    Args:
        path: the file; its suffix says what it is.
        train: what was read before; its users and items are the ones known.
        user_col: as in `read_interactions`, like all that follow.
        item_col: the column of raw item ids.
        rating_col: the column of ratings.
        time_col: the column of times.

    Returns:
        The interactions of known users with known items, over `train`'s vocabularies,
        and the number of rows left out.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: as `read_interactions`, and if no row is left.
    """
    known = {"users": train.users, "items": train.items}
    columns = _read_columns(
        Path(path),
        {"user": user_col, "item": item_col, "rating": rating_col, "time": time_col},
        like=known,
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


def _read_columns(
    path: Path,
    named: dict[str, str | None],
    like: dict[str, Vocabulary] | None = None,
) -> _Columns:
    """The columns, with ids of the kind of those in `like`."""
    if file_kind(path) == ".txt":
        with naming_file(path):
            if any(named.values()):
                raise ValueError(
                    "lists in .txt have no columns. Received: names of columns. Leave "
                    "them out, or give a table."
                )
        users, items = read_lightgcn(path)
        columns: _Columns = {"users": users, "items": items}
    else:
        frame = read_frame(path)
        with naming_file(path):
            roles = _roles(list(map(str, frame.columns)), named)
        columns = _table_columns(path, frame, roles, like or {})
    if len(columns["users"]) == 0:
        raise ValueError(f"{path}: must have at least one interaction. Received: none")
    return columns


def _table_columns(
    path: Path,
    frame: "pd.DataFrame",
    roles: dict[str, str],
    like: dict[str, Vocabulary],
) -> _Columns:
    import pandas as pd

    ids = {"users": roles["user"], "items": roles["item"]}
    # "007" is only itself as text, so where training has text the test is read as text.
    text = [
        ids[key]
        for key, vocabulary in like.items()
        if isinstance(vocabulary.ids[0], str)
        and pd.api.types.is_numeric_dtype(frame[ids[key]])
    ]
    if text:
        frame = read_frame(path, text=text)
    with naming_file(path):
        columns: _Columns = {
            key: _like(as_id_array(frame[name], name), like.get(key))
            for key, name in ids.items()
        }
        if "rating" in roles:
            columns["ratings"] = _amounts(frame[roles["rating"]])
        if "time" in roles:
            columns["timestamps"] = _times(frame[roles["time"]])
    return columns


def _like(ids: AnyArray, known: Vocabulary | None) -> AnyArray:
    """The ids, where numbers that were read as text, for one "x" among them, are."""
    if known is None or known.ids.dtype.kind not in "iu" or ids.dtype.kind != "O":
        return ids
    numbers = [
        int(id_) if isinstance(id_, str) and re.fullmatch(r"-?\d+", id_) else id_
        for id_ in ids
    ]
    return as_id_array(numbers, known.name)


def _amounts(column: "pd.Series[Any]") -> AnyArray:
    import pandas as pd

    try:
        return column.to_numpy(np.float32, na_value=np.nan)
    except (TypeError, ValueError) as error:
        read = pd.to_numeric(column, errors="coerce")
        raise ValueError(_misfit(column, read, "rating", "numbers")) from error


def _times(column: "pd.Series[Any]") -> AnyArray:
    """Numbers as they are, dates as datetime64 in UTC."""
    import pandas as pd

    if pd.api.types.is_integer_dtype(column) and not column.hasnans:
        return column.to_numpy(np.int64)  # a float would round nanoseconds
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(np.float64, na_value=np.nan)
    read = pd.to_datetime(column, utc=True, format="ISO8601", errors="coerce")
    if (read.isna() & column.notna()).any():
        kinds = "numbers or ISO dates such as 2024-01-31"
        raise ValueError(_misfit(column, read, "time", kinds))
    return read.dt.tz_localize(None).to_numpy()


def _misfit(
    column: "pd.Series[Any]", read: "pd.Series[Any]", role: str, kinds: str
) -> str:
    bad = column[read.isna() & column.notna()]
    bad = column if bad.empty else bad  # of a wrong type every value is bad
    return (
        f"the column {column.name!r} must hold {kinds}. Received: {bad.iloc[0]!r} in "
        f"row {bad.index[0]}. Mend it, name another with --{role}-col, or rename it if "
        f"it is no {role}."
    )


def _roles(columns: Sequence[str], named: dict[str, str | None]) -> dict[str, str]:
    """The column of each role that has one."""
    for role, name in named.items():
        if name is not None and name not in columns:
            raise ValueError(
                f"must have the column {name!r} that --{role}-col names. Received: "
                f"columns {_listed(columns)}"
            )
    roles = {role: name for role, name in named.items() if name is not None}
    free = [column for column in columns if column not in named.values()]
    plain = {_plain(column): column for column in reversed(free)}  # the first wins
    for role, usual in _USUAL_NAMES.items():
        found = [plain[name] for name in usual if name in plain]
        if role not in roles and found:
            roles[role] = found[0]
    unknown = [role for role in ("user", "item") if role not in roles]
    if unknown:
        raise ValueError(
            f"cannot tell which column holds the {' and the '.join(unknown)} ids. "
            f"Received: columns {_listed(columns)}. Name them with "
            f"{' and '.join(f'--{role}-col' for role in unknown)}; a text file's first "
            "line must hold the names of its columns."
        )
    return roles


def _plain(column: str) -> str:
    """`User ID`, `user_id` and RecBole's `user_id:token` all as `userid`."""
    return re.sub(r"[\s_-]", "", column.partition(":")[0]).lower()


def _listed(columns: Iterable[str]) -> str:
    names = list(columns)
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(name[:40] for name in names[:20]) + more
