"""Checks of the arrays of a saved state, which other people may have made."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import DTypeLike

from tfrecs._base.types import AnyArray


def stored(
    state: Mapping[str, AnyArray],
    name: str,
    dtype: DTypeLike,
    shape: tuple[int | None, ...],
    low: float = -np.inf,
    high: float = np.inf,
) -> AnyArray:
    """Returns an array of a state, checked.

    Args:
        state: arrays by name.
        name: the array.
        dtype: its dtype, of any order of bytes.
        shape: its shape; None for any size.
        low: its lowest value.
        high: its highest value. NaN and infinity are always refused.

    Raises:
        ValueError: if it is missing or different.
    """
    array = state.get(name)
    if array is None or not np.can_cast(array.dtype, dtype, "equiv"):
        received = "none" if array is None else array.dtype
        raise ValueError(f"`{name}` must be {np.dtype(dtype)}. Received: {received}")
    pairs = zip(array.shape, shape, strict=False)
    if array.ndim != len(shape) or any(s not in (None, n) for n, s in pairs):
        raise ValueError(f"`{name}` must be of {shape}. Received: {array.shape}")
    check_within(array, name, low, high)
    return array.astype(dtype)


def part_of(state: Mapping[str, AnyArray], prefix: str) -> dict[str, AnyArray]:
    """Returns the arrays whose names have a prefix, without it."""
    names = [name for name in state if name.startswith(prefix)]
    return {name.removeprefix(prefix): state[name] for name in names}


def check_within(array: AnyArray, name: str, low: float, high: float) -> None:
    """Raises ValueError unless all values are finite, and from `low` to `high`."""
    if array.dtype.names or not array.size:
        return
    least, most = array.min(), array.max()
    if not (low <= least <= most <= high and np.isfinite([least, most]).all()):
        raise ValueError(
            f"`{name}` must be finite, and from {low} to {high}. Received: {least} to "
            f"{most}"
        )
