"""Splits of interactions into train and test: exact partitions, over one vocabulary.

Each takes interactions and a seed and returns a `Split`, which unpacks as `train, test`
and knows its cold users and items. A new split is a function and a line in `SPLITS`.
Splits without a seed are not in there: `temporal_cut`, `masked_split` and
`given_split`. `with_validation` makes a validation part as well.

They divide, count and hold out interactions of any rating, also of 0 or below
`min_rating`: `leave_one_out(data.positives, seed=0)` holds out positives alone.

A split raises ValueError if an option is out of range, a part would be empty, or it is
by time and there are no timestamps. A `test_fraction` is in [0, 1).
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tfrecs._base.checks import check_fraction, check_positive
from tfrecs._base.types import AnyArray, BoolArray, IntArray
from tfrecs.data.interactions import Interactions
from tfrecs.data.split import Rule as Rule
from tfrecs.data.split import Split as Split
from tfrecs.data.split import TrainValidationTest as TrainValidationTest
from tfrecs.data.split import given_split as given_split
from tfrecs.data.split import masked_split as masked_split


def random_split(
    interactions: Interactions, *, seed: int, test_fraction: float = 0.2
) -> Split:
    """Puts a random `test_fraction` of all interactions, rounded, into test."""
    check_fraction(test_fraction=test_fraction)
    place = np.random.default_rng(seed).permutation(len(interactions))
    return masked_split(interactions, place < round(test_fraction * len(interactions)))


def stratified_split(
    interactions: Interactions,
    *,
    seed: int,
    test_fraction: float = 0.2,
    round_up: bool = False,
) -> Split:
    """Puts a random `test_fraction` of each user's interactions, rounded, into test.

    A user keeps at least one interaction in train.

    Args:
        interactions: the data to split.
        seed: of the random draw.
        test_fraction: in [0, 1).
        round_up: whether to round a user's share up, as scikit-learn and Collie do, so
            that each user with two or more is in test; else to the nearest.
    """
    check_fraction(test_fraction=test_fraction)
    share = test_fraction * _degree(interactions)
    # Rounding errors must not round a whole number up.
    share = np.ceil(share - 1e-9) if round_up else np.round(share)
    return _per_user(interactions, share, _drawn(interactions, seed))


def leave_k_out(interactions: Interactions, *, seed: int, k: int = 10) -> Split:
    """Puts k random interactions of each user into test.

    A user with k or fewer keeps one in train.
    """
    check_positive(k=k)
    return _per_user(interactions, k, _drawn(interactions, seed))


def leave_one_out(interactions: Interactions, *, seed: int) -> Split:
    """Puts one random interaction of each user into test.

    A user with one interaction keeps it in train.
    """
    return leave_k_out(interactions, seed=seed, k=1)


def leave_last_out(interactions: Interactions, *, seed: int, k: int = 1) -> Split:
    """Puts the last k interactions of each user into test, ties in time by row.

    A user with k or fewer keeps the first in train. Lists without timestamps, a line
    for each user, are in order of time. Nothing is drawn, so `seed` has no effect.
    """
    check_positive(k=k)
    source = interactions.source
    in_lists = source is not None and source.format == "lists"
    by_row = in_lists and interactions.timestamps is None
    times = 0 if by_row else -_timestamps(interactions)
    return _per_user(interactions, k, -np.arange(len(interactions)), times)


def temporal_split(
    interactions: Interactions, *, seed: int, test_fraction: float = 0.2
) -> Split:
    """Puts the last `test_fraction` of all interactions, by time, into test.

    Ties in time are cut at random. Test may have users and items that train lacks.
    """
    check_fraction(test_fraction=test_fraction)
    tie = _drawn(interactions, seed)
    latest_first = np.lexsort((tie, _timestamps(interactions)))[::-1]
    is_test = np.zeros(len(interactions), dtype=bool)
    is_test[latest_first[: round(test_fraction * len(interactions))]] = True
    return masked_split(interactions, is_test)


def temporal_cut(interactions: Interactions, *, time: float) -> Split:
    """Puts all interactions from a point in time on into test.

    Args:
        interactions: the data to split.
        time: the first moment of test, on the scale of the timestamps (seconds since
            1970 where they were datetimes).
    """
    return masked_split(interactions, _timestamps(interactions) >= time)


def cold_user_split(
    interactions: Interactions, *, seed: int, test_fraction: float = 0.2
) -> Split:
    """Puts a random `test_fraction` of the users, rounded, into test with all rows."""
    check_fraction(test_fraction=test_fraction)
    return masked_split(interactions, _some(interactions.user_ids, test_fraction, seed))


def cold_item_split(
    interactions: Interactions, *, seed: int, test_fraction: float = 0.2
) -> Split:
    """Puts a random `test_fraction` of the items, rounded, into test with all rows."""
    check_fraction(test_fraction=test_fraction)
    return masked_split(interactions, _some(interactions.item_ids, test_fraction, seed))


def k_fold(
    interactions: Interactions, *, seed: int, num_folds: int = 5, fold: int = 0
) -> Split:
    """Puts one of `num_folds` folds into test; see `k_folds`."""
    fold_of = _folds(interactions, num_folds, seed)
    if not 0 <= fold < num_folds:
        raise ValueError(
            f"`fold` must be from 0 to {num_folds - 1}. Received: fold={fold!r}"
        )
    return masked_split(interactions, fold_of == fold)


def k_folds(
    interactions: Interactions, *, seed: int, num_folds: int = 5
) -> Iterator[Split]:
    """Returns `num_folds` splits, with each interaction in the test part of one.

    Each user's interactions are spread evenly over the folds, and so are all of them:
    folds differ by at most one. A user with two or more is thus always in train.
    """
    fold_of = _folds(interactions, num_folds, seed)
    return (masked_split(interactions, fold_of == fold) for fold in range(num_folds))


SPLITS: dict[str, Callable[..., Split]] = {
    "random": random_split,
    "stratified": stratified_split,
    "leave-one-out": leave_one_out,
    "leave-k-out": leave_k_out,
    "leave-last-out": leave_last_out,
    "temporal": temporal_split,
    "cold-users": cold_user_split,
    "cold-items": cold_item_split,
    "k-fold": k_fold,
}


def with_validation(
    rule: Rule, data: Interactions | Split, *, seed: int
) -> TrainValidationTest:
    """Splits data by a rule, and then its train part once more by the same rule.

    `leave_last_out` thus validates on the last but one interaction of each user, and
    tests on the last.

    Args:
        rule: a split such as `leave_last_out`, or `functools.partial(leave_k_out, k=5)`
            with options.
        data: the interactions; or a `Split` whose test part is kept, to hold out
            validation by another rule, or after a split that has none.
        seed: of the split; validation uses the next one. For a `Split`, of validation.

    Raises:
        ValueError: as the rule does.

    Example:
        >>> data = Interactions.from_arrays([7] * 4, "abcd", timestamps=[1, 2, 3, 4])
        >>> parts = with_validation(leave_last_out, data, seed=0)
        >>> [part.items.ids[part.item_ids].tolist() for part in parts]
        [['a', 'b'], ['c'], ['d']]
    """
    if isinstance(data, Interactions):
        # The same random numbers again would tie the rows of validation to test's.
        data, seed = rule(data, seed=seed), seed + 1
    return TrainValidationTest(*rule(data.train, seed=seed), data.test)


def _degree(interactions: Interactions) -> AnyArray:
    """The number of interactions of each row's user: `[interactions]`."""
    counts = np.bincount(interactions.user_ids, minlength=interactions.num_users)
    return counts[interactions.user_ids]


