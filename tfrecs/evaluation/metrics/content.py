"""What the items of a list are, by their features: diversity and calibration."""

import numpy as np
import scipy.sparse as sp
from scipy.special import rel_entr

from tfrecs._base.cosine import unit_rows
from tfrecs._base.types import AnyArray
from tfrecs.evaluation.metrics.lists import Lists, ratio
from tfrecs.evaluation.metrics.ranking import Values
from tfrecs.evaluation.ranking.kernel import row_parts

BLOCK = 2**20
"""Features of users held at once: 8 MiB of float64."""


def diversity(lists: Lists) -> Values:
    """Intra-list diversity: how unlike each other a list's items are, by features.

    From 0 (all alike) to 1 (no two share a feature), or to 2 where features may be
    negative. Items without features are left out; NaN for fewer than two others.

    Formula:
        1 - mean over the list's pairs of cosine(features of one, of the other); with
        features f of length 1 and n of them, the mean is (|sum f|^2 - n) / (n (n - 1))

    Raises:
        ValueError: if the lists have no item features.

    References:
        Smyth and McClave 2001, "Similarity vs. Diversity"; Ziegler et al. 2005,
        "Improving Recommendation Lists Through Topic Diversification", which sums the
        pairs' similarity.
    """
    features = _features(lists, "diversity")
    units = unit_rows(features)
    known = np.round(units.multiply(units).sum(axis=1))  # 0 for items without features
    found = []
    for rows in row_parts(len(lists.items), features.shape[1], BLOCK):
        shown = lists.matrix(rows)
        total, count = shown @ units, shown @ known
        alike = total.multiply(total).sum(axis=1) - count
        found.append(1 - ratio(alike, count * (count - 1)))
    return np.maximum(np.concatenate(found), 0)  # not -1e-16, where all are alike


def miscalibration(lists: Lists, *, alpha: float = 0.01) -> Values:
    """How far a list's genres are from those of the user's history; lower is better.

    From 0 (the same shares) to ln(1 / alpha), 4.605 by default, where the list has no
    genre of the history, or no genre at all. Items without genres are left out of both;
    NaN for a user whose history in `train` has no genre. Every item of the history and
    of the list counts the same; an item of many genres counts in each with its share.

    Formula:
        KL(p || q') = sum over genres of p ln(p / q'), where p and q are the genres'
        shares in history and list, and q' = (1 - alpha) q + alpha p

    Args:
        lists: the lists; `item_features` are the genres, flags or shares, at least 0.
        alpha: how much of p is put into q, so that the divergence stays finite; more
            than 0 and less than 1.

    Raises:
        ValueError: if the lists have no item features, one is negative, or `alpha` is
            out of range.

    References:
        Steck 2018, "Calibrated Recommendations", with equal weights of items and ranks.
    """
    if not 0 < alpha < 1:
        raise ValueError(
            f"`alpha` must be more than 0 and less than 1. Received: alpha={alpha!r}"
        )
    genres = _features(lists, "miscalibration")
    if (genres.data < 0).any():
        raise ValueError(
            "`miscalibration` needs features that are shares or flags, at least 0. "
            f"Received: {genres.data.min():g}"
        )
    genres = _divide_rows(genres, genres.sum(axis=1))
    found = []
    for rows in row_parts(len(lists.items), genres.shape[1], BLOCK):
        history = _shares(lists.train.matrix[lists.user_ids[rows]] @ genres)
        mixed = (1 - alpha) * _shares(lists.matrix(rows) @ genres) + alpha * history
        divergence = rel_entr(history, mixed).sum(axis=1)
        found.append(np.where(history.any(axis=1), divergence, np.nan))
    return np.maximum(np.concatenate(found), 0)


def _features(lists: Lists, metric: str) -> sp.csr_array:
    if lists.item_features is None:
        raise ValueError(
            f"`{metric}` needs the features of items. Received: item_features=None. "
            "Give Lists(..., item_features=...), such as `encode_features` makes."
        )
    return lists.item_features


def _divide_rows(matrix: sp.csr_array, by: AnyArray) -> sp.csr_array:
    """Each row divided by its number; rows of 0 stay as they are."""
    scale = 1 / np.where(by > 0, by, 1)
    return sp.csr_array(matrix.multiply(scale[:, None]))


def _shares(amounts: sp.csr_array) -> Values:
    """Each row divided by its sum, dense; zeros where that is 0."""
    dense: Values = amounts.toarray()
    total = dense.sum(axis=1, keepdims=True)
    return dense / np.where(total > 0, total, 1)
