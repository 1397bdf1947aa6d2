"""Novelty and popularity bias of the items of a list."""

import math

import numpy as np

from tfrecs._base.checks import check_share
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.metrics.ranking import Values


def novelty(lists: Lists) -> Values:
    """Mean self-information of a list's items, in bits.

    From 0 (items of all users) to log2(users). An item of no user in `train` counts as
    an item of one. Users without items in `train` do not count.

    Formula:
        mean over the list of -log2(users of the item in train / users)

    References:
        Zhou et al. 2010, "Solving the Apparent Diversity-Accuracy Dilemma of
        Recommender Systems"; Vargas and Castells 2011, "Rank and Relevance in Novelty
        and Diversity Metrics for Recommender Systems", without its discount by rank.
    """
    num_users = np.count_nonzero(np.bincount(lists.train.positives.user_ids))
    return lists.mean(np.log2(num_users / np.maximum(lists.train.item_counts, 1)))


def popularity(lists: Lists) -> Values:
    """Mean interactions in `train` of a list's items.

    Its mean over users is average recommendation popularity (ARP). Compare it on the
    same `train` only.

    References:
        Abdollahpouri et al. 2019, "Managing Popularity Bias in Recommender Systems with
        Personalized Re-ranking".
    """
    return lists.mean(lists.train.item_counts.astype(np.float64))


def head_share(lists: Lists, *, head: float = 0.01) -> Values:
    """The share of the most popular items of the catalogue in a list.

    The head is `head` of the catalogue (more than 0, at most 1), rounded up to whole
    items. Items as popular as its last one share its last places evenly, so that the
    value does not depend on ids.
    """
    check_share(head=head)
    counts = lists.train.item_counts
    places = max(1, math.ceil(round(head * len(counts), 6)))  # 7% of 100 are 7, not 8
    last = np.sort(counts)[-places]
    above, equal = counts > last, counts == last
    left = (places - above.sum()) / equal.sum()
    return lists.mean(above + left * equal)
