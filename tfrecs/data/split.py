"""The results of splits: parts of one data set, and their cold users and items."""

from typing import NamedTuple, Protocol

import numpy as np

from tfrecs._base.types import BoolArray, IntArray
from tfrecs.data.interactions import Interactions


class Rule(Protocol):
    """A split with its options, such as `partial(leave_k_out, k=5)`."""

    def __call__(self, interactions: Interactions, *, seed: int) -> "Split":
        """Divides the interactions."""


class Split(NamedTuple):
    """Train and test: an exact partition over one vocabulary.

    It unpacks, as in `train, test = random_split(...)`. Users and items of test that
    train lacks are cold: a model can only guess their scores.

    Args:
        train: the interactions to learn from.
        test: the interactions to evaluate on.
    """

    train: Interactions
    test: Interactions

    @property
    def cold_users(self) -> IntArray:
        """Ids of users with interactions in test and none in train, sorted."""
        return _cold_ids(self.train.user_ids, self.test.user_ids)

    @property
    def cold_items(self) -> IntArray:
        """Ids of items with interactions in test and none in train, sorted."""
        return _cold_ids(self.train.item_ids, self.test.item_ids)

    def without_cold(self) -> "Split":
        """Returns the same train, and test without cold users and items.

        Raises:
            ValueError: if test would be empty.
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

    def __repr__(self) -> str:
        """Returns the sizes and the numbers of cold users and items."""
        return (
            f"<Split: {len(self.train)} train and {len(self.test)} test interactions, "
            f"{_cold(self)}>"
        )


class TrainValidationTest(NamedTuple):
    """Train, validation and test: an exact partition over one vocabulary.

    Args:
        train: the interactions to learn from.
        validation: the interactions to choose settings on.
        test: the interactions to evaluate on.
    """

    train: Interactions
    validation: Interactions
    test: Interactions

    @property
    def validation_split(self) -> Split:
        """Train and validation, with their cold users and items."""
        return Split(self.train, self.validation)

    @property
    def test_split(self) -> Split:
        """Train and test, with their cold users and items."""
        return Split(self.train, self.test)

    def __repr__(self) -> str:
        """Returns the sizes and the numbers of cold users and items."""
        return (
            f"<TrainValidationTest: {len(self.train)} train, {len(self.validation)} "
            f"validation ({_cold(self.validation_split)}) and {len(self.test)} test "
            f"interactions ({_cold(self.test_split)})>"
        )


def masked_split(interactions: Interactions, is_test: BoolArray) -> Split:
    """Puts the interactions that a mask marks into test.

    Args:
        interactions: the data to split.
        is_test: `[interactions]` bool.

    Raises:
        ValueError: if the mask has another length or type, or a part would be empty.
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
    """Makes a split of two given parts of one data set.

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


def _cold_ids(train: IntArray, test: IntArray) -> IntArray:
    return np.unique(test[np.isin(test, train, invert=True)])


def _cold(split: Split) -> str:
    users, items = len(split.cold_users), len(split.cold_items)
    if not users and not items:
        return "all users and items in train"
    return f"{users} users and {items} items not in train"
