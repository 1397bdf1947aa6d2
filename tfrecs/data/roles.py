"""The columns of users, items, ratings and times, by their names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# In order of preference, as they are in lower case without "_", "-" and spaces.
_USUAL_NAMES = {
    "user": (
        *("userid", "user", "uid", "customerid", "customer", "visitorid"),
        *("reviewerid", "memberid", "sessionid"),
    ),
    "item": (
        *("itemid", "item", "iid", "movieid", "movie", "filmid", "film"),
        *("productid", "product", "asin", "articleid", "trackid", "songid", "bookid"),
        *("isbn", "stockcode", "businessid", "parentasin", "animeid", "artistid"),
        *("gameid", "newsid", "recipeid"),
    ),
    "rating": (
        *("rating", "ratings", "score", "stars", "overall", "bookrating", "label"),
        *("hours", "weight", "playcount"),
    ),
    "time": (
        *("timestamp", "time", "unixtime", "datetime", "date", "unixreviewtime"),
        "invoicedate",
    ),
}


def find_roles(
    columns: Sequence[str],
    named: Mapping[str, str | None],
    *,
    weights: str = "weights",
    remedy: str = "",
) -> dict[str, str]:
    """Returns the column of each role (user, item, rating, time) that has one.

    Args:
        columns: the names of all columns.
        named: the columns that the caller names, by role.
        weights: the argument that names the column of weights, for messages.
        remedy: what else to do if ids are not found, for messages.

    Raises:
        ValueError: if a named column is missing, or the users' or items' is not found.
    """
    for role, name in named.items():
        if name is not None and name not in columns:
            argument = weights if role == "weight" else argument_of(role)
            raise ValueError(
                f"must have the column {name!r}, named in `{argument}`. "
                f"Received: columns {_listed(columns)}"
            )
    roles = {role: name for role, name in named.items() if name is not None}
    free = [column for column in columns if column not in named.values()]
    for role in _USUAL_NAMES:
        found = usual_column(free, role)
        if role not in roles and found is not None:
            roles[role] = found
    unknown = [role for role in ("user", "item") if role not in roles]
    if unknown:
        raise ValueError(
            f"must have a column of {' and '.join(unknown)} ids with a usual name. "
            f"Received: columns {_listed(columns)}. Name it in "
            f"{' and '.join(f'`{role}_col`' for role in unknown)}. {remedy}".rstrip()
        )
    return roles


def argument_of(role: str) -> str:
    """Returns the argument that names the column of a role."""
    return "weights" if role == "weight" else f"{role}_col"


def usual_column(columns: Iterable[Any], role: str) -> Any:
    """Returns the first column with a usual name of a role, None without one."""
    plain = {plain_name(str(column)): column for column in reversed(list(columns))}
    found = [plain[name] for name in _USUAL_NAMES[role] if name in plain]
    return found[0] if found else None


def plain_name(column: str) -> str:
    """`User ID`, `user_id` and RecBole's `user_id:token` all as `userid`."""
    return re.sub(r"[\s_-]", "", column.partition(":")[0]).lower()


def _listed(columns: Iterable[str]) -> str:
    names = list(map(str, columns))
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(name[:40] for name in names[:20]) + more
