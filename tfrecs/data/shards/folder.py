"""A folder of prepared shards: what is in it, and how it is opened.

    manifest.json     counts, and the size and SHA-256 of every other file
    users.parquet     raw ids in the order of their indices; items.parquet alike
    item_counts.npy   [num_items] int64, the interactions of each item
    shard-00000.npy   [rows, 2] int32, users and items; and so on

The shards are of one size, to a row, and each has its share of every part of the
source: any of them is a sample of all interactions.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tfrecs._base.types import AnyArray, IntArray
from tfrecs.data.vocabulary import Vocabulary

VERSION = 1
MANIFEST = "manifest.json"
UNFINISHED = "unfinished"
"""The folder within, where `prepare_shards` works."""


@dataclass(frozen=True, eq=False, repr=False)
class Shards:
    """Prepared interactions on the disk; `open_shards` gives it.

    Args:
        folder: where they are.
        num_users: in the vocabulary of users.
        num_items: in the vocabulary of items.
        num_interactions: in all shards together, repeated pairs among them.
        num_shards: into which they are divided.
        made_from: the files and arguments that `prepare_shards` had.
        files: the size and the SHA-256 of each file.
    """

    folder: Path
    num_users: int
    num_items: int
    num_interactions: int
    num_shards: int
    made_from: Mapping[str, Any]
    files: Mapping[str, tuple[int, str]]

    @cached_property
    def users(self) -> Vocabulary:
        """The raw user ids, read at first use."""
        return self._vocabulary("users")

    @cached_property
    def items(self) -> Vocabulary:
        """The raw item ids, read at first use."""
        return self._vocabulary("items")

    @cached_property
    def item_counts(self) -> AnyArray:
        """`[num_items]` int64, the interactions of each item, read at first use."""
        return self._array("item_counts.npy")

    def read(self, shard: int) -> IntArray:
        """Reads a shard: users and items, `[rows, 2]`.

        Raises:
            ValueError: if the file is not what was written.
        """
        return self._array(shard_name(shard))

    def __repr__(self) -> str:
        """Tells the numbers of interactions, users, items and shards."""
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
        """The file, whole and as it was written."""
        path = self.folder / name
        read = path.read_bytes()
        if hashlib.sha256(read).hexdigest() != self.files[name][1]:
            raise ValueError(
                f"{path}: must be as prepare_shards wrote it. Received: another "
                f"SHA-256 than in {MANIFEST}. Delete the folder and prepare it again."
            )
        return read


def open_shards(folder: str | Path) -> Shards:
    """Opens a folder that `prepare_shards` finished.

    The sizes of all files are compared with the manifest now, and their SHA-256 each
    time that one is read.

    Raises:
        FileNotFoundError: if there is no such folder, or it is not finished.
        ValueError: if the manifest was cut short or changed, is of a later version, or
            a file is missing or of another size.
    """
    folder = Path(folder)
    told = _read_manifest(folder / MANIFEST)
    for name, (size, _) in told["files"].items():
        path = folder / name
        found = path.stat().st_size if path.is_file() else None
        if found != size:
            has = "no such file" if found is None else f"{found} bytes"
            raise ValueError(
                f"{path}: must be a file of {size} bytes, by {MANIFEST}. Received: "
                f"{has}. Delete the folder and prepare it again."
            )
    del told["version"]
    told["files"] = {name: tuple(kept) for name, kept in told["files"].items()}
    return Shards(folder, **told)


def write_manifest(folder: Path, told: Mapping[str, Any]) -> None:
    """Writes the manifest, which makes the folder a finished one."""
    sealed = {"sha256": _seal(told), "shards": told}
    with renamed_when_whole(folder / MANIFEST) as path:
        path.write_text(json.dumps(sealed, indent=1), encoding="utf-8")


@contextmanager
def renamed_when_whole(path: Path) -> Iterator[Path]:
    """Gives another name to write to, which becomes `path` if all goes well."""
    temporary = path.with_name(f"{path.name}.writing")
    yield temporary
    temporary.replace(path)


def shard_name(shard: int) -> str:
    """The file of a shard."""
    return f"shard-{shard:05d}.npy"


def _read_manifest(path: Path) -> dict[str, Any]:
    if not path.is_file():
        begun = (path.parent / UNFINISHED).is_dir()
        raise FileNotFoundError(
            f"{path}: no such file. "
            + ("Call prepare_shards again: it was not done." if begun else "")
            + ("" if begun else "Make the folder with prepare_shards.")
        )
    advice = "Delete the folder and prepare it again."
    try:
        sealed = json.loads(path.read_text(encoding="utf-8"))
        told: dict[str, Any] = sealed["shards"]
        version = told["version"]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"{path}: must be a whole manifest of shards. Received: {error!r}. {advice}"
        ) from error
    if version != VERSION:
        raise ValueError(
            f"{path}: must be of version {VERSION}. Received: version {version!r}. "
            "Read it with the tfrecs that wrote it, or prepare the shards again."
        )
    if sealed.get("sha256") != _seal(told):
        raise ValueError(
            f"{path}: must be as prepare_shards wrote it. Received: another SHA-256 "
            f"than its own. {advice}"
        )
    return told


def _seal(told: Mapping[str, Any]) -> str:
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
