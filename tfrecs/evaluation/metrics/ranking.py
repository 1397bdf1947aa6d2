"""Ranking metrics: functions of the ranks of each user's relevant items.

They take `Ranks`, and a cut-off k unless they are of the whole ranking, and return one
number from 0 to 1 for each user, `[users]` float64. All cut-offs share the same ranks.

Metrics are undefined for users without relevant items, who must be excluded before.
Ties are broken in the ranks, against the model: relevant items take the last places of
a tie. Places beyond a user's last candidate count as misses.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ranks:
    """Ranks of users' relevant items among the ranked items.

    Args:
        ranks: `[users, most]` float64, ascending, 1 is best; padded with inf.
        num_relevant: `[users]`, at least 1.
        num_candidates: `[users]`, the number of ranked items, relevant ones included.
        ratings: `[users, most]`, of the relevant items in the order of `ranks`; padded
            with 0. None if they were not asked for.
    """

    ranks: Values
    num_relevant: npt.NDArray[np.int64]
    num_candidates: npt.NDArray[np.int64]
    ratings: Values | None = None


def hits(ranked: Ranks, k: int) -> Values:
    """The number of relevant items among the first k."""
    return (ranked.ranks[:, :k] <= k).sum(axis=1).astype(np.float64)


def precision(ranked: Ranks, k: int) -> Values:
    """Hits / k; a user with fewer than k relevant items cannot reach 1."""
    return hits(ranked, k) / k


def recall(ranked: Ranks, k: int) -> Values:
    """Hits / the number of relevant items.

    A user with more than k relevant items cannot reach 1; see `capped_recall`.
    """
    return hits(ranked, k) / ranked.num_relevant


def capped_recall(ranked: Ranks, k: int) -> Values:
    """Hits / min(k, number of relevant items): 1 for a perfect list.

    It is recall for users with at most k relevant items, else precision. Papers on
    variational autoencoders call it Recall@k.

    References:
        Liang et al. 2018, "Variational Autoencoders for Collaborative Filtering",
        sec. 4.2.
    """
    return hits(ranked, k) / np.minimum(k, ranked.num_relevant)


def hit_rate(ranked: Ranks, k: int) -> Values:
    """1 if a relevant item is among the first k, else 0.

    It is recall if each user has one relevant item, as in leave-one-out.
    """
    return (ranked.ranks[:, 0] <= k).astype(np.float64)


def ndcg(ranked: Ranks, k: int) -> Values:
    """Normalized discounted cumulative gain, gains 0 or 1.

    It is 1 for a perfect list, whatever the number of relevant items. The base of the
    logarithm does not matter.

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


def graded_ndcg(ranked: Ranks, k: int) -> Values:
    """NDCG with the gain 2^rating - 1, by which a 5 counts 31 times a 1.

    Ties are broken against the model: of equal scores, lower ratings come first.

    Formula:
        sum over the first k of gain / log2(1 + rank), divided by the same sum for the
        list of the relevant items by falling rating

    References:
        Burges et al. 2005, "Learning to Rank using Gradient Descent", sec. 6.
    """
    return _ndcg_of(ranked, k, lambda ratings: np.exp2(ratings) - 1)


def linear_ndcg(ranked: Ranks, k: int) -> Values:
    """NDCG with the rating as gain; see `graded_ndcg`.

    References:
        Jarvelin and Kekalainen 2002, "Cumulated Gain-Based Evaluation of IR
        Techniques", with the discount 1 / log2(1 + rank).
    """
    return _ndcg_of(ranked, k, lambda ratings: ratings)


def average_precision(ranked: Ranks, k: int) -> Values:
    """Average precision of the first k, 1 for a perfect list; its mean is MAP.

    It is the definition of implicit, Collie, and `map_at_k` of
    microsoft/recommenders; see also `average_precision_of_all`.

    Formula:
        sum over hits of (hits up to this rank / rank), divided by
        min(k, number of relevant items)
    """
    return _sum_of_precisions(ranked, k) / np.minimum(k, ranked.num_relevant)


def average_precision_of_all(ranked: Ranks, k: int) -> Values:
    """Average precision of the first k, out of all relevant items.

    It differs from `average_precision` for users with more than k relevant items, who
    cannot reach 1. It is the definition of map_cut in trec_eval and of `map` in
    microsoft/recommenders. Over the whole list, both are scikit-learn's.

    Formula:
        sum over hits of (hits up to this rank / rank), divided by the number of
        relevant items
    """
    return _sum_of_precisions(ranked, k) / ranked.num_relevant


def r_precision(ranked: Ranks) -> Values:
    """Precision and recall at each user's number of relevant items.

    It is 1 only for a perfect list.

    Formula:
        hits among the first R / R, where R is the user's number of relevant items

    References:
        Manning et al. 2008, "Introduction to Information Retrieval", sec. 8.4.
    """
    within = ranked.ranks <= ranked.num_relevant[:, None]
    return within.sum(axis=1) / ranked.num_relevant


def reciprocal_rank(ranked: Ranks) -> Values:
    """1 / the rank of the first relevant item, without a cut-off; its mean is MRR."""
    return 1 / ranked.ranks[:, 0]


def auc(ranked: Ranks) -> Values:
    """The share of (relevant, other) pairs in the right order.

    Ties count as wrong, as in LightFM; in scikit-learn, as half right. A user without
    other items counts as 0.5. Training items are among the others only if they were
    ranked (`exclude_seen=False`).

    Formula:
        1 - (others before each relevant item, summed) / (relevant items * others)
    """
    most = ranked.ranks.shape[1]
    exists = np.arange(most) < ranked.num_relevant[:, None]
    # rank - 1 items come before the j-th relevant item (from 0), j of them relevant.
    before = np.where(exists, ranked.ranks - 1 - np.arange(most), 0).sum(axis=1)
    others = ranked.num_candidates - ranked.num_relevant
    pairs = others * ranked.num_relevant
    return np.where(pairs > 0, 1 - before / np.maximum(pairs, 1), 0.5)


def _ndcg_of(ranked: Ranks, k: int, gain: Callable[[Values], Values]) -> Values:
    """NDCG with the gains of ratings; NaN for a user whose gains are all 0."""
    if ranked.ratings is None:
        raise ValueError(
            "Graded metrics need the ratings of test items. Received: ranks alone"
        )
    gains = gain(ranked.ratings)
    ranks = np.where(ranked.ranks <= k, ranked.ranks, np.inf)
    width = ranks.shape[1]  # ranks beyond the first k may be left out
    found = (gains[:, :width] / np.log2(1 + ranks)).sum(axis=1)
    best_first = -np.sort(-gains, axis=1)[:, :k]
    places = np.arange(1, best_first.shape[1] + 1)
    best = (best_first / np.log2(1 + places)).sum(axis=1)
    return np.divide(found, best, out=np.full(len(best), np.nan), where=best > 0)


def _sum_of_precisions(ranked: Ranks, k: int) -> Values:
    """Precision at the rank of each hit, summed."""
    ranks = ranked.ranks[:, :k]
    so_far = np.arange(1, ranks.shape[1] + 1)
    return np.where(ranks <= k, so_far / ranks, 0).sum(axis=1)
