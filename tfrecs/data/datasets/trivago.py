"""Trivago: actions on hotels in sessions (RecSys Challenge 2019)."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs.data.column_kinds import ColumnKinds
from tfrecs.data.datasets.dataset import Dataset
from tfrecs.data.datasets.fetch import fetch
from tfrecs.data.interactions import Interactions
from tfrecs.data.readers.layouts import Layout, read_published

if TYPE_CHECKING:
    import pandas as pd

ORIGIN = "the RecSys Challenge 2019 (recsys.trivago.cloud)"
LAYOUTS = (("train.csv", "item_metadata.csv"), ("train.csv",))

_COLUMNS = (
    "user_id session_id timestamp step action_type reference platform city device "
    "current_filters impressions prices"
).split()
_TEXT = ("user_id", "session_id", "action_type", "reference")
EVENTS = Layout(
    {
        **dict.fromkeys(_COLUMNS, "unread"),
        **dict.fromkeys(_TEXT, "text"),
        "timestamp": "integer",
    },
    header=True,
    quotes=True,
)
HOTELS = Layout({"item_id": "integer", "properties": "text"}, header=True, quotes=True)

ACTIONS = (
    "clickout item",
    "interaction item deals",
    "interaction item image",
    "interaction item info",
    "interaction item rating",
    "search for item",
)
"""The actions whose `reference` is a hotel."""


def load_trivago(
    *,
    actions: Sequence[str] = ("clickout item",),
    users: Literal["session_id", "user_id"] = "session_id",
) -> Dataset:
    """Loads Trivago: by default the 1.6 million clickouts of 910 thousand sessions.

    The hotels and prices that were shown, filters, cities and devices are not read, nor
    is `test.csv`. It is not downloaded, for want of a checksum.

    Args:
        actions: the `ACTIONS` that are interactions.
        users: whether sessions or the people behind them are the users.

    Returns:
        The last action of each user with each hotel, with its time; no ratings. Hotels
        have `properties` ("Bar|Gym") if `item_metadata.csv` is found. Actions of an
        unknown user or hotel are left out, and the note counts them.

    Raises:
        ValueError: if there is no such action.

    References:
        Knees et al. 2019, "RecSys Challenge 2019: Session-Based Hotel Recommendations".
    """
    check_choice("users", users, ("session_id", "user_id"))
    for action in actions:
        check_choice("actions", action, ACTIONS)
    files = fetch("trivago", LAYOUTS, origin=ORIGIN)
    events = read_published(files["train.csv"], EVENTS)
    events = events[events["action_type"].isin(list(actions))]
    known = events["reference"].str.fullmatch("[0-9]{1,18}") & (events[users] != "")
    if not known.any():
        raise ValueError(
            f"{files['train.csv']}: must have actions of {', '.join(actions)} with a "
            f"{users} and the number of a hotel. Received: {len(events)} of these "
            "actions, none with both"
        )
    events = events[known]
    hotels = events["reference"].astype("int64")
    metadata = files.get("item_metadata.csv")
    features = _properties(metadata, hotels) if metadata else None
    unknown = int((~known).sum())
    note = f"{unknown:,} actions without a known user and hotel: left out"
    return Dataset(
        name="trivago",
        interactions=Interactions.from_arrays(
            events[users],
            hotels,
            timestamps=events["timestamp"],
            item_features=features,
        ),
        note=note if unknown else "",
        item_kinds=ColumnKinds(multi_hot=("properties",) if metadata else ()),
    )


def _properties(path: Path, hotels: "pd.Series[int]") -> "pd.DataFrame":
    """Returns the properties of each hotel, "" if it is not described."""
    import pandas as pd

    described = read_published(path, HOTELS)
    repeated = described["item_id"][described["item_id"].duplicated()]
    if len(repeated):
        raise ValueError(
            f"{path}: each hotel must have one row. Received: {repeated.iloc[0]} twice"
        )
    ids = pd.Index(np.unique(hotels), name="item_id")
    properties = described.set_index("item_id")["properties"]
    return properties.reindex(ids).fillna("").to_frame()
