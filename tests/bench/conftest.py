"""Files that people bring to the bench."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def good_csv(tmp_path_factory):
    """60 users in two groups, each with a taste for its half of 40 items."""
    rng = np.random.default_rng(0)
    users = rng.integers(0, 60, 1500)
    frame = pd.DataFrame(
        {
            "person": [f"u{user}" for user in users],
            "film": rng.integers(0, 20, 1500) * 2 + users % 2,
            "stars": rng.integers(1, 6, 1500),
        }
    )
    path = tmp_path_factory.mktemp("data") / "good.csv"
    frame.drop_duplicates(["person", "film"]).to_csv(path, index=False)
    return path
