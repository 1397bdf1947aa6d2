"""What users and items are called, and what else is told of them, in clean text."""

from typing import TYPE_CHECKING

import numpy as np

from tfrecs._base.types import AnyArray, IntArray
from tfrecs.callbacks.board.norms import deciles
from tfrecs.data.interactions import Interactions
from tfrecs.reporting.text import clean, id_text

if TYPE_CHECKING:
    import pandas as pd

MOST_VALUES = 50
"""Values of a column by which the projector can colour points."""


class ItemNames:
    """Tells how items are called: by title, or by raw id where there is none.

    Only those that are asked for are read, however large the catalogue.

    Args:
        train: has the ids, and the titles if any.
        title_col: column of its item features.
    """

    def __init__(self, train: Interactions, title_col: str) -> None:
        frame = train.item_features
        self._ids = train.items.ids
        self._titles = None
        if frame is not None and title_col in frame.columns:
            self._titles = frame[title_col]

    def of(self, items: AnyArray) -> list[str]:
        """Gives the names of some items, by their indices."""
        ids = id_texts(self._ids[items])
        if self._titles is None:
            return ids
        titles = map(clean, self._titles.iloc[items].tolist())
        return [title or id_ for title, id_ in zip(titles, ids, strict=True)]


def id_texts(ids: AnyArray) -> list[str]:
    """Gives raw ids as text; whole numbers, of which there may be many, at once."""
    texts = str if ids.dtype.kind in "iu" else id_text
    return list(map(texts, ids.tolist()))


def item_columns(
    train: Interactions, names: ItemNames, items: IntArray
) -> dict[str, list[str]]:
    """Gives what is told of some items, the name first."""
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
    """Gives what is told of some users, the raw id first.

    The projector labels points by the first column that holds other than numbers. Of
    their features are told those that have few values, such as groups of age.
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
    """The column's values, of which there are few if they can be looked up."""
    values = column.tolist()
    try:
        known = {value: clean(value) for value in set(values)}
    except TypeError:  # lists
        return list(map(clean, values))
    return [known[value] for value in values]
