"""Opening a folder of prepared shards.

    manifest.json     counts, and the size and SHA-256 of every other file
    users.parquet     raw ids in the order of their indices; likewise items.parquet
    item_counts.npy   [num_items] int64, the interactions of each item
    shard-00000.npy   [rows, 2] int32, users and items; and so on

The sizes of the shards differ by at most one row, and each shard has its share of every
part of the source: any shard is a sample of all interactions.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tfrecs._base.manifest import MANIFEST, Kind, read_manifest, read_sealed
from tfrecs._base.types import AnyArray, IntArray
from tfrecs.data.vocabulary import Vocabulary

SHARDS = Kind(
    "folder of shards",
    1,
    ("shard-*.npy", "users.parquet", "items.parquet", "item_counts.npy"),
    "Delete the folder and prepare it again.",
)
UNFINISHED = "unfinished"
"""The subfolder in which `prepare_shards` works."""


@dataclass(frozen=True, eq=False, repr=False)
class Shards:
    """Interactions on the disk, as `prepare_shards` and `open_shards` return them.

    Args:
        folder: the folder of the shards.
        num_users: size of the vocabulary of users.
        num_items: size of the vocabulary of items.
        num_interactions: rows of all shards together; repeated pairs count each.
        num_shards: number of shards.
        made_from: the files and arguments of `prepare_shards`.
        files: the manifest's entry for each file: its `bytes` and `sha256`.
    """

    folder: Path
    num_users: int
    num_items: int
    num_interactions: int
    num_shards: int
    made_from: Mapping[str, Any]
    files: Mapping[str, Mapping[str, Any]]

    @cached_property
    def users(self) -> Vocabulary:
        """The raw user ids, read on first use."""
        return self._vocabulary("users")

    @cached_property
    def items(self) -> Vocabulary:
        """The raw item ids, read on first use."""
        return self._vocabulary("items")

    @cached_property
    def item_counts(self) -> AnyArray:
        """`[num_items]` int64, the interactions of each item, read on first use."""
        return self._array("item_counts.npy")

    def read(self, shard: int) -> IntArray:
        """Reads a shard: users and items, `[rows, 2]`.

        Raises:
            ValueError: if the file was changed.
        """
        return self._array(shard_name(shard))

    def __repr__(self) -> str:
        """Returns the numbers of interactions, users, items and shards."""
        return (
            f"<Shards: {self.num_interactions} interactions of {self.num_users} users "
            f"x {self.num_items} items in {self.num_shards} shards>"
        )

    def _vocabulary(self, name: str) -> Vocabulary:
        import pyarrow.parquet as pq

        table = pq.read_table(io.BytesIO(self._bytes(f"{name}.parquet")))
        return Vocabulary(table["id"].to_numpy(), name)

    def _array(self, name: str) -> AnyArray:
        array: AnyArray = np.load(io.BytesIO(self._bytes(name)))
        return array

    def _bytes(self, name: str) -> bytes:
        return read_sealed(self.folder / name, self.files[name], SHARDS)


def open_shards(folder: str | Path) -> Shards:
    """Opens a folder that `prepare_shards` finished.

    The sizes of all files are checked now, and the SHA-256 of a file when it is read.

    Raises:
        FileNotFoundError: if there is no such folder, or it is unfinished.
        ValueError: if the manifest is damaged or of a later version, or a file is
            missing or has another size.
    """
    folder = Path(folder)
    if (folder / UNFINISHED).is_dir() and not (folder / MANIFEST).exists():
        raise FileNotFoundError(
            f"{folder / MANIFEST}: no such file. The folder is unfinished: call "
            "prepare_shards again, with the same arguments."
        )
    content = read_manifest(folder, SHARDS, sizes_only=True)
    del content["kind"], content["version"]
    return Shards(folder, **content)


def shard_name(shard: int) -> str:
    """Returns the name of a shard's file."""
    return f"shard-{shard:05d}.npy"
