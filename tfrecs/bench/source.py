"""The data of a run: a data set by name, or the user's own files."""

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Unpack

import numpy as np

from tfrecs.bench.facts import facts_of, file_name
from tfrecs.data.column_kinds import NO_KINDS, infer_kinds, title_column
from tfrecs.data.datasets import Dataset, load_dataset
from tfrecs.data.feedback import is_positive
from tfrecs.data.interactions import Interactions
from tfrecs.data.k_core import k_core_rows
from tfrecs.data.raw import Duplicates
from tfrecs.data.readers import FileOptions, Malformed, read_interactions

TITLE = "title"
"""The column of item features that reports, posters and the app name items by."""


class Columns(FileOptions, total=False):
    """Arguments of `read_interactions`, and of `read_test`."""

    malformed: Malformed
    duplicates: Duplicates


class Source(Columns, total=False):
    """These, and what belongs to the interactions of a run.

    Args:
        weight_col: column of weights in `train`.
        items: file of items, with or without interactions.
        users: the same for users.
        item_title: column of titles in `items`; by default one with a usual name.
        k_core: least number of positives of users and items; others are left out.
    """

    weight_col: str | None
    items: str | Path | None
    users: str | Path | None
    item_title: str | None
    k_core: int | None


class Loaded(NamedTuple):
    """A data set, remarks on its numbers, and facts on its files, by subject."""

    data: Dataset
    notes: list[str]
    facts: dict[str, str]


def load_data(
    dataset: str,
    train: str | Path | None,
    *,
    min_rating: float | None = None,
    **source: Unpack[Source],
) -> Loaded:
    """Returns a data set by its name, or the interactions of a file if named.

    Args:
        dataset: name of the data set, unless `train` is named.
        train: file of interactions.
        min_rating: lowest rating of a positive; by default the data set's own.
        **source: see `Source`.

    Raises:
        ValueError: if an argument or the data are invalid.
        FileNotFoundError: if a file or a data set is missing.
    """
    files = {"train": train, "items": source.get("items"), "users": source.get("users")}
    for name in ("weight_col", "items", "users"):
        _check_described(name, source.get(name), "train", train)
    _check_described("item_title", source.get("item_title"), "items", files["items"])
    data = load_dataset(dataset) if train is None else _read(train, source)
    notes = [data.note] if data.note else []
    if data.interactions.weights is not None:
        notes.append("weights: used by the models of tfrecs, and not by baselines")
    facts = {} if train is None else facts_of(data, files)
    k = source.get("k_core")
    if k is not None:
        least = data.min_rating if min_rating is None else min_rating
        data, note = in_k_core(data, k, least)
        notes.append(note)
    return Loaded(data, notes, facts)


def columns_of(source: Source) -> Columns:
    """Returns the arguments that are of files of test data too."""
    columns: Any = {k: v for k, v in source.items() if k in Columns.__annotations__}
    found: Columns = columns
    return found


def _check_described(name: str, value: Any, other: str, described: Any) -> None:
    if value is not None and described is None:
        raise ValueError(f"`{name}` needs `{other}`, the file that it describes.")


def _read(train: str | Path, source: Source) -> Dataset:
    items, users = source.get("items"), source.get("users")
    found = read_interactions(
        train,
        weights=source.get("weight_col"),
        items=items,
        users=users,
        **columns_of(source),
    )
    found = _titled(found, source.get("item_title"))
    people, things = found.user_features, found.item_features
    return Dataset(
        file_name(train),
        found,
        item_kinds=NO_KINDS if things is None else infer_kinds(things, title=TITLE),
        user_kinds=NO_KINDS if people is None else infer_kinds(people),
    )


def _titled(data: Interactions, column: str | None) -> Interactions:
    """Returns the interactions with their items' titles in the column `TITLE`."""
    frame = data.item_features
    if frame is None:
        return data
    if column is not None and column not in frame.columns:
        raise ValueError(
            f"`item_title` must be a column of `items`. Received: {column!r}, where "
            f"the columns are {', '.join(map(str, frame.columns))}"
        )
    column = title_column(frame.columns) if column is None else column
    if column in (None, TITLE):
        return data
    others = frame.rename(columns={TITLE: f"{TITLE} in the file"})
    return replace(data, item_features=others.rename(columns={column: TITLE}))


def in_k_core(data: Dataset, k: int, min_rating: float | None) -> tuple[Dataset, str]:
    """Returns the k-core of the positives of a data set, and a note about the rest.

    Users and items with fewer than `k` positives are left out until none is left, and
    so are all that have none.

    Raises:
        ValueError: if nothing is left.
    """
    every = data.interactions
    rows = np.arange(len(every))
    positives = ""
    if every.ratings is not None:
        rows = np.flatnonzero(is_positive(every.ratings, min_rating))
        positives = f" of {len(rows):,} positives"
    rows = rows[k_core_rows(every.user_ids[rows], every.item_ids[rows], user=k, item=k)]
    core = every.take(rows).compact()
    left_out = ", ".join(
        f"{size - left:,} of {size:,} {name}"
        for name, size, left in (
            ("interactions", len(every), len(core)),
            ("users", every.num_users, core.num_users),
            ("items", every.num_items, core.num_items),
        )
    )
    tested = None if data.test_rows is None else data.test_rows[rows]
    # Scores and candidates have the indices of all users and items.
    found = replace(
        data, interactions=core, test_rows=tested, oracle=None, negatives=None
    )
    return found, f"left out by the {k}-core{positives}: {left_out}"


def check_size(interactions: Interactions) -> None:
    """Raises ValueError if there are fewer than 2 users or 2 items."""
    if interactions.num_users < 2 or interactions.num_items < 2:
        raise ValueError(
            "A bench needs at least 2 users and 2 items. Received: "
            f"{interactions.num_users} and {interactions.num_items}"
        )