def _timestamps(interactions: Interactions) -> AnyArray:
    if interactions.timestamps is None:
        raise ValueError(
            "A split by time needs timestamps. Received: interactions without them. "
            "Name the time column when reading, or use another split."
        )
    return interactions.timestamps


def _some(ids: IntArray, fraction: float, seed: int) -> BoolArray:
    """Marks the rows of a random fraction of the distinct ids."""
    active = np.flatnonzero(np.bincount(ids))
    chosen = np.random.default_rng(seed).permutation(active)
    is_chosen = np.zeros(active[-1] + 1, dtype=bool)
    is_chosen[chosen[: round(fraction * len(active))]] = True
    return is_chosen[ids]


def _folds(interactions: Interactions, num_folds: int, seed: int) -> AnyArray:
    """The fold of each row, dealt user by user; users and rows in random order."""
    check_positive(num_folds=num_folds)
    if num_folds < 2:
        raise ValueError("`num_folds` must be at least 2. Received: num_folds=1")
    rng = np.random.default_rng(seed)
    turn = rng.permutation(interactions.num_users)[interactions.user_ids]
    order = np.lexsort((rng.random(len(interactions)), turn))
    fold_of = np.empty(len(interactions), dtype=np.int64)
    first = rng.integers(num_folds)
    fold_of[order] = (first + np.arange(len(interactions))) % num_folds
    return fold_of


def _drawn(interactions: Interactions, seed: int) -> AnyArray:
    """A random number for each row: `[interactions]`."""
    return np.random.default_rng(seed).random(len(interactions))


def _per_user(
    interactions: Interactions, num_test: Any, tie: AnyArray, key: Any = 0
) -> Split:
    """Puts the first `num_test` rows of each user by `key` into test; one row stays.

    `num_test` is a number, or one for each row's user; ties in `key` are by `tie`.
    """
    keys = np.broadcast_to(key, tie.shape)
    order = np.lexsort((tie, keys, interactions.user_ids))
    users = interactions.user_ids[order]
    starts = np.flatnonzero(np.diff(users, prepend=-1))
    counts = np.diff(starts, append=len(users))
    place = np.empty(len(users), dtype=np.int64)
    place[order] = np.arange(len(users)) - np.repeat(starts, counts)
    held_out = np.minimum(num_test, _degree(interactions) - 1)
    return masked_split(interactions, place < held_out)
