"""Item-kNN: a sum of the cosines between an item and the items of the user."""

import time
from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

from tfrecs._base.checks import check_not_negative, check_positive, check_share
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.bench.baselines.fitted import Fitted
from tfrecs.data.interactions import Interactions

AT_ONCE = 10_000_000
"""Most similarities in memory at once, where a single item does not have more."""


def fit_item_knn(
    train: Interactions,
    seed: int,
    *,
    k: int = 200,
    shrink: float = 20.0,
    decay: float = 1.0,
) -> Fitted:
    """Fits similarities of items; nothing is random.

    Formula:
        score(u, i) = sum over items j of u among the k nearest to i of decay^age
            n_ij / (sqrt(n_i n_j) + shrink), with n_i users of i and n_ij users of both;
            the user's last item has age 0, the one before it age 1

    Args:
        train: the interactions.
        seed: not used.
        k: neighbours of an item. The defaults suit validation parts of six data
            sets; see `benchmarks/README.md`.
        shrink: lowers similarities of items with few users.
        decay: weight of an item relative to the next one of the user; 1 if the order
            does not count.

    Raises:
        ValueError: if `k` is below 1, `shrink` below 0, or `decay` not in (0, 1].

    References:
        Sarwar et al. 2001, "Item-based Collaborative Filtering Recommendation
        Algorithms"; Ferrari Dacrema et al. 2019, "Are We Really Making Much Progress?",
        sec. 3.1, for the shrinkage.
    """
    check_share(decay=decay)
    start = time.perf_counter()
    weights = nearest_items(train.matrix, k, shrink).T.tocsr()
    histories = train.matrix if decay == 1 else _decayed(train, decay)

    def score_users(user_ids: IntArray) -> FloatArray:
        return (histories[user_ids] @ weights).toarray()

    seconds = time.perf_counter() - start
    return Fitted(score_users, seconds, epochs=1, parameters=weights.nnz)


def _decayed(train: Interactions, decay: float) -> sp.csr_array:
    """Returns the weight of each item of a user by its age: `[users, items]`."""
    items, starts = train.sequences.items, train.sequences.starts
    age = np.repeat(starts[1:], np.diff(starts)) - 1 - np.arange(len(items))
    shape = train.num_users, train.num_items
    return sp.csr_array((np.float32(decay) ** age, items, starts), shape=shape)


def nearest_items(matrix: sp.csr_array, k: int, shrink: float) -> sp.csr_array:
    """Returns the similarities to the k nearest other items of each item.

    Args:
        matrix: `[num_users, num_items]`, 1 for each interaction.
        k: most neighbours of an item; only items that share a user with it are any.
        shrink: as of `fit_item_knn`.

    Returns:
        `[num_items, num_items]` float32, a row for each item.
    """
    check_positive(k=k)
    check_not_negative(shrink=shrink)
    lengths = np.sqrt(matrix.sum(axis=0))
    items, similarities = [], []
    for first, counts in _common_users(matrix):
        rows = first + np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        found = counts.data / (lengths[rows] * lengths[counts.indices] + shrink)
        found[rows == counts.indices] = 0
        for begin, end in zip(counts.indptr[:-1], counts.indptr[1:], strict=True):
            best = begin + _largest(found[begin:end], k)
            items.append(counts.indices[best])
            similarities.append(found[best])
    ends = np.cumsum([0, *map(len, items)])
    parts = np.concatenate(similarities), np.concatenate(items), ends
    nearest = sp.csr_array(parts, shape=(matrix.shape[1],) * 2, dtype=np.float32)
    nearest.eliminate_zeros()
    return nearest


def _common_users(matrix: sp.csr_array) -> Iterator[tuple[int, sp.csr_array]]:
    """Yields first items of blocks, and their numbers of users in common with all."""
    num_items = matrix.shape[1]
    by_item = matrix.T.tocsr()
    most = np.minimum(by_item @ np.diff(matrix.indptr), num_items)
    blocks = np.cumsum(most) // AT_ONCE
    starts = np.flatnonzero(np.diff(blocks, prepend=-1)).tolist()
    for first, end in zip(starts, [*starts[1:], num_items], strict=True):
        yield first, by_item[first:end] @ matrix


def _largest(values: FloatArray, k: int) -> AnyArray:
    """Returns the indices of the k largest values, or all, in no order."""
    if len(values) <= k:
        return np.arange(len(values))
    return np.argpartition(values, -k)[-k:]
