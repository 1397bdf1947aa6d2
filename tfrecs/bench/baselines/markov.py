"""Markov chain: the items that most often followed the user's last item."""

import time

import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import FloatArray, IntArray
from tfrecs.bench.baselines.fitted import Fitted
from tfrecs.data.interactions import Interactions


def fit_markov(train: Interactions, seed: int) -> Fitted:
    """Counts how often each item came right after another; `seed` is not used.

    Formula:
        score(u, i) = n_ji + n_i / (1 + the highest n), with j the last item of u, n_ji
        users whose i came right after j, and n_i users of i, which decides ties

    References:
        Rendle et al. 2010, "Factorizing Personalized Markov Chains for Next-Basket
        Recommendation", sec. 3, of baskets of one item, without factors.
    """
    start = time.perf_counter()
    items, starts = train.sequences.items, train.sequences.starts
    counts = np.diff(starts)
    follows = np.ones(len(items), bool)
    follows[starts[:-1][counts > 0]] = False
    after = np.flatnonzero(follows)
    ones = np.ones(len(after), np.float32)
    pairs, shape = (items[after - 1], items[after]), (train.num_items,) * 2
    followers = sp.csr_array((ones, pairs), shape=shape)
    followers.sum_duplicates()
    popularity = train.item_counts.astype(np.float32)
    popularity /= 1 + popularity.max()

    def score_users(user_ids: IntArray) -> FloatArray:
        scores = np.repeat(popularity[None], len(user_ids), axis=0)
        known = counts[user_ids] > 0
        scores[known] += followers[items[starts[user_ids[known] + 1] - 1]].toarray()
        return scores

    seconds = time.perf_counter() - start
    return Fitted(score_users, seconds, epochs=1, parameters=followers.nnz)
