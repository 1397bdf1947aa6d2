"""Names of items, the facts on their cards, and a user's history."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.types import AnyArray, IntArray
from tfrecs.data.interactions import Interactions
from tfrecs.reporting.pictures import checked_address, embedded
from tfrecs.reporting.text import clean, id_text

if TYPE_CHECKING:
    import pandas as pd


class ItemNames:
    """Names items by title, or by raw id where the title is missing.

    Only the requested items are read, however large the catalogue is. Titles are in a
    column of `train.item_features`.
    """

    def __init__(self, train: Interactions, title_col: str = "title") -> None:
        frame = train.item_features
        self._ids = train.items.ids
        self._titles = None
        if frame is not None and title_col in frame.columns:
            self._titles = frame[title_col]

    def of(self, items: AnyArray) -> list[str]:
        """Returns the names of items, by their indices, in clean text."""
        ids = id_texts(self._ids[items])
        if self._titles is None:
            return ids
        titles = map(clean, self._titles.iloc[items].tolist())
        return [title or id_ for title, id_ in zip(titles, ids, strict=True)]


def id_texts(ids: AnyArray) -> list[str]:
    """Returns raw ids as clean text."""
    to_text = str if ids.dtype.kind in "iu" else id_text  # quick for many integers
    return list(map(to_text, ids.tolist()))


def distinct_names(names: Sequence[str], ids: AnyArray) -> list[str]:
    """Appends the raw id to every name that several items share.

    The index is appended too where raw ids look the same.

    Example:
        >>> distinct_names(["Solaris", "Heat", "Solaris"], np.array([7, 8, 9]))
        ['Solaris [7]', 'Heat', 'Solaris [9]']
    """
    found = list(names)
    for more in (id_texts(ids), range(len(found))):
        count = Counter(found)
        found = [
            name if count[name] == 1 else f"{name} [{suffix}]"
            for name, suffix in zip(found, more, strict=True)
        ]
    return found


def history(data: Interactions, user: int) -> IntArray:
    """Returns the rows of a user's interactions, the best first.

    These are the highest ratings, then the latest times, as far as `data` has them.
    """
    rows = np.flatnonzero(data.user_ids == user).astype(np.int32)
    columns = (data.timestamps, data.ratings)
    keys = [-column[rows] for column in columns if column is not None]
    return rows[np.lexsort(keys)] if keys else rows


@dataclass(frozen=True)
class ItemColumns:
    """The columns of a frame of items; see `tfrecs.reporting.posters.poster`."""

    title: str
    genres: str
    details: Sequence[str] = ()
    image: str | None = None
    image_folder: Path = Path()
    address: str | None = None


@dataclass(frozen=True)
class ItemFacts:
    """The facts on an item's card, in clean text.

    Args:
        title: never empty.
        genres: none or more.
        details: names and values.
        picture: an address, such as `data:`; None for a drawn card.
    """

    title: str
    genres: tuple[str, ...]
    details: tuple[tuple[str, str], ...]
    picture: str | None


def item_facts(
    name: str, frame: "pd.DataFrame", columns: ItemColumns
) -> list[ItemFacts]:
    """Returns the facts of each row of a frame, which is named in messages.

    The column "item" names rows without a title.

    Raises:
        ValueError: if the frame lacks a requested column, or for pictures as `embedded`
            and `checked_address`.
    """
    required = (columns.title, *columns.details, columns.image, columns.address)
    for column in required:
        if column is not None and column not in frame.columns:
            raise ValueError(
                f"The frame of {name!r} must have a column {column!r}. Received: "
                f"columns {', '.join(map(str, frame.columns))}"
            )
    return [_facts(row, columns) for row in frame.to_dict("records")]


def _facts(row: Mapping[Any, Any], columns: ItemColumns) -> ItemFacts:
    genres = clean(row.get(columns.genres)).split("|")
    details = ((name, clean(row[name])) for name in columns.details)
    return ItemFacts(
        title=clean(row[columns.title]) or id_text(row.get("item")) or "Untitled",
        genres=tuple(genre.strip() for genre in genres if genre.strip()),
        details=tuple((clean(name), value) for name, value in details if value),
        picture=_picture(row, columns),
    )


def _picture(row: Mapping[Any, Any], columns: ItemColumns) -> str | None:
    """Returns the row's file if it exists, else its web address if it has one."""
    if columns.image is not None and (path := stripped(row[columns.image])):
        found = embedded(path, columns.image_folder)
        if found is not None:
            return found
    if columns.address is not None and (address := stripped(row[columns.address])):
        return checked_address(address)
    return None


def stripped(value: Any) -> str:
    """Returns a path or address without spaces around it; "" if it is missing."""
    return f"{value}".strip() if clean(value) else ""
