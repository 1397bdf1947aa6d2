"""Diversity and calibration of the items of a list, by their features."""

import numpy as np
import scipy.sparse as sp
from scipy.special import rel_entr

from tfrecs._base.checks import check_inside
from tfrecs._base.cosine import unit_rows
from tfrecs._base.types import AnyArray
from tfrecs.evaluation.metrics.lists import Lists, ratio
from tfrecs.evaluation.metrics.ranking import Values
from tfrecs.evaluation.ranking.kernel import row_parts

BLOCK = 2**20
"""Most features of users in memory: 8 MiB of float64."""


def diversity(lists: Lists) -> Values:
    """Intra-list diversity: 1 minus the mean cosine of pairs of items.

    From 0 (identical features) to 1 (no two share a feature), or to 2 if features may
    be negative. Items without features do not count; NaN for fewer than two others.

    Formula:
        1 - mean over pairs of cosine(f_i, f_j); for n features f of length 1, the mean
        is (|sum f|^2 - n) / (n (n - 1))

    References:
        Smyth and McClave 2001, "Similarity vs. Diversity"; Ziegler et al. 2005,
        "Improving Recommendation Lists Through Topic Diversification", with the sum
        in place of the mean.
    """
    features = _features(lists, "diversity")
    units = unit_rows(features)
    known = np.round(units.multiply(units).sum(axis=1))  # 0 for items without features
    found = []
    for rows in row_parts(len(lists.items), features.shape[1], BLOCK):
        shown = lists.matrix(rows)
        total, count = shown @ units, shown @ known
        cosines = total.multiply(total).sum(axis=1) - count
        found.append(1 - ratio(cosines, count * (count - 1)))
    return np.maximum(np.concatenate(found), 0)  # not -1e-16


def miscalibration(lists: Lists, *, alpha: float = 0.01) -> Values:
    """Divergence of a list's genres from the history's; lower is better.

    From 0 (equal shares) to ln(1 / alpha), 4.605 by default, for a list without genres
    of the history. Items without genres do not count; NaN for a user whose history in
    `train` has no genre. All items have equal weight, divided among their genres.

    Formula:
        KL(p || q') = sum over genres of p ln(p / q'), where p and q are the genres'
        shares in history and list, and q' = (1 - alpha) q + alpha p

    Args:
        lists: `item_features` are the genres, flags or shares, at least 0.
        alpha: the share of p in q', which keeps the divergence finite; more than 0 and
            less than 1.

    References:
        Steck 2018, "Calibrated Recommendations", with equal weights of all items.
    """
    check_inside(alpha=alpha)
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
            "Pass Lists(..., item_features=...), such as from FeatureEncoder."
        )
    return lists.item_features


def _divide_rows(matrix: sp.csr_array, by: AnyArray) -> sp.csr_array:
    """Divides each row by its number; 0 leaves the row unchanged."""
    scale = 1 / np.where(by > 0, by, 1)
    return sp.csr_array(matrix.multiply(scale[:, None]))


def _shares(amounts: sp.csr_array) -> Values:
    """Divides each row by its sum; returns a dense array, zeros for a sum of 0."""
    dense: Values = amounts.toarray()
    total = dense.sum(axis=1, keepdims=True)
    return dense / np.where(total > 0, total, 1)
