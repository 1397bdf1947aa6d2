"""Raw ids, from arrays, frames or matrices, to the fields of `Interactions`."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
import scipy.sparse as sp

from tfrecs._base.checks import check_choice
from tfrecs._base.files import naming_file
from tfrecs._base.types import AnyArray, IntArray
from tfrecs.data.columns import checked_values, pair_keys
from tfrecs.data.frames import as_frame
from tfrecs.data.ids import IdTypes, raw_ids, types_by_role
from tfrecs.data.roles import find_roles
from tfrecs.data.vocabulary import Vocabulary

Duplicates = Literal["last", "first", "max", "sum", "keep", "error"]

_KEYS = {
    "user": "users",
    "item": "items",
    "rating": "ratings",
    "time": "timestamps",
    "weight": "weights",
}


def fields_of_columns(
    columns: Mapping[str, Any],
    duplicates: Duplicates,
    id_type: IdTypes = None,
    user_vocabulary: Vocabulary | None = None,
    item_vocabulary: Vocabulary | None = None,
) -> dict[str, Any]:
    """Indexes raw ids and merges repeated pairs; see `Interactions.from_arrays`.

    Args:
        columns: raw ids as `users` and `items`, and `ratings`, `timestamps` and
            `weights`, each `[rows]` or None.
        duplicates: the treatment of repeated pairs.
        id_type: the type of ids.
        user_vocabulary: ids to use instead of learning them.
        item_vocabulary: ids to use instead of learning them.
    """
    check_choice("duplicates", duplicates, get_args(Duplicates))
    types = types_by_role(id_type)
    raw_users = raw_ids(columns["users"], "users", types["user"])
    raw_items = raw_ids(columns["items"], "items", types["item"])
    values = checked_values(columns, {"users": raw_users, "items": raw_items})
    user_vocabulary, user_ids = _indexed(raw_users, "users", user_vocabulary)
    item_vocabulary, item_ids = _indexed(raw_items, "items", item_vocabulary)
    pairs = pair_keys(user_ids, item_ids, len(item_vocabulary))
    rows, merged = distinct_rows(pairs, duplicates, values)
    return {
        "user_ids": user_ids[rows],
        "item_ids": item_ids[rows],
        "users": user_vocabulary,
        "items": item_vocabulary,
        "repeats": duplicates == "keep",
        **merged,
    }


def columns_of_roles(
    table: Any, named: Mapping[str, str | None]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Finds the columns of a table by their names or usual names.

    A column of times that the caller does not name is left out, with a warning of the
    logger "tfrecs", unless it holds numbers or datetimes.

    Args:
        table: the rows.
        named: the columns that the caller names, by role.

    Returns:
        The columns for `fields_of_columns`, and the name of each role's.
    """
    frame = as_frame(table, "frame")
    with naming_file("`frame`"):
        roles = find_roles(list(frame.columns), named, weights="weight_col")
    time = roles.get("time")
    if time is not None and named.get("time") is None and not _has_times(frame[time]):
        logging.getLogger("tfrecs").warning(
            "No times were read: the column %r must hold numbers or datetimes, none "
            "missing. Convert it, such as with pandas.to_datetime.",
            roles.pop("time"),
        )
    columns = {
        key: frame[roles[role]] if role in roles else None
        for role, key in _KEYS.items()
    }
    return columns, roles


def _has_times(column: Any) -> bool:
    return column.dtype.kind in "iufM" and not column.isna().any()


def _indexed(
    raw: AnyArray, name: str, vocabulary: Vocabulary | None
) -> tuple[Vocabulary, IntArray]:
    if vocabulary is None:
        return Vocabulary.learn(raw, name)
    return vocabulary, vocabulary.known(raw)


