"""Titles, genres, years and pictures of the items, by index."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from tfrecs._base.types import AnyArray
from tfrecs.app.options import Options
from tfrecs.app.thumbnails import first_picture
from tfrecs.data.interactions import Interactions
from tfrecs.reporting.items import (
    ItemColumns,
    ItemFacts,
    distinct_names,
    item_facts,
)
from tfrecs.reporting.text import clean

SUFFIXES = ("jpg", "jpeg", "png", "webp", "avif", "gif")
"""Of pictures that are named after an item's id."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The items as the page shows them.

    Args:
        facts: `[num_items]`, without pictures.
        ids: `[num_items]` raw ids.
        counts: `[num_items]`, interactions of each item.
        paths: `[num_items]` paths of pictures in `images`, "" for missing ones.
        images: the folder of pictures, if any.
    """

    facts: Sequence[ItemFacts]
    ids: AnyArray
    counts: AnyArray
    paths: Sequence[str]
    images: Path | None

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """A distinct name of each item: its title and year, with the id if needed."""
        names = [
            f"{fact.title} ({year})" if (year := dict(fact.details).get("year"))
            else fact.title
            for fact in self.facts
        ]  # fmt: skip
        return tuple(distinct_names(names, self.ids))

    @cached_property
    def by_label(self) -> dict[str, int]:
        """Maps each label to its item, the most popular first."""
        order = (-self.counts).argsort(kind="stable").tolist()
        return {self.labels[item]: item for item in order}

    def find(self, text: str) -> int | None:
        """Returns the item of a label, or the most popular one that contains a text."""
        if text in self.by_label:
            return self.by_label[text]
        part = text.casefold()
        found = (i for label, i in self.by_label.items() if part in label.casefold())
        return next(found, None)

    def picture(self, item: int) -> str | None:
        """Returns the item's picture as a `data:` address; None if it has none."""
        if self.images is None:
            return None
        names = [f"{self.ids[item]}.{suffix}" for suffix in SUFFIXES]
        path = self.paths[item]
        return first_picture((path,) if path else tuple(names), self.images)


def catalogue_of(train: Interactions, options: Options) -> Catalogue:
    """Reads the item features of `train` in the columns that the options name."""
    frame = pd.DataFrame({"item": pd.Series(list(train.items.ids), dtype=object)})
    if train.item_features is not None:
        known = train.item_features.drop(columns="item", errors="ignore")
        frame = frame.join(known.reset_index(drop=True))
    if options.title_col not in frame:
        frame[options.title_col] = None
    paths = [""] * train.num_items
    if options.image_col in frame:
        paths = frame[options.image_col].map(clean).tolist()
    details = [name for name in ("year",) if name in frame]
    columns = ItemColumns(options.title_col, options.genres_col, details)
    return Catalogue(
        facts=item_facts("items", frame, columns),
        ids=train.items.ids,
        counts=train.item_counts,
        paths=paths,
        images=None if options.images is None else Path(options.images),
    )
