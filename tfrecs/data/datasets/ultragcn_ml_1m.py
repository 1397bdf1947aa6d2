"""MovieLens 1M as lists, in the split that UltraGCN and the BARS benchmark use."""

import numpy as np

from tfrecs._base.files import naming_file
from tfrecs.data.datasets.dataset import Dataset
from tfrecs.data.datasets.fetch import fetch
from tfrecs.data.interactions import Interactions
from tfrecs.data.readers import read_frame

ORIGIN = "data/ml-1m/ of xue-pai/UltraGCN on GitHub"


def load_ultragcn_ml_1m() -> Dataset:
    """Loads BARS's "m1": 6,022 users, 3,043 films, 796,244 pairs and 99,455 test pairs.

    Returns:
        Pairs under ids of their own, without ratings, times or features.

    References:
        Mao et al. 2021, "UltraGCN". Zhu et al. 2022, "BARS", ML-1M, split m1.
    """
    files = fetch("ultragcn-ml-1m", (("train.txt", "test.txt"),), origin=ORIGIN)
    train, test = (
        read_frame(files[name], format="lists") for name in ("train.txt", "test.txt")
    )
    with naming_file(files["train.txt"].parent):
        interactions = Interactions.from_arrays(
            np.concatenate([train["user_id"], test["user_id"]]),
            np.concatenate([train["item_id"], test["item_id"]]),
            duplicates="error",
        )
    return Dataset(
        name="ultragcn-ml-1m",
        interactions=interactions,
        test_rows=np.arange(len(interactions)) >= len(train),
        split_name="m1",
    )
