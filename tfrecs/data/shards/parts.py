"""The first step to shards: raw files encoded part by part, in one pass over them.

A part holds the interactions of some rows of one file, in random order, and the ids
that stood in these rows for the first time. It is a folder that appears when it is
whole, so that what was done when a run was killed is what is there.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tfrecs._base.files import naming_file
from tfrecs._base.types import IntArray
from tfrecs.data.shards.growing_vocabulary import GrowingVocabulary
from tfrecs.data.shards.sources import Columns, stream_ids

BYTES_OF_ONE = 8
"""Of an interaction: two int32."""


@dataclass(frozen=True)
class Part:
    """What there is to know of a part, beside the interactions themselves.

    Args:
        number: from 0, in the order of the source.
        file: the place of its file among the files.
        stop: the row of the file after its own.
        interactions: that it holds.
        users: ids that it has for the first time.
        items: as `users`.
    """

    number: int
    file: int
    stop: int
    interactions: int
    users: int
    items: int


def encode_parts(
    paths: Sequence[Path],
    columns: Columns,
    work: Path,
    vocabularies: tuple[GrowingVocabulary, GrowingVocabulary],
    *,
    part_rows: int,
    seed: int,
) -> Iterator[Part]:
    """Gives every part, those that are there already and those that it makes.

    The vocabularies, of users and of items, grow as parts are given.
    """
    number, file, start = 0, 0, 0
    while (part := _finished(work, number, vocabularies)) is not None:
        yield part
        number, file, start = part.number + 1, part.file, part.stop
    with ThreadPoolExecutor(2) as both:
        for place in range(file, len(paths)):
            for stop, *raw in stream_ids(paths[place], columns, part_rows, start):
                with naming_file(paths[place]):
                    (user_ids, new_users), (item_ids, new_items) = both.map(
                        GrowingVocabulary.encode, vocabularies, raw
                    )
                pairs = np.stack([user_ids, item_ids], axis=1)
                np.random.default_rng([seed, number]).shuffle(as_one(pairs))
                sizes = len(pairs), len(new_users), len(new_items)
                part = Part(number, place, stop, *sizes)
                _write(work, part, pairs, new_users, new_items)
                yield part
                number += 1
            start = 0


def read_pairs(work: Path, part: Part, start: int, rows: int) -> IntArray:
    """Reads some of a part's interactions, `[rows, 2]`."""
    path = _folder(work, part.number) / "pairs.bin"
    flat = np.fromfile(path, "<i4", 2 * rows, offset=BYTES_OF_ONE * start)
    return flat.reshape(rows, 2)


def as_one(pairs: IntArray) -> Any:
    """The same memory with one number for each pair, `[rows]`."""
    return pairs.view(np.int64)[:, 0]


def write_ids(path: Path, ids: Any) -> None:
    """Writes raw ids as a Parquet file."""
    pq.write_table(pa.table({"id": ids}), path)


def _folder(work: Path, number: int) -> Path:
    return work / f"part-{number:06d}"


def _finished(
    work: Path,
    number: int,
    vocabularies: tuple[GrowingVocabulary, GrowingVocabulary],
) -> Part | None:
    """The part if it is there, its ids added to the vocabularies."""
    folder = _folder(work, number)
    if not folder.is_dir():
        return None
    with naming_file(folder):
        part = Part(**json.loads((folder / "part.json").read_text(encoding="utf-8")))
        new = [
            pq.read_table(folder / f"{vocabulary.name}.parquet")["id"].combine_chunks()
            for vocabulary in vocabularies
        ]
        found = [(folder / "pairs.bin").stat().st_size, *map(len, new)]
        expected = [BYTES_OF_ONE * part.interactions, part.users, part.items]
        if found != expected:
            raise ValueError(
                f"must hold [bytes, users, items] {expected}. Received: {found}. "
                "Delete this folder and those of higher numbers, and call again."
            )
    for vocabulary, ids in zip(vocabularies, new, strict=True):
        vocabulary.add(ids)
    return part


def _write(
    work: Path, part: Part, pairs: IntArray, new_users: Any, new_items: Any
) -> None:
    folder = work / "partial"
    shutil.rmtree(folder, ignore_errors=True)  # of a killed run
    folder.mkdir()
    pairs.astype("<i4", copy=False).tofile(folder / "pairs.bin")
    write_ids(folder / "users.parquet", new_users)
    write_ids(folder / "items.parquet", new_items)
    (folder / "part.json").write_text(json.dumps(asdict(part)), encoding="utf-8")
    folder.replace(_folder(work, part.number))
