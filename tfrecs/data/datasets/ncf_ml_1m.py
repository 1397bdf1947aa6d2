"""The NCF paper's MovieLens 1M: each user's last film and 99 fixed negatives."""

from typing import TYPE_CHECKING

import numpy as np

from tfrecs._base.files import naming_file
from tfrecs._base.types import IntArray
from tfrecs.data.datasets.dataset import Dataset
from tfrecs.data.datasets.fetch import fetch
from tfrecs.data.interactions import Interactions
from tfrecs.data.readers.layouts import NCF_RATING, Layout, read_published
from tfrecs.data.vocabulary import Vocabulary

if TYPE_CHECKING:
    import pandas as pd

NUM_USERS, NUM_ITEMS, NUM_NEGATIVES = 6040, 3706, 99

ORIGIN = "Data/ of hexiangnan/neural_collaborative_filtering on GitHub"
FILES = ("ml-1m.train.rating", "ml-1m.test.rating", "ml-1m.test.negative")

_NAMES = [f"negative {n}" for n in range(1, NUM_NEGATIVES + 1)]
_NEGATIVES = Layout(
    {"(user,item)": "text", **dict.fromkeys(_NAMES, "integer")}, separator="\t"
)


def load_ncf_ml_1m() -> Dataset:
    """Loads the NCF paper's split of MovieLens 1M, under its own ids.

    6,040 users, 3,706 films, 994,169 training ratings, and each user's last rating as
    the test part. `negatives` has the 99 films that the paper ranks the test film
    among. As published, 156 users have the test film itself among them.

    Returns:
        Ratings and timestamps, all of them positives whatever the rating.

    References:
        He et al. 2017, "Neural Collaborative Filtering", section 4.1.
    """
    files = fetch("ncf-ml-1m", (FILES,), origin=ORIGIN)
    layouts = (NCF_RATING, NCF_RATING, _NEGATIVES)
    train, test, others = (
        read_published(files[name], layout)
        for name, layout in zip(FILES, layouts, strict=True)
    )
    with naming_file(files[FILES[0]].parent):
        interactions = _interactions(train, test)
        test_rows = np.arange(len(interactions)) >= len(train)
        negatives = _negatives(others, interactions.take(test_rows))
    return Dataset(
        name="ncf-ml-1m",
        interactions=interactions,
        test_rows=test_rows,
        split_name="ncf",
        negatives=negatives,
    )


def _interactions(train: "pd.DataFrame", test: "pd.DataFrame") -> Interactions:
    import pandas as pd

    ratings = pd.concat([train, test])
    return Interactions.from_arrays(
        ratings["user_id"],
        ratings["item_id"],
        ratings=ratings["rating"],
        timestamps=ratings["timestamp"],
        duplicates="error",
        user_vocabulary=Vocabulary(np.arange(NUM_USERS), "users"),
        item_vocabulary=Vocabulary(np.arange(NUM_ITEMS), "items"),
    )


def _negatives(frame: "pd.DataFrame", test: Interactions) -> tuple[IntArray, IntArray]:
    """Returns the users, in the order of the file, and the items of each."""
    pairs = frame.pop("(user,item)")
    expected = [
        f"({user},{item})"
        for user, item in zip(test.user_ids, test.item_ids, strict=True)
    ]
    if pairs.tolist() != expected:
        raise ValueError(
            "the (user,item) of test.negative must be the rows of test.rating, in "
            f"their order. Received: {len(pairs)} and {len(expected)} rows that differ"
        )
    items = test.items.known(frame.to_numpy().ravel()).reshape(frame.shape)
    return test.user_ids, items
