"""The array types that cross the package's boundaries."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

IntArray: TypeAlias = npt.NDArray[np.int32]
FloatArray: TypeAlias = npt.NDArray[np.float32]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
AnyArray: TypeAlias = npt.NDArray[Any]
Scores: TypeAlias = npt.NDArray[np.floating[Any]]
"""Scores that are ranked: float32 or float64, as the model returned them."""

Scorer: TypeAlias = Callable[[IntArray], Scores]
"""Takes user ids `[users]`, returns scores of every item `[users, num_items]`."""