def distinct_rows(
    pairs: AnyArray, duplicates: Duplicates, columns: Mapping[str, AnyArray]
) -> tuple[AnyArray, dict[str, AnyArray]]:
    """Returns the rows to keep of each pair, in the order of rows, and their values."""
    import pandas as pd

    ratings = columns.get("ratings")
    if duplicates == "max" and ratings is None:
        raise ValueError('`duplicates="max"` keeps the highest rating: pass `ratings`.')
    if duplicates == "sum" and columns.keys().isdisjoint(("ratings", "weights")):
        columns = {**columns, "ratings": np.ones(len(pairs), dtype=np.float32)}
    # Most files repeat few pairs or none, and sorting all costs more than reading.
    ordered = np.sort(pairs)
    if duplicates == "keep" or (ordered[1:] != ordered[:-1]).all():
        return np.arange(len(pairs)), {n: c.copy() for n, c in columns.items()}
    repeated = pd.Series(pairs).duplicated(keep=False).to_numpy()
    some = np.flatnonzero(repeated)
    rank = ratings if duplicates == "max" else columns.get("timestamps")
    keys = (pairs[some],) if rank is None else (rank[some], pairs[some])
    order = some[np.lexsort(keys)]  # stable: equal ones keep the order of rows
    starts = np.flatnonzero(np.diff(pairs[order], prepend=-1))
    ends = np.flatnonzero(np.diff(pairs[order], append=-1))
    if duplicates == "error":
        raise ValueError(
            f"Each (user, item) pair must be unique. Received: "
            f"{len(order) - len(starts)} repeated. Choose another `duplicates` policy."
        )
    kept = order[starts if duplicates == "first" else ends]
    keep = ~repeated
    keep[kept] = True
    merged: dict[str, AnyArray] = {}
    for name, column in columns.items():
        if duplicates == "sum" and name != "timestamps":
            column = column.copy()
            column[kept] = np.add.reduceat(column[order], starts)
        merged[name] = column[keep]
    return np.flatnonzero(keep), merged


def fields_of_matrix(
    matrix: Any,
    users: Sequence[Any] | None,
    items: Sequence[Any] | None,
) -> dict[str, Any]:
    """Indexes a matrix of users by items; see `Interactions.from_matrix`."""
    matrix, users, items = _labelled(matrix, users, items)
    coo = sp.coo_array(matrix)
    coo.sum_duplicates()
    coo.eliminate_zeros()
    if coo.ndim != 2:
        raise ValueError(f"`matrix` must be users x items. Received: shape {coo.shape}")
    for axis, (name, ids) in enumerate({"users": users, "items": items}.items()):
        if ids is not None and len(ids) != coo.shape[axis]:
            turned = len(ids) == coo.shape[1 - axis]
            raise ValueError(
                f"`matrix` must be users x items. Received: shape {coo.shape} "
                f"and {len(ids)} {name}."
                + (" It looks transposed: pass matrix.T." if turned else "")
            )
    user_ids, item_ids = coo.coords
    num_users, num_items = coo.shape
    return {
        "user_ids": user_ids,
        "item_ids": item_ids,
        "users": Vocabulary(np.arange(num_users) if users is None else users, "users"),
        "items": Vocabulary(np.arange(num_items) if items is None else items, "items"),
        "ratings": coo.data,
    }


def _labelled(matrix: Any, users: Any, items: Any) -> tuple[Any, Any, Any]:
    """A matrix with the ids of its rows and columns, a DataFrame's own by default."""
    import pandas as pd

    if not isinstance(matrix, pd.DataFrame):
        return matrix, users, items
    users = matrix.index.to_flat_index() if users is None else users
    items = matrix.columns.to_flat_index() if items is None else items
    other = [name for name in matrix if not pd.api.types.is_numeric_dtype(matrix[name])]
    if other:
        raise TypeError(
            f"`matrix` must hold numbers. Received: a column {other[0]!r} of "
            f"{matrix[other[0]].dtype}. If it has the ids of users, use "
            f"matrix.set_index({other[0]!r})."
        )
    missing = int(matrix.isna().sum().sum())
    if missing:
        raise ValueError(
            f"`matrix` must have no missing values. Received: {missing} of "
            f"{matrix.size}. If they are no interactions, use matrix.fillna(0)."
        )
    values: Any = matrix
    if all(isinstance(kind, pd.SparseDtype) for kind in matrix.dtypes):
        return values.sparse.to_coo(), users, items
    return values.to_numpy(float), users, items
