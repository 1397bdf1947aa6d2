"""Popularity: the items with most interactions, for every user."""

import time

import numpy as np

from tfrecs._base.checks import check_share
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.bench.baselines.fitted import BaselineError, Fitted
from tfrecs.data.interactions import Interactions


def fit_popularity(
    train: Interactions, seed: int, *, latest: float | None = None
) -> Fitted:
    """Counts the interactions of each item; `seed` is not used.

    Args:
        train: the interactions.
        seed: not used.
        latest: share of the interactions that count, the latest in time, and all of the
            same time as the first of these; None for all.

    Raises:
        ValueError: if `latest` is not in (0, 1].
        BaselineError: if there are no times for `latest`.
    """
    start = time.perf_counter()
    if latest is None:
        counts = train.item_counts
    else:
        counts = _counts_of_latest(train.positives, latest)
    counts = counts.astype(np.float32)

    def score_users(user_ids: IntArray) -> FloatArray:
        return np.broadcast_to(counts, (len(user_ids), train.num_items))

    seconds = time.perf_counter() - start
    return Fitted(score_users, seconds, epochs=1, parameters=train.num_items)


def _counts_of_latest(train: Interactions, share: float) -> AnyArray:
    """Returns the number of interactions of each item in the latest window."""
    check_share(latest=share)
    times = train.timestamps
    if times is None:
        raise BaselineError("the data have no times")
    first = np.sort(times)[-max(1, round(share * len(times)))]
    return np.bincount(train.item_ids[times >= first], minlength=train.num_items)
