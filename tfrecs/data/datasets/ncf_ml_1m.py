"""The NCF paper's MovieLens 1M: each user's last film, and 99 others that are fixed."""

from typing import TYPE_CHECKING

import numpy as np

from tfrecs._base.types import IntArray
from tfrecs.data.datasets._dataset import Dataset
from tfrecs.data.datasets._fetch import fetch, found, maybe_gzipped
from tfrecs.data.interactions import Interactions
from tfrecs.data.readers._layouts import NCF_RATING
from tfrecs.data.readers._typed import Layout, read_published
from tfrecs.data.vocabulary import Vocabulary

if TYPE_CHECKING:
    import pandas as pd

NUM_USERS, NUM_ITEMS, NUM_NEGATIVES = 6040, 3706, 99

ORIGIN = "Data/ of hexiangnan/neural_collaborative_filtering on GitHub"
LAYOUTS = maybe_gzipped(
    "ml-1m.train.rating", "ml-1m.test.rating", "ml-1m.test.negative"
)

_NEGATIVES = Layout(
    {
        "(user,item)": "text",
        **{f"negative {n}": "integer" for n in range(1, NUM_NEGATIVES + 1)},
    },
    separator="\t",
)


def load_ncf_ml_1m() -> Dataset:
    """Loads the NCF paper's split of MovieLens 1M, under its own ids.

    6,040 users, 3,706 films, 994,169 ratings to learn from and each user's last one as
    the test. `negatives` has the 99 films that the paper ranks the test film among. As
    published, 156 users have the test film itself among them.

    Returns:
        Ratings and timestamps, all of them positives whatever the rating.

    Raises:
        FileNotFoundError: if the files are not on this machine.
        ValueError: if a file is malformed, or the files do not fit each other.

    References:
        He et al. 2017, "Neural Collaborative Filtering", section 4.1.
    """
    files = fetch("ncf-ml-1m", LAYOUTS, (), ORIGIN)
    train, test, negative = (
        found(files, f"ml-1m.{part}")
        for part in ("train.rating", "test.rating", "test.negative")
    )
    ratings = [read_published(path, NCF_RATING) for path in (train, test)]
    others = read_published(negative, _NEGATIVES)
    try:
        interactions = _interactions(*ratings)
        test_rows = np.arange(len(interactions)) >= len(ratings[0])
        negatives = _negatives(others, interactions.take(test_rows))
    except (TypeError, ValueError) as error:
        raise ValueError(f"The files in {train.parent} do not fit: {error}") from error
    return Dataset(
        name="ncf-ml-1m",
        interactions=interactions,
        test_rows=test_rows,
        split_name="ncf",
        negatives=negatives,
    )


def _interactions(train: "pd.DataFrame", test: "pd.DataFrame") -> Interactions:
    columns = {
        name: np.concatenate([train[name], test[name]]) for name in NCF_RATING.columns
    }
    return Interactions.from_arrays(
        columns["user_id"],
        columns["item_id"],
        ratings=columns["rating"],
        timestamps=columns["timestamp"],
        duplicates="error",
        user_vocabulary=Vocabulary(np.arange(NUM_USERS), "users"),
        item_vocabulary=Vocabulary(np.arange(NUM_ITEMS), "items"),
    )


def _negatives(frame: "pd.DataFrame", test: Interactions) -> tuple[IntArray, IntArray]:
    """The users, in the order of the file, and the items of each."""
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
