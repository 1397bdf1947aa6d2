"""Which users and items the projector shows, and what is told of them."""

from pathlib import Path

import numpy as np

from tfrecs._base.types import IntArray
from tfrecs.callbacks.board.names import item_columns, user_columns
from tfrecs.callbacks.board.projector import MOST_POINTS, Points, drawn_points
from tfrecs.callbacks.board.sprite import make_sprite
from tfrecs.data.interactions import Interactions
from tfrecs.data.popularity import most_popular
from tfrecs.inference.similarity import vectors_of
from tfrecs.models.two_tower import TwoTower
from tfrecs.reporting.items import ItemNames, stripped


class PointsOf:
    """The most popular items, and a sample of no more users.

    The projector opens with the larger set, and titles tell more. Pictures are read at
    once, so that a wrong one is told before training.

    Args:
        train: what the model learns from.
        names: how items are called.
        image_col: column of `train.item_features` with paths; None for no pictures.
        image_folder: the folder that paths start from.
        rng: draws the users.

    Raises:
        ValueError: if there is no such column, or as `make_sprite`.
    """

    def __init__(
        self,
        train: Interactions,
        names: ItemNames,
        image_col: str | None,
        image_folder: Path,
        rng: np.random.Generator,
    ) -> None:
        self.train = train
        self.names = names
        self.items = most_popular(train.item_counts, MOST_POINTS)
        self.users = drawn_points(train.num_users, len(self.items), rng)
        self.sprite = None
        if image_col is not None:
            paths = _paths(train, image_col, self.items)
            self.sprite = make_sprite(paths, image_folder)

    def at(self, model: TwoTower) -> list[Points]:
        """Gives their vectors as they are now.

        They may be others than at the last look: weights that were best, or an average.
        """
        of_items = vectors_of(model.item_output(self.items))
        of_users = vectors_of(model.user_output(self.users))
        told = item_columns(self.train, self.names, self.items)
        return [
            Points("items", of_items, told, self.sprite),
            Points("users", of_users, user_columns(self.train, self.users)),
        ]


def _paths(train: Interactions, image_col: str, items: IntArray) -> list[str]:
    """The paths of some items' pictures, "" for none."""
    frame = train.item_features
    if frame is None or image_col not in frame.columns:
        known = "no item features" if frame is None else ", ".join(map(str, frame))
        raise ValueError(
            "`image_col` must be a column of `train.item_features`. Received: "
            f"{image_col!r}, and {known}"
        )
    column = frame[image_col].iloc[items]
    return list(map(stripped, column))
