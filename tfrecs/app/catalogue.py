"""What the page tells of each item: title, genres, year and picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from tfrecs._base.types import AnyArray
from tfrecs.app.pictures import first_picture
from tfrecs.data.interactions import Interactions
from tfrecs.reporting.items import (
    ItemColumns,
    ItemFacts,
    distinct_names,
    item_facts,
)
from tfrecs.reporting.text import clean

KINDS = ("jpg", "jpeg", "png", "webp", "avif", "gif")
"""Ends of the names of pictures that are named after an item's id."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The items as they are shown, by their indices.

    Args:
        entries: `[num_items]`, in clean text, without pictures.
        ids: `[num_items]` raw ids.
        counts: `[num_items]`, how many people had each.
        paths: `[num_items]` paths of pictures in `images`, "" where none is told.
        images: the folder of pictures; None for none.
    """

    entries: Sequence[ItemFacts]
    ids: AnyArray
    counts: AnyArray
    paths: Sequence[str]
    images: Path | None

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """A name for each item that no other has: title, year if known, or the id."""
        names = [
            f"{entry.title} ({year})" if (year := dict(entry.details).get("year"))
            else entry.title
            for entry in self.entries
        ]  # fmt: skip
        return tuple(distinct_names(names, self.ids))

    @cached_property
    def by_label(self) -> dict[str, int]:
        """The item of each label, the most popular first."""
        order = (-self.counts).argsort(kind="stable").tolist()
        return {self.labels[item]: item for item in order}

    def find(self, text: str) -> int | None:
        """The item of a label, or the most popular whose label has the text in it."""
        if text in self.by_label:
            return self.by_label[text]
        asked = text.casefold()
        having = (i for label, i in self.by_label.items() if asked in label.casefold())
        return next(having, None)

    def picture(self, item: int) -> str | None:
        """The item's picture as a `data:` address; None if it has none that is good."""
        if self.images is None:
            return None
        return first_picture(self._names(item), self.images)

    def _names(self, item: int) -> tuple[str, ...]:
        if self.paths[item]:
            return (self.paths[item],)
        return tuple(f"{self.ids[item]}.{kind}" for kind in KINDS)


def catalogue_of(
    train: Interactions,
    *,
    title_col: str,
    genres_col: str,
    image_col: str,
    images: str | None,
) -> Catalogue:
    """Gives what is known of the items of `train`, by the columns of their features."""
    frame = pd.DataFrame({"item": pd.Series(list(train.items.ids), dtype=object)})
    features = train.item_features
    if features is not None:
        known = features.drop(columns="item", errors="ignore").reset_index(drop=True)
        frame = frame.join(known)
    if title_col not in frame:
        frame[title_col] = None
    paths = frame[image_col].map(clean).tolist() if image_col in frame else None
    details = [name for name in ("year",) if name in frame]
    columns = ItemColumns(title=title_col, genres=genres_col, details=details)
    return Catalogue(
        entries=item_facts("items", frame, columns),
        ids=train.items.ids,
        counts=train.item_counts,
        paths=paths or [""] * train.num_items,
        images=None if images is None else Path(images),
    )
