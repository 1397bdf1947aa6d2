"""WARP: violations of the margin, weighted by the estimated rank of the positive.

The weight, and which negatives violate, are constants for the gradient, which never
pushes a positive down. The loss itself may jump up as a positive rises, if a slight
violator is replaced by a worse one.
"""

from typing import Any

import numpy as np
from keras import ops

from tfrecs.losses._rows import of_rows, positive_score

_MOST = 10.0  # the highest weight, of ranks above 22 thousand, as in LightFM


@of_rows
def warp(labels: Any, scores: Any, num_items: int | None = None) -> Any:
    """WARP: push the first negative of the row that violates the margin.

    Negatives are tried in the order of the row. The sooner one violates, the lower the
    estimated rank of the positive in the catalogue.

    Formula:
        ln(max(1, floor((num_items - 1) / tries))), at most 10, times
        I - (s_positive - s), of the first of the row's negatives for which that is
        above 0, which is number `tries`; 0 without a violation

    Args:
        num_items: the size of the catalogue; that of the row if not given.

    References:
        Weston et al. 2011, "WSABIE: Scaling Up To Large Vocabulary Image Annotation",
        alg. 1, with the logarithm for its sum of 1 / rank, as in LightFM.
    """
    return _warp(labels, scores, positive_score(labels, scores), num_items)


@of_rows
def warp_all(labels: Any, scores: Any, num_items: int | None = None) -> Any:
    """WARP with the rank estimated from how many of all negatives violate the margin.

    It does not depend on the order of the negatives, uses all of them, and estimates
    the rank with less noise than the number of tries does.

    Formula:
        ln(1 + (num_items - 1) * share of the negatives that violate), at most 10, times
        the mean over these of I - (s_positive - s); a negative violates where that is
        above 0

    Args:
        num_items: the size of the catalogue; that of the row if not given.

    References:
        Weston et al. 2011, as for `warp`. Liu and Natarajan 2017, "WMRB: Learning to
        Rank in a Scalable Batch Training Approach", sec. 3, for the rank from all that
        were drawn, and for 1 + rank, without which one violator would count nothing.
    """
    violation = 1 - labels - (positive_score(labels, scores) - scores)
    negative = ops.not_equal(labels, 1)
    violates = ops.cast(ops.logical_and(negative, violation > 0), "float32")
    violators = ops.sum(violates, axis=-1)
    share = violators / ops.sum(ops.cast(negative, "float32"), axis=-1)
    weight = ops.log(1 + (_catalogue(scores, num_items) - 1) * share)
    total = ops.sum(violates * violation, axis=-1)
    return ops.minimum(weight, _MOST) * total / ops.maximum(violators, 1)


@of_rows
def kos_warp(labels: Any, scores: Any, k: int = 5, num_items: int | None = None) -> Any:
    """WARP for the k-th best of several positives of a row.

    The other positives have no gradient. With fewer positives than `k` the lowest
    counts: for rows of one positive this is `warp`.

    Formula:
        that of `warp` for the k-th highest of the row's positives

    Args:
        k: the place of the positive, by its score.
        num_items: the size of the catalogue; that of the row if not given.

    References:
        Weston, Yee and Weiss 2013, "Learning to Rank Recommendations with the k-Order
        Statistic Loss", sec. 3, with one k, as in LightFM.
    """
    positive = ops.equal(labels, 1)
    best = ops.where(positive, scores, -np.inf)
    kth = ops.top_k(best, min(k, scores.shape[-1]))[0][:, -1:]
    lowest = ops.min(ops.where(positive, scores, np.inf), axis=-1, keepdims=True)
    kth = ops.where(kth == -np.inf, lowest, kth)
    return _warp(labels, scores, kth, num_items)


def first_violation(labels: Any, scores: Any, positive: Any) -> tuple[Any, Any]:
    """Finds the first negative, in the row's order, that violates the margin.

    Returns:
        I - (s_positive - s) of it, or 0 without a violation, and the number of
        negatives up to it, at least 1: `[batch]` each.
    """
    size = ops.shape(scores)[-1]
    column = ops.arange(size, dtype="float32")
    negative = ops.not_equal(labels, 1)
    violation = 1 - labels - (positive - scores)
    violates = ops.logical_and(negative, violation > 0)
    first = ops.min(ops.where(violates, column, size), axis=-1, keepdims=True)
    tried = ops.logical_and(negative, column <= first)
    tries = ops.maximum(ops.sum(ops.cast(tried, "float32"), axis=-1), 1)
    return ops.sum(ops.where(column == first, violation, 0.0), axis=-1), tries


def _warp(labels: Any, scores: Any, positive: Any, num_items: int | None) -> Any:
    """Weights the first violation by the logarithm of the rank."""
    violation, tries = first_violation(labels, scores, positive)
    rank = ops.floor((_catalogue(scores, num_items) - 1) / tries)
    return ops.minimum(ops.log(ops.maximum(rank, 1)), _MOST) * violation


def _catalogue(scores: Any, num_items: int | None) -> Any:
    """Returns the number of items in the catalogue."""
    return ops.shape(scores)[-1] if num_items is None else num_items
