"""What losses ask of a row: its positive, and how far it is above its negatives."""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops


def positive(labels: Any, scores: Any) -> Any:
    """The score of the row's positive: `[batch, 1]`."""
    return ops.sum(ops.cast(labels, scores.dtype) * scores, axis=-1, keepdims=True)


def lead(labels: Any, scores: Any) -> Any:
    """s_positive less the highest score of the row's negatives: `[batch]`."""
    lowest = ops.cast(-np.inf, scores.dtype)
    negatives = ops.where(ops.cast(labels, "bool"), lowest, scores)
    return positive(labels, scores)[:, 0] - ops.max(negatives, axis=-1)


def mean_over_negatives(labels: Any, scores: Any, loss: Callable[[Any], Any]) -> Any:
    """The mean of `loss(s_positive - s_negative)` over each row's negatives."""
    negative = 1 - ops.cast(labels, scores.dtype)
    gap = positive(labels, scores) - scores
    return ops.sum(negative * loss(gap), axis=-1) / ops.sum(negative, axis=-1)
