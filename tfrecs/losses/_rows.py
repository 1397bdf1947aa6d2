"""Registration of losses; positives, credits and leads of rows."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import keras
import numpy as np
from keras import ops

Function = TypeVar("Function", bound=Callable[..., Any])


def registered(loss: Function) -> Function:
    """Registers a loss with Keras; it computes in float32, whatever it is called with.

    Half precision has no room for squares and sums.
    """

    @wraps(loss)
    def in_float32(labels: Any, scores: Any, *settings: Any, **named: Any) -> Any:
        labels, scores = ops.cast(labels, "float32"), ops.cast(scores, "float32")
        return loss(labels, scores, *settings, **named)

    return keras.saving.register_keras_serializable("tfrecs")(in_float32)


def of_rows(loss: Function) -> Function:
    """Registers a loss that compares the scores of a row, and checks that it has rows.

    Scores of pairs come as `[batch, 1]`, and pairs with weights as `[batch, n, 1]`.
    """

    @wraps(loss)
    def with_rows(labels: Any, scores: Any, *settings: Any, **named: Any) -> Any:
        ranks = len(labels.shape), len(scores.shape)
        if ranks != (2, 2) or scores.shape[-1] == 1:
            raise ValueError(
                f"`{loss.__name__}` compares the scores of a row: item ids and labels "
                "must be [batch, 1 + num_negatives], and weights [batch]. Received: "
                f"labels {tuple(labels.shape)} and scores {tuple(scores.shape)}. For "
                "single pairs, and for weights of pairs, use a loss of pairs, such as "
                "BinaryCrossentropy(from_logits=True)."
            )
        return loss(labels, scores, *settings, **named)

    checked: Any = registered(with_rows)
    return checked


def positive_score(labels: Any, scores: Any) -> Any:
    """Returns the score of the row's one positive: `[batch, 1]`."""
    of_positive = ops.where(ops.equal(labels, 1), scores, 0.0)
    return ops.sum(of_positive, axis=-1, keepdims=True)


def lead_over_hardest(labels: Any, scores: Any, hardness: Any) -> tuple[Any, Any]:
    """Returns the lead of the positive over the hardest negative of its row.

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
    """Averages `loss(s_positive - s_negative, credit)` over each row's negatives."""
    negative = ops.cast(ops.not_equal(labels, 1), "float32")
    gap = positive_score(labels, scores) - scores
    losses = ops.sum(negative * loss(gap, labels), axis=-1)
    return losses / ops.sum(negative, axis=-1)
