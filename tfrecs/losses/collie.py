"""The losses of the library Collie, by its definitions, for comparison with it.

Each is l + l^2 of some loss l. Collie returns the sum over a batch divided by its size;
these return the term of each row. They read credit from the labels, as other losses do,
where Collie matches metadata itself.
"""

from typing import Any

import keras
from keras import ops

from tfrecs.losses._rows import (
    in_float32,
    lead_over_hardest,
    mean_over_negatives,
    positive_score,
)
from tfrecs.losses.weighted_rank import first_violation

_register = keras.saving.register_keras_serializable("tfrecs")


@_register
def collie_bpr(labels: Any, scores: Any) -> Any:
    """BPR as Collie has it: the distance of sigmoid of the gap from the ideal gap.

    Its least value is at sigmoid of the gap = min(1, 1.5 - credit): credits of at most
    one half only weaken the gradient, and never cap the gap; greater ones cap it, to 0
    at a credit of 1. `bpr` caps it for any credit.

    Formula:
        x + x^2 with x = I - sigmoid(s_positive - s_negative), mean over the row's
        negatives

    References:
        Collie, `bpr_loss`, of one negative for each positive.
    """
    return mean_over_negatives(labels, scores, _sigmoid_distance)


@_register
def collie_hinge(labels: Any, scores: Any) -> Any:
    """Hinge as Collie has it: with its square.

    Formula:
        h + h^2 with h = max(0, I - (s_positive - s_negative)), mean over the row's
        negatives

    References:
        Collie, `hinge_loss`, of one negative for each positive.
    """
    return mean_over_negatives(labels, scores, _shortfall)


@_register
def collie_adaptive_bpr(labels: Any, scores: Any) -> Any:
    """Adaptive BPR as Collie has it: of the negative that is scored highest.

    Credits do not count in the choice of it, only in its loss.

    Formula:
        that of `collie_bpr` for the row's negative of the highest score

    References:
        Collie, `adaptive_bpr_loss`.
    """
    return _sigmoid_distance(*_gap_to_highest(labels, scores))


@_register
def collie_adaptive_hinge(labels: Any, scores: Any) -> Any:
    """Adaptive hinge as Collie has it: of the negative that is scored highest.

    Credits do not count in the choice of it, only in its loss.

    Formula:
        that of `collie_hinge` for the row's negative of the highest score

    References:
        Collie, `adaptive_hinge_loss`.
    """
    return _shortfall(*_gap_to_highest(labels, scores))


@_register
def collie_warp(labels: Any, scores: Any, num_items: int | None = None) -> Any:
    """WARP as Collie has it: the first violation, weighted, with its square.

    Formula:
        w + w^2 with w = ln(num_items / tries) * (I - (s_positive - s)), of the first of
        the row's negatives for which the second factor is above 0, which is number
        `tries`; 0 where there is none

    Args:
        num_items: the size of the catalogue; that of the row if not given.

    References:
        Collie, `warp_loss`.
    """
    labels, scores = in_float32(labels, scores)
    positive = positive_score(labels, scores)
    violation, tries = first_violation(labels, scores, positive)
    size = ops.shape(scores)[-1] if num_items is None else num_items
    return _and_square(ops.log(size / tries) * violation)


def _gap_to_highest(labels: Any, scores: Any) -> tuple[Any, Any]:
    """s_positive less the highest score of the row's negatives, and its credit."""
    labels, scores = in_float32(labels, scores)
    return lead_over_hardest(labels, scores, scores)


def _sigmoid_distance(gap: Any, credit: Any) -> Any:
    return _and_square(1 - credit - ops.sigmoid(gap))


def _shortfall(gap: Any, credit: Any) -> Any:
    return _and_square(ops.relu(1 - credit - gap))


def _and_square(loss: Any) -> Any:
    return loss + ops.square(loss)
