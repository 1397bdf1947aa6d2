"""Positives, credits and leads of rows, for the losses."""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops


def in_float32(labels: Any, scores: Any) -> tuple[Any, Any]:
    """Both in float32: half precision has no room for squares and sums."""
    return ops.cast(labels, "float32"), ops.cast(scores, "float32")


def positive_score(labels: Any, scores: Any) -> Any:
    """The score of the row's one positive: `[batch, 1]`."""
    of_positive = ops.where(ops.equal(labels, 1), scores, 0.0)
    return ops.sum(of_positive, axis=-1, keepdims=True)


def lead_over_hardest(labels: Any, scores: Any, hardness: Any) -> tuple[Any, Any]:
    """How far the positive is above the hardest negative of its row.

    Returns:
        s_positive less the highest `hardness` of the row's negatives, and the credit of
        that negative: `[batch]` each.
    """
    of_negatives = ops.where(ops.equal(labels, 1), -np.inf, hardness)
    highest = ops.max(of_negatives, axis=-1, keepdims=True)
    credits = ops.where(ops.equal(of_negatives, highest), labels, 0.0)
    lead = positive_score(labels, scores) - highest
    return lead[:, 0], ops.max(credits, axis=-1)


def mean_over_negatives(
    labels: Any, scores: Any, loss: Callable[[Any, Any], Any]
) -> Any:
    """The mean of `loss(s_positive - s_negative, credit)` over each row's negatives."""
    labels, scores = in_float32(labels, scores)
    negative = ops.cast(ops.not_equal(labels, 1), "float32")
    gap = positive_score(labels, scores) - scores
    losses = ops.sum(negative * loss(gap, labels), axis=-1)
    return losses / ops.sum(negative, axis=-1)
