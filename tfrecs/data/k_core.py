"""The k-core of interactions: users and items with enough of them."""

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.types import BoolArray, IntArray


def k_core_rows(
    user_ids: IntArray, item_ids: IntArray, *, user: int, item: int
) -> BoolArray:
    """Returns the rows of the largest part whose users and items have enough rows.

    Args:
        user_ids: `[rows]`, from 0.
        item_ids: `[rows]`, from 0.
        user: the least number of rows of a user in the part.
        item: the least number of rows of an item in the part.

    Raises:
        ValueError: if nothing is left.
    """
    check_positive(user=user, item=item)
    keep = np.ones(len(user_ids), dtype=bool)
    while keep.any():
        enough_user = np.bincount(user_ids[keep], minlength=user_ids.max() + 1) >= user
        enough_item = np.bincount(item_ids[keep], minlength=item_ids.max() + 1) >= item
        enough = enough_user[user_ids] & enough_item[item_ids]
        if not (keep & ~enough).any():
            return keep
        keep &= enough
    raise ValueError(
        f"No user and item have that many interactions with each other. Received: "
        f"user={user}, item={item}. Lower them."
    )
