"""Ranking metrics, each a function of the ranks of a user's relevant items.

All take `Ranks` and a cut-off k, and give one number for each user, `[users]` float64,
from 0 to 1. A new metric is a function and a line in `METRICS` (or `WHOLE_METRICS`,
where there is no cut-off). Any number of cut-offs is measured from the same ranks.

Users without relevant items must be left out before: nothing here is defined for them.
Ties are settled in the ranks: `evaluate` gives the relevant items of a tie its last
places, one each, so that equal scores never help. A user may have fewer candidates than
k: the places beyond them hold nothing relevant.
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
    """The number of relevant items among the first k, not divided by anything."""
    return (ranked.ranks[:, :k] <= k).sum(axis=1).astype(np.float64)


def precision(ranked: Ranks, k: int) -> Values:
    """Hits / k, also where the user has fewer than k relevant items or candidates.

    A user with fewer than k relevant items cannot reach 1.
    """
    return hits(ranked, k) / k


def recall(ranked: Ranks, k: int) -> Values:
    """Hits / the number of relevant items, also where that is more than k.

    A user with more than k relevant items cannot reach 1; see `capped_recall`.
    """
    return hits(ranked, k) / ranked.num_relevant


def capped_recall(ranked: Ranks, k: int) -> Values:
    """Hits / min(k, number of relevant items): 1 for the best list there can be.

    It is recall where a user has at most k relevant items, and precision elsewhere. The
    tables of variational autoencoders call it Recall@k.

    References:
        Liang et al. 2018, "Variational Autoencoders for Collaborative Filtering",
        sec. 4.2.
    """
    return hits(ranked, k) / np.minimum(k, ranked.num_relevant)


def hit_rate(ranked: Ranks, k: int) -> Values:
    """1 if there is a relevant item among the first k, else 0.

    With one relevant item for each user, as leave-one-out gives, it is recall.
    """
    return (ranked.ranks[:, 0] <= k).astype(np.float64)


def ndcg(ranked: Ranks, k: int) -> Values:
    """Normalized discounted cumulative gain, gains 0 or 1.

    It is 1 for the best list there can be, also where a user has more than k relevant
    items or fewer. The base of the logarithm does not matter.

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
    """Average precision of the first k, 1 for the best list; its mean is MAP.

    The denominator is that of implicit, Collie, and `map_at_k` of
    microsoft/recommenders. See `average_precision_of_all` for the other.

    Formula:
        sum over hits of (hits up to this rank / rank), divided by
        min(k, number of relevant items)
    """
    return _sum_of_precisions(ranked, k) / np.minimum(k, ranked.num_relevant)


def average_precision_of_all(ranked: Ranks, k: int) -> Values:
    """Average precision of the first k, out of all relevant items.

    It is at most `average_precision`, and less where there are hits and more than k
    relevant items: such a user cannot reach 1. The denominator is that of trec_eval's
    map_cut, and `map` of microsoft/recommenders; over the whole list both are
    scikit-learn's.

    Formula:
        sum over hits of (hits up to this rank / rank), divided by the number of
        relevant items
    """
    return _sum_of_precisions(ranked, k) / ranked.num_relevant


def r_precision(ranked: Ranks) -> Values:
    """The share of relevant items among the first as many places as there are of them.

    It is precision and recall at once, at a cut-off of each user's own: 1 only for a
    perfect list, whatever the number of relevant items.

    Formula:
        hits among the first R / R, where R is the user's number of relevant items

    References:
        Manning et al. 2008, "Introduction to Information Retrieval", sec. 8.4.
    """
    within = ranked.ranks <= ranked.num_relevant[:, None]
    return within.sum(axis=1) / ranked.num_relevant


def reciprocal_rank(ranked: Ranks) -> Values:
    """1 / the rank of the first relevant item, over the whole list; its mean is MRR.

    There is no cut-off: a first relevant item far down counts little, but not 0.
    """
    return 1 / ranked.ranks[:, 0]


def auc(ranked: Ranks) -> Values:
    """The share of (relevant, other) pairs in the right order; ties count as wrong.

    So does LightFM count them; scikit-learn counts a tie as half right. A user whose
    candidates are all relevant has no such pair, and counts as 0.5. Items of training
    are among the others only if they were ranked (`exclude_seen=False`).

    Formula:
        1 - (others before each relevant item, summed) / (relevant items * others)
    """
    most = ranked.ranks.shape[1]
    given = np.arange(most) < ranked.num_relevant[:, None]
    # Before the j-th relevant item (from 0) stand rank - 1 items, j of them relevant.
    before = np.where(given, ranked.ranks - 1 - np.arange(most), 0).sum(axis=1)
    others = ranked.num_candidates - ranked.num_relevant
    pairs = others * ranked.num_relevant
    return np.where(pairs > 0, 1 - before / np.maximum(pairs, 1), 0.5)


def _sum_of_precisions(ranked: Ranks, k: int) -> Values:
    """Precision at the rank of each hit, summed."""
    ranks = ranked.ranks[:, :k]
    so_far = np.arange(1, ranks.shape[1] + 1)
    return np.where(ranks <= k, so_far / ranks, 0).sum(axis=1)


METRICS: dict[str, Callable[[Ranks, int], Values]] = {
    "precision": precision,
    "recall": recall,
    "ndcg": ndcg,
    "hit_rate": hit_rate,
    "map": average_precision,
    "map_all": average_precision_of_all,
    "capped_recall": capped_recall,
}

WHOLE_METRICS: dict[str, Callable[[Ranks], Values]] = {
    "mrr": reciprocal_rank,
    "auc": auc,
    "r_precision": r_precision,
}
