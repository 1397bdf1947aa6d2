"""Exposure of the catalogue's items in all lists together."""

import numpy as np

from tfrecs.evaluation.metrics.lists import Lists


def coverage(lists: Lists) -> float:
    """The share of the vocabulary's items that are in at least one list.

    It grows with the number of users and with k: compare it at equal ones.

    References:
        Ge et al. 2010, "Beyond Accuracy: Evaluating Recommender Systems by Coverage and
        Serendipity", on catalog coverage.
    """
    return float((lists.exposure > 0).mean())


def gini(lists: Lists) -> float:
    """Gini index of exposure: inequality of how often items are recommended.

    From 0 (all items are in equally many lists) to 1 - 1 / num_items (one item is in
    all lists). Items in no list count with 0.

    Formula:
        sum over j = 1..n of (2 j - n - 1) x_j / (n sum x), where x are the numbers of
        lists with each of the n items, ascending

    References:
        Shani and Gunawardana 2011, "Evaluating Recommendation Systems", on item
        space coverage, with n - 1 in place of n in the denominator.
    """
    shown = np.sort(lists.exposure)
    weights = 2 * np.arange(1, len(shown) + 1) - len(shown) - 1
    return float(weights @ shown / (len(shown) * shown.sum()))


def exposure_entropy(lists: Lists) -> float:
    """Shannon entropy of exposure, in bits.

    From 0 (a single item is recommended) to log2(num_items). Two to this power is the
    number of equally often recommended items with the same entropy.

    Formula:
        -sum of p log2 p, where p is an item's share of all places; 0 log2 0 is 0

    References:
        Shani and Gunawardana 2011, "Evaluating Recommendation Systems", on item
        space coverage.
    """
    shown = lists.exposure[lists.exposure > 0]
    share = shown / shown.sum()
    return float(-(share * np.log2(share)).sum()) + 0.0  # not -0
