"""Vectors for TensorBoard's projector, with columns of text beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from google.protobuf.text_format import MessageToString
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from tfrecs._base.files import replaced_when_whole
from tfrecs._base.types import FloatArray, IntArray
from tfrecs.callbacks.board.columns import item_columns, user_columns
from tfrecs.callbacks.board.sprite import SIZE, make_sprite
from tfrecs.data.histories import reader_of
from tfrecs.data.interactions import Interactions
from tfrecs.data.popularity import most_popular
from tfrecs.inference.similarity import vectors_of
from tfrecs.models.two_tower import TwoTower
from tfrecs.reporting.items import ItemNames, stripped

MOST_POINTS = 10_000
"""Vectors of a kind: a browser projects no more at a good pace."""

CONFIG = "projector_config.pbtxt"


@dataclass(frozen=True)
class ItemDisplay:
    """Settings of items in TensorBoard.

    Args:
        title_col: column of `train.item_features` with titles. An item without one is
            called by its raw id.
        image_col: column of `train.item_features` with paths of pictures, which the
            projector shows; None for points.
        image_folder: the folder that paths start from; no file out of it is read.
    """

    title_col: str = "title"
    image_col: str | None = None
    image_folder: str | Path = "."

    def names(self, train: Interactions) -> ItemNames:
        """Returns the names of the items."""
        return ItemNames(train, self.title_col)


class Projector:
    """Writes the vectors of the most popular items, and of as many users, drawn once.

    The projector opens with the larger set, and titles say more than users' ids.
    Pictures are read at once, so that a wrong one is an error before training.

    Raises:
        ValueError: if there is no such column, or as `make_sprite`.
    """

    def __init__(
        self, train: Interactions, display: ItemDisplay, rng: np.random.Generator
    ) -> None:
        self.train = train
        self.names = display.names(train)
        self.items = most_popular(train.item_counts, MOST_POINTS)
        most_users = min(len(self.items), train.num_users)
        users = rng.choice(train.num_users, most_users, replace=False)
        self.users = np.sort(users).astype(np.int32)
        self.sprite = None
        if display.image_col is not None:
            paths = _paths(train, display.image_col, self.items)
            self.sprite = make_sprite(paths, Path(display.image_folder))

    def write(self, folder: Path, model: TwoTower) -> None:
        """Writes the current vectors into a run's folder, the list of files last."""
        read = reader_of(model, self.train)
        vectors = {
            "items": vectors_of(model.item_output(self.items)),
            "users": vectors_of(model.user_output(read(self.users))),
        }
        columns = {
            "items": item_columns(self.train, self.names, self.items),
            "users": user_columns(self.train, self.users),
        }
        config = ProjectorConfig()
        for name, rows in vectors.items():
            _write(folder / f"{name}.bytes", binary(rows))
            _write(folder / f"{name}.tsv", lines_of(columns[name]).encode())
            entry = config.embeddings.add(
                tensor_name=name,
                tensor_shape=rows.shape,
                tensor_path=f"{name}.bytes",
                metadata_path=f"{name}.tsv",
            )
            if name == "items" and self.sprite is not None:
                _write(folder / "items.png", self.sprite)
                entry.sprite.image_path = "items.png"
                entry.sprite.single_image_dim.extend([SIZE, SIZE])
        _write(folder / CONFIG, MessageToString(config).encode())


def binary(vectors: FloatArray) -> bytes:
    """Returns float32 numbers as they lie in memory, which the projector reads fast.

    The projector reads a file that starts like UTF-8 as lines of text, which is slow.
    So the first byte, the last bits of the first number, becomes one that no text
    starts with: the number changes by a 30,000th of it at most.
    """
    content = bytearray(np.ascontiguousarray(vectors, "<f4").tobytes())
    content[0] = 0x80
    return bytes(content)


def lines_of(columns: Mapping[str, Sequence[str]]) -> str:
    """Returns a header and a line for each point, with tabs between the columns."""
    rows = [tuple(columns), *zip(*columns.values(), strict=True)]
    return "".join("\t".join(row) + "\n" for row in rows)


def _paths(train: Interactions, image_col: str, items: IntArray) -> list[str]:
    """Returns the paths of some items' pictures, "" for missing ones."""
    frame = train.item_features
    if frame is None or image_col not in frame.columns:
        known = "no item features" if frame is None else ", ".join(map(str, frame))
        raise ValueError(
            "`image_col` must be a column of `train.item_features`. Received: "
            f"{image_col!r}, and {known}"
        )
    return list(map(stripped, frame[image_col].iloc[items]))


def _write(path: Path, content: bytes) -> None:
    with replaced_when_whole(path) as partial:
        partial.write_bytes(content)
