"""Rows of a frame as what a page shows of an item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfrecs.reporting.pictures import checked_address, embedded
from tfrecs.reporting.text import clean

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Columns:
    """Which columns hold what; see `tfrecs.reporting.posters.poster`."""

    title: str
    genres: str
    details: Sequence[str]
    image: str | None
    image_folder: Path
    address: str | None


@dataclass(frozen=True)
class Entry:
    """What a page shows of an item, in clean text.

    Args:
        title: never empty.
        genres: none or more.
        details: names and values.
        picture: where the picture is; None to draw a card.
    """

    title: str
    genres: tuple[str, ...]
    details: tuple[tuple[str, str], ...]
    picture: str | None


def entries(heading: str, frame: "pd.DataFrame", columns: Columns) -> list[Entry]:
    """Gives an entry for each row.

    Raises:
        ValueError: if the frame lacks a column that is asked for, or for pictures as
            `embedded` and `checked_address`.
    """
    asked = (columns.title, *columns.details, columns.image, columns.address)
    for column in asked:
        if column is not None and column not in frame.columns:
            raise ValueError(
                f"The frame of {heading!r} must have a column {column!r}. Received: "
                f"columns {', '.join(map(str, frame.columns))}"
            )
    return [_entry(row, columns) for row in frame.to_dict("records")]


def _entry(row: Mapping[Any, Any], columns: Columns) -> Entry:
    item = clean(row.get("item"))
    genres = clean(row.get(columns.genres)).split("|")
    details = ((name, clean(row[name])) for name in columns.details)
    return Entry(
        title=clean(row[columns.title]) or (f"Item {item}" if item else "Untitled"),
        genres=tuple(genre.strip() for genre in genres if genre.strip()),
        details=tuple((clean(name), value) for name, value in details if value),
        picture=_picture(row, columns),
    )


def _picture(row: Mapping[Any, Any], columns: Columns) -> str | None:
    """The row's own file if there is one, else its address if it has one."""
    if columns.image is not None and (path := _given(row[columns.image])):
        found = embedded(path, columns.image_folder)
        if found is not None:
            return found
    if columns.address is not None and (address := _given(row[columns.address])):
        return checked_address(address)
    return None


def _given(value: Any) -> str:
    """The text of a value that is not missing, as it is, without spaces around."""
    return f"{value}".strip() if clean(value) else ""
