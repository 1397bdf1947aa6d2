"""Ranking metrics, each a function of the ranks of a user's relevant items.

All take `Ranks` and a cut-off k, and give one number for each user, `[users]` float64.
A new metric is a function and a line in `METRICS` (or `WHOLE_METRICS`, where there is
no cut-off). Users without relevant items must be left out before.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ranks:
    """Where the relevant items of some users stand among the candidates.

    Args:
        ranks: `[users, most]` float64, ascending, 1 is best; inf where a user has fewer
            relevant items.
        num_relevant: `[users]`, at least 1.
        num_candidates: `[users]`, the number of items ranked, relevant ones included.
    """

    ranks: Values
    num_relevant: npt.NDArray[np.int64]
    num_candidates: npt.NDArray[np.int64]


def hits(ranked: Ranks, k: int) -> Values:
    """The number of relevant items among the first k."""
    return (ranked.ranks[:, :k] <= k).sum(axis=1).astype(np.float64)


def precision(ranked: Ranks, k: int) -> Values:
    """Hits / k, also where the user has fewer than k relevant items."""
    return hits(ranked, k) / k


def recall(ranked: Ranks, k: int) -> Values:
    """Hits / the number of relevant items, also where that is more than k."""
    return hits(ranked, k) / ranked.num_relevant


def hit_rate(ranked: Ranks, k: int) -> Values:
    """1 if there is a relevant item among the first k, else 0."""
    return (ranked.ranks[:, 0] <= k).astype(np.float64)


def ndcg(ranked: Ranks, k: int) -> Values:
    """Normalized discounted cumulative gain, gains 0 or 1.

    Formula:
        sum over hits of 1 / log2(1 + rank), divided by the same sum for the best list,
        whose first min(k, number of relevant items) are all relevant

    References:
        Jarvelin and Kekalainen 2002, "Cumulated Gain-Based Evaluation of IR
        Techniques", with the discount 1 / log2(1 + rank).
    """
    ranks = ranked.ranks[:, :k]
    gain = np.where(ranks <= k, 1 / np.log2(1 + ranks), 0).sum(axis=1)
    best = np.cumsum(1 / np.log2(1 + np.arange(1, k + 1)))
    return gain / best[np.minimum(k, ranked.num_relevant) - 1]


def average_precision(ranked: Ranks, k: int) -> Values:
    """Average precision; its mean over users is MAP.

    Formula:
        sum over hits of (hits up to this rank / rank), divided by
        min(k, number of relevant items)
    """
    ranks = ranked.ranks[:, :k]
    so_far = np.arange(1, ranks.shape[1] + 1)
    total = np.where(ranks <= k, so_far / ranks, 0).sum(axis=1)
    return total / np.minimum(k, ranked.num_relevant)


def reciprocal_rank(ranked: Ranks) -> Values:
    """1 / the rank of the first relevant item, over the whole list; its mean is MRR."""
    return 1 / ranked.ranks[:, 0]


def auc(ranked: Ranks) -> Values:
    """The share of (relevant, other) pairs in the right order; ties count as wrong.

    A user whose candidates are all relevant has no such pair, and counts as 0.5.
    """
    most = ranked.ranks.shape[1]
    given = np.arange(most) < ranked.num_relevant[:, None]
    # Before the j-th relevant item (from 0) stand rank - 1 items, j of them relevant.
    before = np.where(given, ranked.ranks - 1 - np.arange(most), 0).sum(axis=1)
    others = ranked.num_candidates - ranked.num_relevant
    pairs = others * ranked.num_relevant
    return np.where(pairs > 0, 1 - before / np.maximum(pairs, 1), 0.5)


METRICS: dict[str, Callable[[Ranks, int], Values]] = {
    "precision": precision,
    "recall": recall,
    "ndcg": ndcg,
    "hit_rate": hit_rate,
    "map": average_precision,
}

WHOLE_METRICS: dict[str, Callable[[Ranks], Values]] = {
    "mrr": reciprocal_rank,
    "auc": auc,
}
