"""SLIM: a sparse linear model from items to items, over each item's neighbours."""

import time

import numpy as np
import psutil
import scipy.sparse as sp

from tfrecs._base.checks import check_not_negative, check_positive
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.bench.baselines.fitted import BaselineError, Fitted
from tfrecs.bench.baselines.item_knn import nearest_items
from tfrecs.bench.baselines.process import check_time
from tfrecs.data.interactions import Interactions

AT_ONCE = 10_000_000
"""Most products of neighbours in memory at once."""

MANY_ITEMS = 20_000
"""Items above which each has fewer neighbours by default."""

SHRINK = 20.0
"""Shrinkage of the cosines that neighbours are chosen by, as in item-kNN."""

BYTES = 24
"""Peak memory for each pair of items with a user in common."""


def fit_slim(
    train: Interactions,
    seed: int,
    *,
    k: int | None = None,
    l1: float = 0.0,
    l2: float = 100.0,
    sweeps: int = 10,
) -> Fitted:
    """Fits SLIM by coordinate descent; nothing is random.

    Formula:
        W = argmin |X - XW|^2 / 2 + l2 |W|^2 / 2 + l1 sum(W), with W >= 0 and 0 where
        the row is not among the k nearest items of the column; scores = X W

    Args:
        train: the interactions.
        seed: not used.
        k: neighbours of an item, the items of the largest cosines. None for 100, or 50
            in catalogues of over `MANY_ITEMS`, for a quarter of the time. The defaults
            suit validation parts of five data sets; see `benchmarks/README.md`.
        l1: weight of the sum of W.
        l2: weight of the squares of W.
        sweeps: passes of coordinate descent over the neighbours.

    Raises:
        BaselineError: if the numbers of users that items share do not fit in memory.
        OutOfTime: after the deadline of `process.ends_by`.
        ValueError: if `k` or `sweeps` is below 1, or `l1` or `l2` below 0.

    References:
        Ning and Karypis 2011, "SLIM: Sparse Linear Methods for Top-N Recommender
        Systems", sec. 4 (fsSLIM, which selects the neighbours first).
    """
    check_positive(sweeps=sweeps)
    check_not_negative(l1=l1, l2=l2)
    if k is None:
        k = 50 if train.num_items > MANY_ITEMS else 100
    start = time.perf_counter()
    nearest = nearest_items(train.matrix, k, SHRINK)
    gram = _gram(train.matrix)
    per_block = max(1, AT_ONCE // k**2)
    blocks = [
        _regression(gram, nearest, items, l1, l2, sweeps)
        for items in np.split(
            np.arange(train.num_items), range(per_block, train.num_items, per_block)
        )
    ]
    weights = sp.csr_array(sp.vstack(blocks).T)

    def score_users(user_ids: IntArray) -> FloatArray:
        return (train.matrix[user_ids] @ weights).toarray()

    seconds = time.perf_counter() - start
    return Fitted(score_users, seconds, epochs=sweeps, parameters=weights.nnz)


def _gram(matrix: sp.csr_array) -> sp.csr_array:
    """Returns the users in common of each pair of items, `[num_items, num_items]`."""
    lengths = np.diff(matrix.indptr).astype(np.int64)
    needed = BYTES * min(int((lengths**2).sum()), matrix.shape[1] ** 2)
    free = psutil.virtual_memory().available
    if needed > free:
        raise BaselineError(
            f"SLIM needs up to {needed / 1e9:.3g} GB for the items that users have in "
            f"common. Received: {free / 1e9:.3g} GB of free memory"
        )
    gram = sp.csr_array(matrix.T @ matrix)
    gram.sort_indices()
    return gram


def _regression(
    gram: sp.csr_array,
    nearest: sp.csr_array,
    items: AnyArray,
    l1: float,
    l2: float,
    sweeps: int,
) -> sp.csr_array:
    """Returns the weights of the neighbours of some items, `[items, num_items]`."""
    check_time()
    near = nearest[items]
    counts = np.diff(near.indptr)
    k = max(1, int(counts.max()))
    known = np.arange(k) < counts[:, None]  # [items, k]
    ids = np.zeros(known.shape, np.int32)
    ids[known] = near.indices
    rows, columns = np.broadcast_arrays(ids[:, :, None], ids[:, None])
    products = _entries(gram, rows, columns) * (known[:, :, None] & known[:, None])
    targets = _entries(gram, *np.broadcast_arrays(items[:, None], ids)) * known
    weights = _descend(products, targets, l1, l2, sweeps)
    parts = weights[known], near.indices, near.indptr
    found = sp.csr_array(parts, shape=near.shape)
    found.eliminate_zeros()
    return found


def _entries(matrix: sp.csr_array, rows: AnyArray, columns: AnyArray) -> FloatArray:
    """Returns the entries at rows and columns of any shape."""
    return np.asarray(matrix[rows.ravel(), columns.ravel()]).reshape(rows.shape)


def _descend(
    products: FloatArray, targets: FloatArray, l1: float, l2: float, sweeps: int
) -> FloatArray:
    """Minimizes w'Pw / 2 - t'w + l2 |w|^2 / 2 + l1 sum(w) over w >= 0, row by row."""
    weights = np.zeros_like(targets)  # [items, k]
    rest = targets - l1  # minus the slope of all but l2
    for _ in range(sweeps):
        for j in range(targets.shape[1]):
            own = products[:, j, j]
            best = rest[:, j] + own * weights[:, j]
            new = np.maximum(best, 0) / np.maximum(own + l2, 1)
            rest -= products[:, j] * (new - weights[:, j])[:, None]
            weights[:, j] = new
    return weights
