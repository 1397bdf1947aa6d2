"""Indices of users and items, from 0."""

from typing import Any

import numpy as np

from tfrecs._base.types import IntArray

PADDING = -1
"""No item, where a history is shorter than its row. Padding comes first."""


def as_indices(
    values: Any, name: str, size: int, *, lowest: int = 0, dimensions: int = 1
) -> IntArray:
    """Returns ids as int32, all from `lowest` to `size` - 1."""
    ids = np.array(values)
    if ids.ndim != dimensions or (ids.size and ids.dtype.kind not in "iu"):
        raise TypeError(
            f"`{name}` must be ints of {dimensions} dimension{'s' * (dimensions > 1)}. "
            f"Received: shape {ids.shape}, {ids.dtype}. For raw ids use "
            "Interactions.from_arrays."
        )
    if ids.size and not lowest <= ids.min() <= ids.max() < size:
        raise ValueError(
            f"`{name}` must be from {lowest} to {size - 1}. Received: "
            f"{ids.min()} to {ids.max()}"
        )
    return ids.astype(np.int32)
