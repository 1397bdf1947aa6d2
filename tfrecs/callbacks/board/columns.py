"""Columns of text that the projector shows beside users and items."""

from typing import TYPE_CHECKING

import numpy as np

from tfrecs._base.types import IntArray
from tfrecs.callbacks.board.norms import deciles
from tfrecs.data.interactions import Interactions
from tfrecs.reporting.items import ItemNames, id_texts
from tfrecs.reporting.text import clean

if TYPE_CHECKING:
    import pandas as pd

MOST_VALUES = 50
"""Values of a column by which the projector can colour points."""


def item_columns(
    train: Interactions, names: ItemNames, items: IntArray
) -> dict[str, list[str]]:
    """Returns columns of text for items, their names first."""
    frame = train.item_features
    columns = {"title": names.of(items)}
    if frame is not None and "genres" in frame.columns:
        columns["genres"] = _texts(frame["genres"].iloc[items])
    return {
        **columns,
        **_counts(train.item_counts, items, "popularity decile"),
        "item": id_texts(train.items.ids[items]),
    }


def user_columns(train: Interactions, users: IntArray) -> dict[str, list[str]]:
    """Returns columns of text for users, their raw ids first.

    The projector labels points by the first column that is not a number. Only features
    with few values are included, such as age groups.
    """
    frame = train.user_features
    columns = {
        "user": [f"user {id_}" for id_ in id_texts(train.users.ids[users])],
        **_counts(np.diff(train.matrix.indptr), users, "activity decile"),
    }
    if frame is None:
        return columns
    for name in frame:
        texts = _texts(frame[name].iloc[users])
        if frame[name].dtype.kind != "f" and len(set(texts)) <= MOST_VALUES:
            columns.setdefault(clean(name), texts)
    return columns


def _counts(counts: IntArray, ids: IntArray, decile: str) -> dict[str, list[str]]:
    return {
        "interactions": list(map(str, counts[ids].tolist())),
        decile: list(map(str, deciles(counts)[ids].tolist())),
    }


def _texts(column: "pd.Series") -> list[str]:
    """Returns a column as clean text; each distinct value is cleaned once."""
    values = column.tolist()
    try:
        known = {value: clean(value) for value in set(values)}
    except TypeError:  # lists
        return list(map(clean, values))
    return [known[value] for value in values]
