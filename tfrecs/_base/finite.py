"""The check that the numbers of a model are finite."""

import numpy as np

from tfrecs._base.types import AnyArray


class NotFinite(ValueError):
    """Numbers of a model are NaN or infinite, as after a training that diverged.

    Args:
        message: what must be finite, and what was received, without a full stop.
    """

    def __init__(self, message: str) -> None:
        super().__init__(
            f"{message}. Training may have diverged: lower the learning rate, raise "
            "the temperature, look for infinite features or weights of interactions, "
            "or train in float32 if it was in half precision."
        )


def check_finite(values: AnyArray, name: str) -> None:
    """Raises NotFinite if a number is NaN, infinite or too large to be squared.

    The squares are summed, in one pass. A finite sum for each of two arrays also means
    that the dot products of their rows are finite.

    Args:
        values: numbers of any shape.
        name: their name, in the plural.
    """
    flat = np.asarray(values, np.float32).ravel()
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(np.dot(flat, flat)):
            return
        count, largest = int((~np.isfinite(flat)).sum()), np.abs(flat).max()
    received = f"{count} NaN or infinite" if count else f"up to {largest:.0e}"
    raise NotFinite(
        f"The model's {name} must be finite. Received: {received} of {flat.size}"
    )
