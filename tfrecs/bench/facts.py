"""Facts on the files of a run, for its first lines, its JSON and its report."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.types import AnyArray
from tfrecs.data.column_kinds import ColumnKinds
from tfrecs.data.datasets import Dataset
from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import Vocabulary
from tfrecs.reporting.text import clean

if TYPE_CHECKING:
    import pandas as pd


def facts_of(data: Dataset, files: Mapping[str, Any]) -> dict[str, str]:
    """Returns what was read, by subject.

    Args:
        data: the interactions of a file, before any is left out.
        files: the files under `train`, `items` and `users`.
    """
    found = data.interactions
    users, items = len(np.unique(found.user_ids)), len(np.unique(found.item_ids))
    facts = {
        "interactions": f"{file_name(files['train'])}: {len(found):,} of {users:,} "
        f"users and {items:,} items",
        "user ids": _ids(found.users),
        "item ids": _ids(found.items),
    }
    if found.source is not None:
        read = found.source.facts().items()
        facts |= {subject: clean(fact) for subject, fact in read if subject != "ids"}
    sides = (
        ("items", found.item_features, data.item_kinds, found.item_ids),
        ("users", found.user_features, data.user_kinds, found.user_ids),
    )
    for name, frame, kinds, ids in sides:
        if frame is not None:
            facts[name] = f"{file_name(files[name])}: {_missing(frame, ids)}"
            facts |= {f"{name}, {kind}": columns for kind, columns in _used(kinds)}
    return facts


def facts_of_test(path: str | Path, held: Interactions) -> dict[str, str]:
    """Returns what was read from a file of test data, by subject."""
    read = {} if held.source is None else held.source.facts()
    shown = ("format", "columns", "rows", "dropped rows", "notes")
    facts = {f"test {name}": clean(read[name]) for name in shown if name in read}
    return {"test data": f"{file_name(path)}: {len(held):,} interactions", **facts}


def _ids(vocabulary: Vocabulary) -> str:
    kinds = {"int": "integers", "str": "text"}
    found = sorted({type(id_).__name__ for id_ in vocabulary.ids.tolist()})
    names = " and ".join(kinds.get(kind, kind) for kind in found)
    return f"{names}, such as {clean(vocabulary.ids[:1].tolist()[0])}"


def _missing(frame: "pd.DataFrame", ids: AnyArray) -> str:
    empty = int(frame.isna().all(axis=1).sum())
    unused = len(frame) - len(np.unique(ids))
    return (
        f"{empty:,} of {len(frame):,} without metadata, {unused:,} without interactions"
    )


def _used(kinds: ColumnKinds) -> list[tuple[str, str]]:
    """Returns each kind of features and its columns, and the other columns."""
    used = [(kind, ", ".join(columns)) for kind, columns in kinds.used.items()]
    left_out = ", ".join(f"{name} ({why})" for name, why in kinds.left_out.items())
    return [*used, *([("not features", left_out)] if left_out else [])]


def file_name(path: str | Path) -> str:
    """Returns the name of a file in clean text."""
    return clean(Path(path).name)
