"""What users and items are called, and what else is told of them, in clean text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tfrecs._types import IntArray
from tfrecs.callbacks.board.norms import deciles
from tfrecs.interactions import Interactions
from tfrecs.posters._text import clean

if TYPE_CHECKING:
    import pandas as pd

MOST_VALUES = 50
"""Values of a column by which the projector can colour points."""


def item_names(train: Interactions, title_col: str) -> list[str]:
    """Gives `[num_items]` titles; the raw id where there is none."""
    raw = train.items.ids
    frame = train.item_features
    if frame is None or title_col not in frame.columns:
        return [clean(value) for value in raw]
    titles = (clean(value) for value in frame[title_col])
    return [title or clean(value) for title, value in zip(titles, raw, strict=True)]


def item_columns(
    train: Interactions, names: Sequence[str], items: IntArray
) -> dict[str, list[str]]:
    """Gives what is told of some items, the name first."""
    raw = train.items.ids[items]
    frame = train.item_features
    columns = {"title": [names[item] for item in items]}
    if frame is not None and "genres" in frame.columns:
        columns["genres"] = _texts(frame["genres"], items)
    return {
        **columns,
        **_counts(train.item_counts, items, "popularity decile"),
        "item": [clean(value) for value in raw],
    }


def user_columns(train: Interactions, users: IntArray) -> dict[str, list[str]]:
    """Gives what is told of some users, the raw id first.

    The projector labels points by the first column that holds other than numbers. Of
    their features are told those that have few values, such as groups of age.
    """
    frame = train.user_features
    columns = {
        "user": [f"user {clean(value)}" for value in train.users.ids[users]],
        **_counts(np.diff(train.matrix.indptr), users, "activity decile"),
    }
    if frame is not None:
        few = [name for name in frame if _has_few(frame[name])]
        columns |= {clean(name): _texts(frame[name], users) for name in few}
    return columns


def _counts(counts: IntArray, ids: IntArray, decile: str) -> dict[str, list[str]]:
    return {
        "interactions": [str(count) for count in counts[ids]],
        decile: [str(number) for number in deciles(counts)[ids]],
    }


def _texts(column: "pd.Series", ids: IntArray) -> list[str]:
    values = column.iloc[ids].tolist()
    known = {value: clean(value) for value in set(values)}  # few, of many
    return [known[value] for value in values]


def _has_few(column: "pd.Series") -> bool:
    return column.dtype.kind != "f" and column.nunique() <= MOST_VALUES
