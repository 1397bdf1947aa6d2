"""MovieLens 1M as lists, in the split that UltraGCN and the BARS benchmark use."""

import numpy as np

from tfrecs.data.datasets._dataset import Dataset
from tfrecs.data.datasets._fetch import fetch, found, maybe_gzipped
from tfrecs.data.interactions import Interactions
from tfrecs.data.readers import read_lightgcn

ORIGIN = "data/ml-1m/ of xue-pai/UltraGCN on GitHub"
LAYOUTS = maybe_gzipped("train.txt", "test.txt")


def load_ultragcn_ml_1m() -> Dataset:
    """Loads BARS's "m1": 6,022 users, 3,043 films, 796,244 pairs and 99,455 test pairs.

    Returns:
        Pairs under ids of their own, without ratings, times or features.

    Raises:
        FileNotFoundError: if the files are not on this machine.
        ValueError: if a file is malformed, or a pair stands twice.

    References:
        Mao et al. 2021, "UltraGCN". Zhu et al. 2022, "BARS", ML-1M, split m1.
    """
    files = fetch("ultragcn-ml-1m", LAYOUTS, (), ORIGIN)
    train, test = found(files, "train.txt"), found(files, "test.txt")
    users, items = read_lightgcn(train)
    test_users, test_items = read_lightgcn(test)
    try:
        interactions = Interactions.from_arrays(
            np.concatenate([users, test_users]),
            np.concatenate([items, test_items]),
            duplicates="error",
        )
    except ValueError as error:
        raise ValueError(f"The files in {train.parent} do not fit: {error}") from error
    return Dataset(
        name="ultragcn-ml-1m",
        interactions=interactions,
        test_rows=np.arange(len(interactions)) >= len(users),
        split_name="m1",
    )
