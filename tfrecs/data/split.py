"""What a split gives: parts of one data set, and who has no training data in them."""

from typing import NamedTuple, Protocol

import numpy as np

from tfrecs._base.types import AnyArray, BoolArray, IntArray
from tfrecs.data.interactions import Interactions


class Rule(Protocol):
    """A split with its options settled, such as `partial(leave_k_out, k=5)`."""

    def __call__(self, interactions: Interactions, *, seed: int) -> "Split":
        """Divides the interactions."""


class Split(NamedTuple):
    """Train and test: an exact partition over one vocabulary.

    It unpacks, as in `train, test = random_split(...)`. What test has and train lacks
    stays in test, and is told here: a model can only guess its scores.

    Args:
        train: what models learn from.
        test: what they are measured on.
    """

    train: Interactions
    test: Interactions

    @property
    def cold_users(self) -> IntArray:
        """Ids of users with interactions in test and none in train, sorted."""
        users = self.train.num_users
        return _lacking(self.train.user_ids, self.test.user_ids, users)

    @property
    def cold_items(self) -> IntArray:
        """Ids of items with interactions in test and none in train, sorted."""
        items = self.train.num_items
        return _lacking(self.train.item_ids, self.test.item_ids, items)

    def without_cold(self) -> "Split":
        """Gives the same train, and test without users and items that train lacks.

        Raises:
            ValueError: if nothing would be left of test.
        """
        cold_user = np.isin(self.test.user_ids, self.cold_users)
        cold = cold_user | np.isin(self.test.item_ids, self.cold_items)
        if cold.all():
            raise ValueError(
                "Test must have an interaction whose user and item are in train. "
                f"Received: none of {len(self.test)}. Split another way, or use a "
                "model of features."
            )
        return Split(self.train, self.test.take(~cold))

    def with_validation(self, rule: Rule, *, seed: int) -> "ThreeParts":
        """Divides train once more, for validation; test stays as it is.

        Args:
            rule: how validation is held out of train.
            seed: another one than that of this split, whose rows it would follow.

        Raises:
            ValueError: as the rule does.
        """
        return ThreeParts(*rule(self.train, seed=seed), self.test)

    def __repr__(self) -> str:
        """Tells the sizes, and how many users and items have no training data."""
        return (
            f"<Split: {len(self.train)} train and {len(self.test)} test interactions, "
            f"{_told(self)}>"
        )


class ThreeParts(NamedTuple):
    """Train, validation and test: an exact partition over one vocabulary.

    Args:
        train: what models learn from.
        validation: what settings are chosen on.
        test: what they are measured on.
    """

    train: Interactions
    validation: Interactions
    test: Interactions

    @property
    def choosing(self) -> Split:
        """Train and validation, with their cold users and items."""
        return Split(self.train, self.validation)

    @property
    def measuring(self) -> Split:
        """Train and test, with their cold users and items."""
        return Split(self.train, self.test)

    def __repr__(self) -> str:
        """Tells the sizes, and how many users and items have no training data."""
        return (
            f"<ThreeParts: {len(self.train)} train, {len(self.validation)} validation "
            f"({_told(self.choosing)}) and {len(self.test)} test interactions "
            f"({_told(self.measuring)})>"
        )


def masked_split(interactions: Interactions, is_test: BoolArray) -> Split:
    """Puts the interactions that a mask marks into test.

    Args:
        interactions: what to divide.
        is_test: `[interactions]` bool.

    Raises:
        ValueError: if it is not a mask with one value for each interaction, or a part
            would be empty.
    """
    mask = np.asarray(is_test)
    if mask.dtype != bool or mask.shape != (len(interactions),):
        raise ValueError(
            f"`is_test` must be {len(interactions)} booleans, one for each interaction."
            f" Received: shape {mask.shape}, {mask.dtype}"
        )
    num_test = int(mask.sum())
    if num_test in (0, len(interactions)):
        raise ValueError(
            f"A split must leave train and test at least one interaction. Received: "
            f"{num_test} of {len(interactions)} for test. Change the split's size, or "
            "drop users with few interactions first (k_core)."
        )
    return Split(interactions.take(~mask), interactions.take(mask))


def given_split(train: Interactions, test: Interactions) -> Split:
    """Takes two parts as they are, once they are seen to be parts of one data set.

    Raises:
        ValueError: if their vocabularies differ, or an interaction is in both.
    """
    shared = train.contains(test)
    if shared.any():
        raise ValueError(
            f"Train and test must share no interaction. Received: {shared.sum()} of "
            f"{len(test)} in test that are in train too. Drop them with "
            "test.take(~train.contains(test))."
        )
    return Split(train, test)


def _lacking(trained: IntArray, tested: IntArray, size: int) -> IntArray:
    """Those of `tested` that are not among `trained`, sorted; all are below `size`."""
    is_cold = _present(tested, size) & ~_present(trained, size)
    return np.flatnonzero(is_cold).astype(np.int32)


def _present(ids: IntArray, size: int) -> AnyArray:
    present = np.zeros(size, dtype=bool)
    present[ids] = True
    return present


def _told(split: Split) -> str:
    users, items = len(split.cold_users), len(split.cold_items)
    if not users and not items:
        return "all users and items in train"
    return f"{users} users and {items} items not in train"
