"""Indices of users and items, from 0."""

from typing import Any

import numpy as np

from tfrecs._base.types import IntArray

PADDING = -1
"""No item, where a history is shorter than its row. Padding comes first."""


def as_indices(values: Any, name: str, size: int) -> IntArray:
    """Returns ids as `[n]` int32, all from 0 to `size` - 1."""
    ids = np.array(values)
    if ids.ndim != 1 or (len(ids) and ids.dtype.kind not in "iu"):
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
