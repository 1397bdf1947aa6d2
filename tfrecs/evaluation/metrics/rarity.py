"""How known the items of a list are: novelty and popularity bias."""

import math

import numpy as np

from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.metrics.ranking import Values


def novelty(lists: Lists) -> Values:
    """Mean self-information of a list's items, in bits: how few users know them.

    An item that no user has in `train` counts as if one had it, so that the range is
    from 0 (items that everybody has) to log2(users). Users without any item in `train`
    are not among those users.

    Formula:
        mean over the list of -log2(users who have the item in train / users)

    References:
        Zhou et al. 2010, "Solving the Apparent Diversity-Accuracy Dilemma of
        Recommender Systems"; Vargas and Castells 2011, "Rank and Relevance in Novelty
        and Diversity Metrics for Recommender Systems", without its discount by rank.
    """
    num_users = np.count_nonzero(np.bincount(lists.train.user_ids))
    return lists.mean(np.log2(num_users / np.maximum(lists.train.item_counts, 1)))


def popularity(lists: Lists) -> Values:
    """The mean number of users who have a list's items in `train`.

    Its mean over users is average recommendation popularity (ARP). It is a count, and
    so can be compared on one `train` only.

    References:
        Abdollahpouri et al. 2019, "Managing Popularity Bias in Recommender Systems with
        Personalized Re-ranking".
    """
    return lists.mean(lists.train.item_counts.astype(np.float64))


def head_share(lists: Lists, *, head: float = 0.01) -> Values:
    """The share of a list that the most popular items of the catalogue take.

    The head is `head` of the catalogue, rounded up to whole items. Where items are as
    popular as the last of them, what places are left is divided evenly among all those,
    so that the value does not depend on ids.

    Args:
        lists: the lists.
        head: the share of the catalogue, more than 0 and at most 1.

    Raises:
        ValueError: if `head` is out of range.
    """
    if not 0 < head <= 1:
        raise ValueError(
            f"`head` must be more than 0 and at most 1. Received: head={head!r}"
        )
    counts = lists.train.item_counts
    places = max(1, math.ceil(round(head * len(counts), 6)))  # 7% of 100 are 7, not 8
    last = np.sort(counts)[-places]
    above, as_popular = counts > last, counts == last
    left = (places - above.sum()) / as_popular.sum()
    return lists.mean(above + left * as_popular)
