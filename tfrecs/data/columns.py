"""Columns of interactions as checked arrays."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp

from tfrecs._base.indices import as_indices
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.data.frames import one_column


def checked_columns(
    columns: Mapping[str, Any], num_users: int, num_items: int, repeats: bool
) -> dict[str, AnyArray]:
    """Returns the columns of interactions that are not None, checked and read-only.

    Args:
        columns: `user_ids`, `item_ids`, `ratings`, `timestamps` and `weights`.
        num_users: the size of the users' vocabulary.
        num_items: the size of the items' vocabulary.
        repeats: whether pairs may be repeated.

    Raises:
        ValueError: if lengths differ, a value is bad or a pair is repeated.
    """
    user_ids = as_indices(columns["user_ids"], "user_ids", num_users)
    item_ids = as_indices(columns["item_ids"], "item_ids", num_items)
    ids = {"user_ids": user_ids, "item_ids": item_ids}
    checked = {**ids, **checked_values(columns, ids)}
    for column in checked.values():
        column.flags.writeable = False
    if repeats:
        return checked
    pairs = np.sort(pair_keys(user_ids, item_ids, num_items))
    repeated = np.count_nonzero(pairs[1:] == pairs[:-1])  # faster than np.unique
    if repeated:
        raise ValueError(
            f"Each (user, item) pair must be unique. Received: {repeated} "
            "repeated. Use from_arrays, whose `duplicates` says which to keep."
        )
    return checked


def checked_values(
    columns: Mapping[str, Any], ids: Mapping[str, AnyArray]
) -> dict[str, AnyArray]:
    """Returns the ratings, timestamps and weights that are not None as arrays.

    Args:
        columns: `ratings`, `timestamps` and `weights`.
        ids: the users and items of the rows, by the names of their arguments.

    Raises:
        ValueError: if lengths differ, there are no rows, or a value is bad.
    """
    values = {
        "ratings": as_amounts(columns["ratings"], "ratings"),
        "timestamps": as_times(columns["timestamps"]),
        "weights": as_amounts(columns["weights"], "weights"),
    }
    given = {name: value for name, value in values.items() if value is not None}
    first, size = next((name, len(users)) for name, users in ids.items())
    for name, column in {**ids, **given}.items():
        if len(column) != size:
            raise ValueError(
                f"`{name}` must be as long as `{first}`. Received: {len(column)} and "
                f"{size}"
            )
    if size == 0:
        raise ValueError(
            f"`{first}` must hold at least one interaction. Received: none. If a "
            "filter left nothing, loosen it."
        )
    return given


def as_amounts(values: Any, name: str) -> FloatArray | None:
    """Returns ratings or weights as float32, finite and at least 0."""
    if values is None:
        return None
    try:
        with np.errstate(over="ignore"):  # becomes inf, refused below
            amounts = np.array(one_column(values, name), dtype=np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"`{name}` must be numbers. Received: {error}") from error
    _check_column(amounts, name)
    bad = np.flatnonzero(~(np.isfinite(amounts) & (amounts >= 0)))
    if bad.size:
        raise ValueError(
            f"`{name}` must be finite and at least 0. Received: {bad.size} other "
            f"values, the first {amounts[bad[0]]} in row {bad[0]}"
        )
    return amounts


def as_times(values: Any) -> AnyArray | None:
    """Returns times as int64 or float64, with datetimes as seconds since 1970."""
    if values is None:
        return None
    times = np.array(one_column(values, "timestamps"))
    _check_column(times, "timestamps")
    if times.dtype.kind == "M":
        missing = np.isnat(times)
        times = times.astype("datetime64[us]").astype(np.int64) / 1e6
    elif times.dtype.kind in "iuf":
        if times.dtype.kind == "u" and times.max(initial=0) >= 2**63:
            raise ValueError(
                f"`timestamps` must be below 2**63. Received: {times.max()}. Divide "
                "them, or pass another unit."
            )
        missing = ~np.isfinite(times)
        times = times.astype(np.float64 if times.dtype.kind == "f" else np.int64)
    else:
        raise TypeError(
            f"`timestamps` must be numbers or datetimes. Received: {times.dtype}. "
            "Convert them first, for example with pandas.to_datetime."
        )
    if missing.any():
        raise ValueError(
            f"`timestamps` must not be missing. Received: {missing.sum()} missing, the "
            f"first in row {np.flatnonzero(missing)[0]}"
        )
    return times


def _check_column(values: AnyArray, name: str) -> None:
    if values.ndim != 1:
        raise ValueError(
            f"`{name}` must have one dimension, one value for each interaction. "
            f"Received: shape {values.shape}"
        )


def pairs_matrix(
    user_ids: IntArray, item_ids: IntArray, shape: tuple[int, int]
) -> sp.csr_array:
    """Returns 1 for each pair, `[num_users, num_items]` float32, items sorted."""
    ones = np.ones(len(user_ids), dtype=np.float32)
    matrix = sp.csr_array((ones, (user_ids, item_ids)), shape=shape)
    matrix.sum_duplicates()
    matrix.data.fill(1)  # of repeated pairs too
    return matrix


def pair_keys(user_ids: IntArray, item_ids: IntArray, num_items: int) -> AnyArray:
    """Returns an int64 for each pair, equal only for equal pairs."""
    return user_ids.astype(np.int64) * num_items + item_ids
