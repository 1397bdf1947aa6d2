"""Raw files to a folder of shards."""

import json
import logging
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from tfrecs._base.checks import check_at_least_zero, check_positive
from tfrecs._base.files import check_file, naming_full_disk, replaced_when_whole
from tfrecs._base.manifest import MANIFEST, write_manifest
from tfrecs._base.types import AnyArray
from tfrecs.data.feedback import warn_of_no_minimum
from tfrecs.data.ids import IdTypes, types_by_role
from tfrecs.data.readers._file import form_of
from tfrecs.data.readers._form import Form
from tfrecs.data.readers._options import FormOptions, check_names
from tfrecs.data.shards.folder import (
    SHARDS,
    UNFINISHED,
    Shards,
    open_shards,
    shard_name,
)
from tfrecs.data.shards.growing_vocabulary import GrowingVocabulary
from tfrecs.data.shards.parts import Part, encode_parts, read_pairs, write_ids
from tfrecs.data.shards.sources import Columns, find_columns

PLAN = "plan.json"
_LOGGER = logging.getLogger("tfrecs.data")


def prepare_shards(
    paths: str | Path | Sequence[str | Path],
    folder: str | Path,
    *,
    seed: int,
    user_col: str | None = None,
    item_col: str | None = None,
    rating_col: str | None = None,
    min_rating: float | None = None,
    id_type: IdTypes = None,
    shard_rows: int = 2**21,
    part_rows: int = 2**21,
    **form: Unpack[FormOptions],
) -> Shards:
    """Encodes interactions larger than memory, once, for training.

    One pass over the files learns the vocabularies and encodes: ids are numbered in the
    order in which they first appear. Each row goes to a random shard, so a later
    shuffle within some shards is as good as one of all rows. Memory is bounded by the
    number of distinct ids and by `part_rows` and `shard_rows`, not by the number of
    interactions; until the end the disk holds each interaction twice, at 8 bytes.

    A call with the same arguments resumes a killed run after its last complete part and
    writes the same bytes (with the same versions of NumPy and pyarrow); a finished
    folder it only opens. Only one process may prepare a folder at a time. The logger
    "tfrecs.data" reports progress.

    Repeated pairs are kept, each as an interaction: finding them would take memory for
    every pair.

    Args:
        paths: one or more files with the same columns, of any format that
            `read_interactions` reads. Excel, arrays of JSON and Parquet in `.gz` or
            `.zip` are read whole.
        folder: where to write the shards; it is created if needed.
        seed: of the order of rows.
        user_col: the column of raw user ids, whole numbers or text. Columns that are
            not named are found in the first file by usual names, such as `userId`.
        item_col: the column of raw item ids, whole numbers or text.
        rating_col: the column of ratings.
        min_rating: the lowest rating that counts; without it all above 0 do. Ids that
            occur only in other rows are not learned.
        id_type: "text" or "integer" overrules the type of ids, as in
            `read_interactions`. By default ids of text files are integers if each is in
            canonical form, and text otherwise, such as 007.
        shard_rows: interactions of a shard at most.
        part_rows: rows to encode at a time; a killed run loses at most so many.
        **form: `format`, `separator`, `encoding`, `header` and `limits`, as in
            `read_interactions`. A stated encoding saves a pass over text.

    Raises:
        FileNotFoundError: if a file is missing.
        OSError: if the disk is full, with what was free; call again with more room.
        ValueError: if a file cannot be read, lacks a column, or has a malformed row or
            ids of another kind than the files before it; if no row is left; or if the
            folder was begun with other arguments or files, or holds something else.
    """
    check_positive(shard_rows=shard_rows, part_rows=part_rows)
    check_at_least_zero(seed=seed)
    files = [Path(p) for p in ([paths] if isinstance(paths, str | Path) else paths)]
    described = _described(files)
    named = {"user": user_col, "item": item_col, "rating": rating_col}
    check_names(form, FormOptions)
    stated = form_of(form)
    columns = _columns(files[0], named, min_rating, id_type, stated)
    sizes = {"seed": seed, "shard_rows": shard_rows, "part_rows": part_rows}
    plan = {"files": described, **asdict(columns), **asdict(stated), **sizes}
    del plan["form"], plan["limits"]  # its other fields are there by name
    folder = Path(folder)
    if (folder / MANIFEST).exists():
        _check_same(folder, open_shards(folder).made_from, plan)
    else:
        _begin(folder, plan)
        with naming_full_disk(folder / UNFINISHED):
            _prepare(files, columns, folder, plan)
    shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
    for partial in folder.glob(".*.partial"):  # of a killed run
        partial.unlink()
    return open_shards(folder)


def _described(files: Sequence[Path]) -> list[Any]:
    """Returns the name, size and time of change of each file."""
    if not files:
        raise ValueError("`paths` must name at least one file. Received: none")
    for file in files:
        check_file(file)
    stats = [(file.name, file.stat()) for file in files]
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]


