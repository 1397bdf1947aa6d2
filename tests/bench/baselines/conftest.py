"""Data whose right answer is known."""

import numpy as np
import pytest


@pytest.fixture(scope="package")
def two_groups(from_pairs):
    """Train and test of 40 users and 24 items: even users take even items, odd odd.

    Of the twelve items of its group, a user has nine in train and three in test.
    """
    rng = np.random.default_rng(0)
    train, test = [], []
    for user in range(40):
        items = rng.permutation(12) * 2 + user % 2
        train += [(user, item) for item in items[:9]]
        test += [(user, item) for item in items[9:]]
    return from_pairs(train, 40, 24), from_pairs(test, 40, 24)
