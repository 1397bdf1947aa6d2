"""Splits of interactions into train and test: exact partitions, over one vocabulary.

Each takes interactions and a seed and gives `(train, test)`. A new split is a function
and a line in `SPLITS`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tfrecs._checks import check_fraction, check_positive
from tfrecs._types import AnyArray, BoolArray
from tfrecs.interactions import Interactions

Split = tuple[Interactions, Interactions]


def random_split(
    interactions: Interactions, *, seed: int, test_fraction: float = 0.2
) -> Split:
    """Puts a random `test_fraction` of all interactions, rounded, into test.

    Raises:
        ValueError: if `test_fraction` is not in [0, 1), or a part would be empty.
    """
    check_fraction(test_fraction=test_fraction)
    place = np.random.default_rng(seed).permutation(len(interactions))
    return _parts(interactions, place < round(test_fraction * len(interactions)))


def stratified_split(
    interactions: Interactions, *, seed: int, test_fraction: float = 0.2
) -> Split:
    """Puts a random `test_fraction` of each user's interactions, rounded, into test.

    A user keeps at least one interaction in train.

    Raises:
        ValueError: if `test_fraction` is not in [0, 1), or a part would be empty.
    """
    check_fraction(test_fraction=test_fraction)
    degree = _degree(interactions)
    held_out = np.minimum(np.round(test_fraction * degree), degree - 1)
    return _parts(interactions, _random_place(interactions, seed) < held_out)


def leave_k_out(interactions: Interactions, *, seed: int, k: int = 10) -> Split:
    """Puts k random interactions of each user into test.

    A user with k or fewer keeps one in train.

    Raises:
        ValueError: if k is below 1, or a part would be empty.
    """
    check_positive(k=k)
    held_out = np.minimum(k, _degree(interactions) - 1)
    return _parts(interactions, _random_place(interactions, seed) < held_out)


def leave_last_out(interactions: Interactions, *, seed: int) -> Split:
    """Puts the last interaction of each user into test, ties in time at random.

    A user with one interaction keeps it in train.

    Raises:
        ValueError: if there are no timestamps, or a part would be empty.
    """
    times = _timestamps(interactions)
    held_out = np.minimum(1, _degree(interactions) - 1)
    return _parts(interactions, _place(interactions, -times, seed) < held_out)


def temporal_split(
    interactions: Interactions, *, seed: int, test_fraction: float = 0.2
) -> Split:
    """Puts the last `test_fraction` of all interactions, by time, into test.

    Ties in time are cut at random. Test may have users and items that train lacks.

    Raises:
        ValueError: if there are no timestamps, `test_fraction` is not in [0, 1), or a
            part would be empty.
    """
    check_fraction(test_fraction=test_fraction)
    tie = np.random.default_rng(seed).random(len(interactions))
    latest_first = np.lexsort((tie, _timestamps(interactions)))[::-1]
    is_test = np.zeros(len(interactions), dtype=bool)
    is_test[latest_first[: round(test_fraction * len(interactions))]] = True
    return _parts(interactions, is_test)


SPLITS: dict[str, Callable[..., Split]] = {
    "random": random_split,
    "stratified": stratified_split,
    "leave-k-out": leave_k_out,
    "leave-last-out": leave_last_out,
    "temporal": temporal_split,
}


def _parts(interactions: Interactions, is_test: BoolArray) -> Split:
    num_test = int(is_test.sum())
    if num_test in (0, len(interactions)):
        raise ValueError(
            f"A split must leave train and test at least one interaction. Received: "
            f"{num_test} of {len(interactions)} for test. Change the split's size, or "
            "drop users with few interactions first (k_core)."
        )
    return interactions.take(~is_test), interactions.take(is_test)


def _degree(interactions: Interactions) -> AnyArray:
    """The number of interactions of each row's user: `[interactions]`."""
    counts = np.bincount(interactions.user_ids, minlength=interactions.num_users)
    return counts[interactions.user_ids]


def _timestamps(interactions: Interactions) -> AnyArray:
    if interactions.timestamps is None:
        raise ValueError(
            "A split by time needs timestamps, and these interactions have none. Name "
            "the time column when reading, or use another split."
        )
    return interactions.timestamps


def _random_place(interactions: Interactions, seed: int) -> AnyArray:
    return _place(interactions, np.zeros(len(interactions)), seed)


def _place(interactions: Interactions, key: Any, seed: int) -> AnyArray:
    """Each row's place (from 0) among its user's rows by `key`, ties at random."""
    tie = np.random.default_rng(seed).random(len(interactions))
    order = np.lexsort((tie, key, interactions.user_ids))
    users = interactions.user_ids[order]
    starts = np.flatnonzero(np.diff(users, prepend=-1))
    counts = np.diff(starts, append=len(users))
    place = np.empty(len(users), dtype=np.int64)
    place[order] = np.arange(len(users)) - np.repeat(starts, counts)
    return place
