"""A sample of the users, whose evaluation costs less than that of all."""

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs.data.interactions import Interactions


def sample_users(data: Interactions, num_users: int, seed: int) -> Interactions:
    """Returns the interactions of some users, drawn from all that have any.

    Raises:
        ValueError: if `num_users` is below 1.
    """
    check_positive(num_users=num_users)
    data = data.positives
    users = np.unique(data.user_ids)
    rng = np.random.default_rng(seed)
    drawn = rng.choice(users, min(num_users, len(users)), replace=False)
    return data.take(np.isin(data.user_ids, drawn))
