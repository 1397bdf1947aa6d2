"""Losses by the definitions of the library Collie, for comparison with it.

Each is l + l^2 of some loss l. Collie returns the mean over a batch, and these the term
of each row. Credit is in the labels, as for other losses; Collie matches metadata.
"""

from typing import Any

from keras import ops

from tfrecs.losses._rows import (
    lead_over_hardest,
    mean_over_negatives,
    of_rows,
    positive_score,
)
from tfrecs.losses.weighted_rank import first_violation


@of_rows
def collie_bpr(labels: Any, scores: Any) -> Any:
    """Collie's BPR: the distance of sigmoid of the gap from the ideal gap.

    The loss is least at sigmoid of the gap = min(1, 1.5 - credit): only credits above
    one half cap the gap. `bpr` caps it for any credit.

    Formula:
        x + x^2 with x = I - sigmoid(s_positive - s_negative), mean over the row's
        negatives

    References:
        Collie, `bpr_loss`, of one negative for each positive.
    """
    return mean_over_negatives(labels, scores, _sigmoid_distance)


@of_rows
def collie_hinge(labels: Any, scores: Any) -> Any:
    """Collie's hinge: with its square.

    Formula:
        h + h^2 with h = max(0, I - (s_positive - s_negative)), mean over the row's
        negatives

    References:
        Collie, `hinge_loss`, of one negative for each positive.
    """
    return mean_over_negatives(labels, scores, _shortfall)


@of_rows
def collie_adaptive_bpr(labels: Any, scores: Any) -> Any:
    """Collie's adaptive BPR: of the negative with the highest score.

    Credits do not change which negative that is, only its loss.

    Formula:
        that of `collie_bpr` for the row's negative of the highest score

    References:
        Collie, `adaptive_bpr_loss`.
    """
    return _sigmoid_distance(*lead_over_hardest(labels, scores, scores))


@of_rows
def collie_adaptive_hinge(labels: Any, scores: Any) -> Any:
    """Collie's adaptive hinge: of the negative that `collie_adaptive_bpr` chooses.

    Formula:
        that of `collie_hinge` for the row's negative of the highest score

    References:
        Collie, `adaptive_hinge_loss`.
    """
    return _shortfall(*lead_over_hardest(labels, scores, scores))


@of_rows
def collie_warp(labels: Any, scores: Any, num_items: int | None = None) -> Any:
    """Collie's WARP: the first violation, weighted, with its square.

    Formula:
        w + w^2 with w = ln(num_items / tries) * (I - (s_positive - s)), of the first of
        the row's negatives for which the second factor is above 0, which is number
        `tries`; 0 without a violation

    Args:
        num_items: the size of the catalogue; that of the row if not given.

    References:
        Collie, `warp_loss`.
    """
    positive = positive_score(labels, scores)
    violation, tries = first_violation(labels, scores, positive)
    size = ops.shape(scores)[-1] if num_items is None else num_items
    return _and_square(ops.log(size / tries) * violation)


def _sigmoid_distance(gap: Any, credit: Any) -> Any:
    return _and_square(1 - credit - ops.sigmoid(gap))


def _shortfall(gap: Any, credit: Any) -> Any:
    return _and_square(ops.relu(1 - credit - gap))


def _and_square(loss: Any) -> Any:
    return loss + ops.square(loss)