def _columns(
    file: Path,
    named: Mapping[str, str | None],
    min_rating: float | None,
    id_type: IdTypes,
    form: Form,
) -> Columns:
    """Returns the columns to read, as the caller or a file names them."""
    types = types_by_role(id_type)
    roles = find_columns(file, named, form)
    rating = roles.get("rating")
    if rating is None and min_rating is not None:
        raise ValueError(
            "`min_rating` needs `rating_col`, the column of ratings. Received: "
            f"min_rating={min_rating!r} alone"
        )
    if rating is not None and min_rating is None:
        warn_of_no_minimum(f"The column {rating!r} has ratings", "`min_rating`")
    names = (roles["user"], roles["item"], rating)
    return Columns(*names, min_rating, types["user"], types["item"], form)


def _begin(folder: Path, plan: Mapping[str, Any]) -> None:
    """Creates the folder, or checks that a run with the same plan created it."""
    work = folder / UNFINISHED
    if (work / PLAN).exists():
        begun = json.loads((work / PLAN).read_text(encoding="utf-8"))
        _check_same(folder, begun, plan)
        return
    if folder.exists() and (not folder.is_dir() or set(folder.iterdir()) - {work}):
        raise ValueError(
            f"{folder}: must be a new or empty folder, or one of prepare_shards. "
            "Received: something else. Choose another folder."
        )
    with replaced_when_whole(work / PLAN) as path:
        path.write_text(json.dumps(plan), encoding="utf-8")


def _check_same(
    folder: Path, before: Mapping[str, Any], plan: Mapping[str, Any]
) -> None:
    for name, now in plan.items():
        then = before.get(name)
        if name == "files" and then is not None:
            name = "file (name, bytes, time of change)"
            pairs = list(zip_longest(now, then))
            now, then = next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])
        if now != then:
            raise ValueError(
                f"{folder}: was begun with other arguments. Received: {name} {now!r}, "
                f"and {then!r} before. Choose another folder, or delete this one."
            )


def _prepare(
    files: Sequence[Path], columns: Columns, folder: Path, plan: Mapping[str, Any]
) -> None:
    """Encodes the files, then writes the shards, the tables and the manifest."""
    work = folder / UNFINISHED
    users, items = vocabularies = GrowingVocabulary("users"), GrowingVocabulary("items")
    sizes = {"part_rows": plan["part_rows"], "seed": plan["seed"]}
    parts = []
    for part in encode_parts(files, columns, work, vocabularies, **sizes):
        parts.append(part)
        message = "encoded %d rows of file %d/%d"
        _LOGGER.info(message, part.stop, part.file + 1, len(files))
    total = sum(part.interactions for part in parts)
    if total == 0:
        least = columns.min_rating
        rated = "above 0" if least is None else f"{least:g} or more. Lower `min_rating`"
        raise ValueError(
            "`paths` must hold at least one interaction. Received: none"
            + (f" rated {rated}." if columns.rating_col else "")
        )
    num_shards = math.ceil(total / plan["shard_rows"])
    names = [shard_name(shard) for shard in range(num_shards)]
    _write_shards(folder, parts, names)
    for vocabulary in vocabularies:
        with replaced_when_whole(folder / f"{vocabulary.name}.parquet") as path:
            write_ids(path, vocabulary.ids)
    _save(folder / "item_counts.npy", _count_items(folder, names, len(items)))
    content = {
        "num_users": len(users),
        "num_items": len(items),
        "num_interactions": total,
        "num_shards": num_shards,
        "made_from": plan,
    }
    write_manifest(folder, SHARDS, content)
    _LOGGER.info("%d interactions in %d shards", total, num_shards)


def _write_shards(folder: Path, parts: Sequence[Part], names: Sequence[str]) -> None:
    """Writes the missing shards, each with its share of every part."""
    ends = np.cumsum([0, *(part.interactions for part in parts)])
    dealt = np.diff(_dealt(ends, len(names)), axis=0)  # [parts, shards]
    starts = np.cumsum(dealt, axis=1) - dealt
    for shard, name in enumerate(names):
        if (folder / name).exists():
            continue
        pairs = [
            read_pairs(folder / UNFINISHED, part, start, rows)
            for part, start, rows in zip(
                parts, starts[:, shard], dealt[:, shard], strict=True
            )
        ]
        _save(folder / name, np.concatenate(pairs))
        _LOGGER.info("wrote shard %d/%d", shard + 1, len(names))


def _count_items(folder: Path, shards: Sequence[str], num_items: int) -> AnyArray:
    counts = np.zeros(num_items, dtype=np.int64)
    for name in shards:
        counts += np.bincount(np.load(folder / name)[:, 1], minlength=num_items)
    return counts


def _dealt(numbers: AnyArray, num_shards: int) -> AnyArray:
    """Returns the rows of each shard after so many rows were dealt like cards."""
    return (numbers[:, None] + np.arange(num_shards)[::-1]) // num_shards


def _save(path: Path, array: AnyArray) -> None:
    with replaced_when_whole(path) as partial, partial.open("wb") as file:
        np.save(file, array)
