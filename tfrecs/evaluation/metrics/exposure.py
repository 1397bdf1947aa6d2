"""How evenly all lists together show the items of the catalogue."""

import numpy as np

from tfrecs.evaluation.metrics.lists import Lists


def coverage(lists: Lists) -> float:
    """The share of the catalogue that is in somebody's list.

    The catalogue is that of `train`, with items that nobody has in it. It grows with
    the number of users and with k: compare it at the same ones.

    References:
        Ge et al. 2010, "Beyond Accuracy: Evaluating Recommender Systems by Coverage and
        Serendipity", on catalog coverage.
    """
    return float((lists.exposure > 0).mean())


def gini(lists: Lists) -> float:
    """Gini index of exposure: how unequally the lists' places fall to items.

    From 0 (each item is in as many lists) to 1 - 1 / num_items (one item is in all).
    Items of the catalogue that are in no list count, with 0.

    Formula:
        sum over j = 1..n of (2 j - n - 1) x_j / (n sum x), where x are the numbers of
        lists that each of the n items is in, ascending

    References:
        Shani and Gunawardana 2011, "Evaluating Recommendation Systems", on item
        space coverage, which divides by n - 1 and not by n.
    """
    shown = np.sort(lists.exposure)
    weights = 2 * np.arange(1, len(shown) + 1) - len(shown) - 1
    return float(weights @ shown / (len(shown) * shown.sum()))


def exposure_entropy(lists: Lists) -> float:
    """Shannon entropy of exposure, in bits: how evenly the lists' places fall to items.

    From 0 (no other item than one is shown) to log2(num_items). Two to this power is
    the number of items which, shown equally often, would give as much.

    Formula:
        -sum of p log2 p, where p is an item's share of all places; 0 log2 0 is 0

    References:
        Shani and Gunawardana 2011, "Evaluating Recommendation Systems", on item
        space coverage.
    """
    shown = lists.exposure[lists.exposure > 0]
    share = shown / shown.sum()
    return float(-(share * np.log2(share)).sum()) + 0.0  # not -0
