"""Segments of users by their number of training interactions."""

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
    """Assigns each user to a segment by interactions in `train`.

    Args:
        train: training data.
        bounds: the most interactions of a "light" user and the least of a "heavy" one.
            None for terciles of the users with interactions: the lowest bounds with at
            least a third of these users light, and two thirds light or medium.

    Returns:
        `[num_users]` of "new" (no interactions), "light", "medium" and "heavy".

    Raises:
        ValueError: if `bounds` are not rising whole numbers from 1.
    """
    import pandas as pd

    counts = np.diff(train.matrix.indptr)
    if bounds is None:
        active = counts[counts > 0]
        light, medium = np.quantile(active, [1 / 3, 2 / 3], method="inverted_cdf")
        bounds = int(light), int(medium) + 1
    most_light, least_heavy = bounds
    for bound in bounds:
        check_positive(bounds=bound)
    if most_light >= least_heavy:
        raise ValueError(
            "`bounds` must be the most interactions of a light user and a higher "
            f"number, the least of a heavy one. Received: {bounds}"
        )
    codes = np.digitize(counts, [1, most_light + 1, least_heavy])
    kind = pd.CategoricalDtype(list(SEGMENTS), ordered=True)
    return pd.Categorical.from_codes(codes, dtype=kind)
