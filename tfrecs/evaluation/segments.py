"""Users by how much a model could learn of them."""

from typing import TYPE_CHECKING

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs.data.interactions import Interactions

if TYPE_CHECKING:
    import pandas as pd

SEGMENTS = ("new", "light", "medium", "heavy")


def activity(
    train: Interactions, bounds: tuple[int, int] | None = None
) -> "pd.Categorical":
    """Tells for each user how much there is in `train`.

    Args:
        train: what the model learned from.
        bounds: the most interactions of a "light" user and the least of a "heavy" one.
            None for terciles of the users who have any: the bounds are the lowest ones
            for which a third of these users is light, and two thirds are light or
            medium. Users with equal numbers are never parted.

    Returns:
        `[num_users]` of "new" (no interactions), "light", "medium" and "heavy".

    Raises:
        ValueError: if `bounds` are not whole numbers from 1 that rise.
    """
    import pandas as pd

    counts = np.diff(train.matrix.indptr)
    if bounds is None:
        active = counts[counts > 0]
        light, medium = np.quantile(active, [1 / 3, 2 / 3], method="inverted_cdf")
        bounds = int(light), int(medium) + 1
    most_light, least_heavy = bounds
    check_positive(bounds=most_light)
    check_positive(bounds=least_heavy)
    if most_light >= least_heavy:
        raise ValueError(
            "`bounds` must be the most interactions of a light user and, higher, the "
            f"least of a heavy one. Received: {bounds}"
        )
    codes = np.digitize(counts, [1, most_light + 1, least_heavy])
    kind = pd.CategoricalDtype(list(SEGMENTS), ordered=True)
    return pd.Categorical.from_codes(codes, dtype=kind)
