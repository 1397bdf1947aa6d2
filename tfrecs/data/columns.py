"""Columns of interactions: made arrays, checked, and freed of repeated pairs."""

from typing import Any, Literal

import numpy as np

from tfrecs._base.types import AnyArray, FloatArray, IntArray

Duplicates = Literal["last", "first", "max", "sum", "error"]


def as_indices(values: Any, name: str, size: int) -> IntArray:
    """Returns ids as `[n]` int32, refusing any that are not below `size`."""
    ids = np.array(values)
    if ids.ndim != 1 or ids.dtype.kind not in "iu":
        raise TypeError(
            f"`{name}` must be a one-dimensional array of ints. Received: shape "
            f"{ids.shape}, {ids.dtype}. For raw ids use Interactions.from_arrays."
        )
    if len(ids) and not 0 <= ids.min() <= ids.max() < size:
        raise ValueError(
            f"`{name}` must be from 0 to {size - 1}. Received: "
            f"{ids.min()} to {ids.max()}"
        )
    return ids.astype(np.int32)


def as_amounts(values: Any, name: str) -> FloatArray | None:
    """Ratings or weights as float32, finite and at least 0."""
    if values is None:
        return None
    try:
        with np.errstate(over="ignore"):  # too large is inf, which is told below
            amounts = np.array(values, dtype=np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"`{name}` must be numbers. Received: {error}") from error
    _check_column(amounts, name)
    bad = np.flatnonzero(~(np.isfinite(amounts) & (amounts >= 0)))
    if bad.size:
        raise ValueError(
            f"`{name}` must be finite and at least 0. Received: {bad.size} that "
            f"are not, the first {amounts[bad[0]]} in row {bad[0]}"
        )
    return amounts


def as_times(values: Any) -> AnyArray | None:
    """Timestamps as int64 or float64; datetimes become seconds since 1970."""
    if values is None:
        return None
    times = np.array(values)
    _check_column(times, "timestamps")
    if times.dtype.kind == "M":
        missing = np.isnat(times)
        times = times.astype("datetime64[us]").astype(np.int64) / 1e6
    elif times.dtype.kind in "iuf":
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


def distinct_rows(
    pairs: AnyArray,
    duplicates: Duplicates,
    *,
    ratings: FloatArray | None,
    timestamps: AnyArray | None,
    weights: FloatArray | None,
) -> tuple[AnyArray, dict[str, AnyArray | None]]:
    """The row to keep of each pair, in the order of rows, and its merged values."""
    if duplicates == "max" and ratings is None:
        raise ValueError('`duplicates="max"` keeps the highest rating: give `ratings`.')
    if duplicates == "sum" and ratings is None and weights is None:
        ratings = np.ones(len(pairs), dtype=np.float32)
    rank = ratings if duplicates == "max" else timestamps
    if rank is None:
        rank = np.zeros(len(pairs), dtype=np.float32)
    order = np.lexsort((np.arange(len(pairs)), rank, pairs))
    starts = np.flatnonzero(np.diff(pairs[order], prepend=-1))
    if duplicates == "error" and len(starts) < len(pairs):
        raise ValueError(
            f"Each (user, item) pair must stand once. Received: "
            f"{len(pairs) - len(starts)} repeated. Choose another `duplicates` policy."
        )
    ends = np.append(starts[1:], len(pairs)) - 1
    rows = order[starts if duplicates == "first" else ends]
    merged: dict[str, AnyArray | None] = {
        "ratings": ratings,
        "timestamps": timestamps,
        "weights": weights,
    }
    for name, column in merged.items():
        if column is None:
            continue
        if duplicates == "sum" and name != "timestamps":
            merged[name] = np.add.reduceat(column[order], starts)
        else:
            merged[name] = column[rows]
    by_row = np.argsort(rows, kind="stable")
    return rows[by_row], {
        name: None if column is None else column[by_row]
        for name, column in merged.items()
    }
