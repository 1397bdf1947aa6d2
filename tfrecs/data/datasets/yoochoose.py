"""Yoochoose: clicks and purchases in the sessions of a shop (RecSys Challenge 2015)."""

from typing import TYPE_CHECKING

import numpy as np

from tfrecs.data.datasets._dataset import Dataset
from tfrecs.data.datasets._fetch import fetch, found, maybe_gzipped
from tfrecs.data.interactions import Interactions
from tfrecs.data.readers._typed import Layout, read_published

if TYPE_CHECKING:
    import pandas as pd

ORIGIN = "the RecSys Challenge 2015 (yoochoose-data.7z)"
FILES = ("yoochoose-clicks.dat", "yoochoose-buys.dat")
LAYOUTS = maybe_gzipped(*FILES)

CLICKS = Layout(
    {
        "session_id": "integer",
        "timestamp": "time",
        "item_id": "integer",
        "category": "text",
    }
)
BUYS = Layout(
    {
        "session_id": "integer",
        "timestamp": "time",
        "item_id": "integer",
        "price": "number",
        "quantity": "number",
    }
)

CLICKED, BOUGHT = 1.0, 2.0


def load_yoochoose() -> Dataset:
    """Loads Yoochoose: 33 million clicks and 1.2 million purchases of six months.

    It is not downloaded, for want of a checksum. `yoochoose-test.dat`, whose purchases
    were never published, is not read; nor are prices and quantities.

    Returns:
        Sessions as users. The rating of an item is 1 if it was clicked in the session,
        2 if it was bought (so `at_least(2)` gives purchases alone); the time is that of
        the last purchase, or else the last click, in seconds. An item's `category` is
        the one of 1 to 12 that most of its clicks were in, if any was: neither "0",
        which is none, nor "S", a special offer, nor a brand.

    Raises:
        FileNotFoundError: if the files are not on this machine.
        ValueError: if a file is malformed; it tells the file and the line.

    References:
        Ben-Shimon et al. 2015, "RecSys Challenge 2015 and the YOOCHOOSE Dataset".
    """
    files = fetch("yoochoose", LAYOUTS, (), ORIGIN)
    clicks, buys = (
        read_published(found(files, name), layout)
        for name, layout in zip(FILES, (CLICKS, BUYS), strict=True)
    )
    ratings = np.repeat([CLICKED, BOUGHT], [len(clicks), len(buys)])
    columns = {
        name: np.concatenate([clicks[name], buys[name]])
        for name in ("session_id", "item_id")
    }
    times = [part["timestamp"].dt.tz_localize(None) for part in (clicks, buys)]
    interactions = Interactions.from_arrays(
        columns["session_id"],
        columns["item_id"],
        ratings=ratings,
        timestamps=np.concatenate(times),
        duplicates="max",
        item_features=_features(clicks, columns["item_id"]),
    )
    return Dataset(
        name="yoochoose", interactions=interactions, categorical=("category",)
    )


def _features(clicks: "pd.DataFrame", item_ids: np.ndarray) -> "pd.DataFrame":
    """The category of each item that most of its clicks have, the smaller of equals."""
    import pandas as pd

    numbered = clicks["category"].isin([str(n) for n in range(1, 13)])
    counts = clicks[numbered].groupby(["item_id", "category"]).size()
    order = counts.reset_index(name="clicks").assign(
        number=lambda frame: frame["category"].astype(int)
    )
    most = order.sort_values(
        ["item_id", "clicks", "number"], ascending=[True, False, True]
    )
    category = most.drop_duplicates("item_id").set_index("item_id")["category"]
    index = pd.Index(np.unique(item_ids), name="item_id")
    return pd.DataFrame({"category": category.reindex(index).astype("string")})
