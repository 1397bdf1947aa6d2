"""Yoochoose: clicks and purchases in the sessions of a shop (RecSys Challenge 2015)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from tfrecs.data.column_kinds import ColumnKinds
from tfrecs.data.datasets.dataset import Dataset
from tfrecs.data.datasets.fetch import fetch
from tfrecs.data.interactions import Interactions
from tfrecs.data.readers.layouts import Kind, Layout, read_published

if TYPE_CHECKING:
    import pandas as pd

ORIGIN = "the RecSys Challenge 2015 (yoochoose-data.7z)"
FILES = ("yoochoose-clicks.dat", "yoochoose-buys.dat")

_EVENT: Mapping[str, Kind] = {
    "session_id": "integer",
    "timestamp": "time",
    "item_id": "integer",
}
CLICKS = Layout({**_EVENT, "category": "text"})
BUYS = Layout({**_EVENT, "price": "number", "quantity": "number"})

CLICKED, BOUGHT = 1.0, 2.0


def load_yoochoose() -> Dataset:
    """Loads Yoochoose: 33 million clicks and 1.2 million purchases of six months.

    `yoochoose-test.dat`, whose purchases were never published, is not read; nor are
    prices and quantities. It is not downloaded, for want of a checksum.

    Returns:
        Sessions as users. The rating of an item is 1 if it was clicked in the session,
        2 if it was bought (so `at_least(2)` returns purchases alone); the time is that
        of the last purchase, or else of the last click, in seconds. The `category` of
        an item is the one of 1 to 12 that most of its clicks have, if any; "0" (none),
        "S" (a special offer) and brands do not count.

    References:
        Ben-Shimon et al. 2015, "RecSys Challenge 2015 and the YOOCHOOSE Dataset".
    """
    import pandas as pd

    files = fetch("yoochoose", (FILES,), origin=ORIGIN)
    clicks = read_published(files["yoochoose-clicks.dat"], CLICKS)
    buys = read_published(files["yoochoose-buys.dat"], BUYS)
    events = pd.concat([clicks, buys])
    interactions = Interactions.from_arrays(
        events["session_id"],
        events["item_id"],
        ratings=np.repeat([CLICKED, BOUGHT], [len(clicks), len(buys)]),
        timestamps=events["timestamp"].dt.tz_localize(None),
        duplicates="max",
        item_features=_features(clicks, events["item_id"]),
    )
    return Dataset(
        name="yoochoose",
        interactions=interactions,
        item_kinds=ColumnKinds(categorical=("category",)),
    )


def _features(clicks: "pd.DataFrame", item_ids: "pd.Series[int]") -> "pd.DataFrame":
    """Returns each item's most frequent category, the smaller one of equals."""
    numbered = clicks[clicks["category"].isin([str(n) for n in range(1, 13)])]
    numbered = numbered.assign(number=numbered["category"].astype(int))
    counts = numbered.value_counts(["item_id", "number"]).rename("clicks").reset_index()
    most = counts.sort_values(["clicks", "number"], ascending=[False, True])
    category = most.drop_duplicates("item_id").set_index("item_id")["number"]
    category = category.reindex(np.unique(item_ids)).astype("Int64")
    return category.astype("string").to_frame("category")
