"""The first step to shards: encodes raw files part by part, in one pass over them.

A part holds the interactions of some rows of one file, in random order, and the ids
that occur in these rows for the first time. It is a folder that appears when it is
complete, so a run that was killed can resume after the last part.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tfrecs._base.files import naming_file
from tfrecs._base.types import IntArray
from tfrecs.data.readers._blocks import is_typed
from tfrecs.data.shards.growing_vocabulary import GrowingVocabulary
from tfrecs.data.shards.sources import Columns, stream_ids

Vocabularies: TypeAlias = tuple[GrowingVocabulary, GrowingVocabulary]
"""Of users and of items."""

PAIR_BYTES = 8
"""Bytes of an interaction: two int32."""


@dataclass(frozen=True)
class Part:
    """A part, without its interactions.

    Args:
        number: from 0, in the order of the source.
        file: index of its file among the files.
        stop: rows of the file up to the end of the part.
        interactions: number of its interactions.
        users: number of users that occur for the first time.
        items: number of items that occur for the first time.
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
    vocabularies: Vocabularies,
    *,
    part_rows: int,
    seed: int,
) -> Iterator[Part]:
    """Yields the parts of an earlier run, and then encodes the other rows.

    Adds the ids of each part to the vocabularies.
    """
    number, file, skip = 0, 0, 0
    while (part := _finished(work, number, paths, columns, vocabularies)) is not None:
        yield part
        number, skip = number + 1, skip + 1 if part.file == file else 1
        file = part.file
    with ThreadPoolExecutor(2) as threads:
        for place in range(file, len(paths)):
            typed = is_typed(paths[place], columns.form)
            for stop, *raw in stream_ids(paths[place], columns, part_rows, skip):
                with naming_file(paths[place]):
                    (user_ids, new_users), (item_ids, new_items) = threads.map(
                        GrowingVocabulary.encode, vocabularies, raw, (typed, typed)
                    )
                pairs = np.stack([user_ids, item_ids], axis=1)
                np.random.default_rng([seed, number]).shuffle(
                    pairs.view(np.int64)[:, 0]
                )
                sizes = len(pairs), len(new_users), len(new_items)
                part = Part(number, place, stop, *sizes)
                _write(work, part, pairs, new_users, new_items)
                yield part
                number += 1
            skip = 0


def read_pairs(work: Path, part: Part, start: int, rows: int) -> IntArray:
    """Reads some of a part's interactions, `[rows, 2]`."""
    path = _folder(work, part.number) / "pairs.bin"
    flat = np.fromfile(path, "<i4", 2 * rows, offset=PAIR_BYTES * start)
    return flat.reshape(rows, 2)


def write_ids(path: Path, ids: Any) -> None:
    """Writes raw ids as a Parquet file."""
    pq.write_table(pa.table({"id": ids}), path)


def _folder(work: Path, number: int) -> Path:
    return work / f"part-{number:06d}"


def _finished(
    work: Path,
    number: int,
    paths: Sequence[Path],
    columns: Columns,
    vocabularies: Vocabularies,
) -> Part | None:
    """Returns the part if it exists, and adds its ids to the vocabularies."""
    folder = _folder(work, number)
    if not folder.is_dir():
        return None
    with naming_file(folder):
        part = Part(**json.loads((folder / "part.json").read_text(encoding="utf-8")))
        new = [
            pq.read_table(folder / f"{vocabulary.name}.parquet")["id"].combine_chunks()
            for vocabulary in vocabularies
        ]
        sizes = [(folder / "pairs.bin").stat().st_size, *map(len, new)]
        expected = [PAIR_BYTES * part.interactions, part.users, part.items]
        if sizes != expected:
            raise ValueError(
                f"must hold [bytes, users, items] {expected}. Received: {sizes}. "
                "Delete this folder and all of higher numbers, and call again."
            )
    for vocabulary, ids in zip(vocabularies, new, strict=True):
        vocabulary.add(ids, is_typed(paths[part.file], columns.form))
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
