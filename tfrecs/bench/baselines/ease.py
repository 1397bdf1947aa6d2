"""EASE: a linear model from items to items, in closed form."""

import time

import numpy as np

from tfrecs._base.types import FloatArray, IntArray
from tfrecs.bench.baselines.fitted import BaselineError, Fitted
from tfrecs.data.interactions import Interactions

MOST_ITEMS = 30_000
"""Largest catalogue: its item x item matrices take 22 GB in float64."""


def fit_ease(train: Interactions, seed: int, *, l2: float = 600.0) -> Fitted:
    """Fits EASE; nothing is random.

    Formula:
        B = argmin |X - XB|^2 + l2 |B|^2 with a zero diagonal; scores = X B, with X the
        matrix of users x items

    Args:
        train: the interactions.
        seed: not used.
        l2: weight of the squares of B. 600 is best of 200 to 1000 by NDCG@10 on
            ML-100K, mean of five validation parts of its `ua.base`.

    Raises:
        BaselineError: if the catalogue has more than `MOST_ITEMS` items.

    References:
        Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data", eq. 8.
    """
    if train.num_items > MOST_ITEMS:
        raise BaselineError(
            f"EASE holds num_items^2 numbers: at most {MOST_ITEMS} items. "
            f"Received: {train.num_items}"
        )
    start = time.perf_counter()
    x = train.matrix.astype(np.float64)
    gram = (x.T @ x).toarray()
    gram[np.diag_indices_from(gram)] += l2
    inverse = np.linalg.inv(gram)
    weights = (inverse / -np.diag(inverse)).astype(np.float32)
    np.fill_diagonal(weights, 0)

    def score_users(user_ids: IntArray) -> FloatArray:
        return np.asarray(train.matrix[user_ids] @ weights)

    seconds = time.perf_counter() - start
    return Fitted(score_users, seconds, epochs=1, parameters=weights.size)
