"""Frames of metadata, matched to users and items by raw id."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.types import IntArray
from tfrecs.data.frames import as_frame
from tfrecs.data.ids import raw_ids
from tfrecs.data.roles import usual_column
from tfrecs.data.vocabulary import Vocabulary

if TYPE_CHECKING:
    import pandas as pd

_LOGGER = logging.getLogger("tfrecs")


def aligned_features(
    table: Any, vocabulary: Vocabulary, role: str, name: str
) -> "pd.DataFrame | None":
    """Returns a frame of metadata with one row for each id, in their order.

    Ids without a row have missing values; a warning of the logger `tfrecs` counts them.

    Args:
        table: a row for each id, as for `indexed_by_id`; or None.
        vocabulary: the ids.
        role: "user" or "item".
        name: the argument's name, for messages.

    Raises:
        TypeError: if it is not a table.
        ValueError: if its ids are missing or repeated, or none of them is known.
    """
    import pandas as pd

    if table is None:
        return None
    ids = pd.Index(vocabulary.ids, tupleize_cols=False)
    frame = as_frame(table, name)
    is_default = isinstance(frame.index, pd.RangeIndex)
    if not is_default and frame.index.equals(ids):
        return frame
    frame = indexed_by_id(frame, role, name, expected=ids)
    known = Vocabulary(frame.index, name)
    rows = known.index(vocabulary.ids)
    missing = (rows < 0).nonzero()[0]
    _check_matched(len(missing) < len(ids), frame, vocabulary, role, name)
    if len(missing):
        _LOGGER.warning(
            "`%s` has no row for %d of %d %s, such as %r: their values are missing",
            *(name, len(missing), len(ids), vocabulary.name),
            vocabulary.ids[missing[:1]].tolist()[0],
        )
    unused = len(known) - (len(ids) - len(missing))
    if unused:
        _LOGGER.info(
            "`%s` has %d rows of unknown %s: left out", name, unused, vocabulary.name
        )
    return frame.reset_index(drop=True).reindex(rows).set_axis(ids)


def indexed_by_id(
    frame: "pd.DataFrame",
    role: str,
    name: str,
    *,
    id_col: str | None = None,
    expected: "pd.Index[Any] | None" = None,
) -> "pd.DataFrame":
    """Returns a frame of metadata indexed by its raw ids.

    These are the column `id_col`; or, if the index has no name, the column with a usual
    name of ids, such as `item_id` or `movieId`; or the index. The index of a frame that
    has no other, which counts rows, is accepted only if it is equal to `expected`.

    Args:
        frame: a row for each user or item.
        role: "user" or "item".
        name: the argument's name, for messages.
        id_col: the name of the column of ids in the interactions, if known.
        expected: the ids of the vocabulary.

    Raises:
        ValueError: if ids are not found, missing or repeated.
    """
    import pandas as pd

    column = id_col if id_col in frame.columns else None
    if column is None and frame.index.name is None:
        column = usual_column(frame.columns, role)
    index = frame.index
    if column is not None:
        frame = frame.set_index(column)
    elif isinstance(index, pd.RangeIndex) and index.name is None:
        if expected is None or not index.equals(expected):
            raise ValueError(
                f"`{name}` must have a column of {role} ids with a usual name, such as "
                f"'{role}_id', or be indexed by id. Received: columns "
                f"{', '.join(map(str, frame.columns[:20]))}, and an index that counts "
                f"rows. Use frame.set_index(...); or frame.rename_axis('{role}_id') if "
                "the ids are row numbers."
            )
    frame = frame.set_axis(frame.index.to_flat_index())  # tuples of several levels
    absent = np.count_nonzero(frame.index.isna())
    if absent:
        raise ValueError(
            f"`{name}` must have an id in each row. Received: {absent} missing in its "
            f"{_where(frame)}. Leave these rows out, such as with frame.dropna(...)."
        )
    frame = _with_whole_ids(frame, name)
    repeated = frame.index[frame.index.duplicated()].tolist()
    if repeated:
        raise ValueError(
            f"`{name}` must have one row for each id. Received: {repeated[0]!r:.60} "
            f"more than once in its {_where(frame)}. Use frame.drop_duplicates(...), "
            "or another column of ids with frame.set_index(...)."
        )
    return frame


def _with_whole_ids(frame: "pd.DataFrame", name: str) -> "pd.DataFrame":
    """Returns a frame with whole floats in its index as integers."""
    import pandas as pd

    if frame.index.dtype.kind != "f":
        return frame
    ids = pd.Index(raw_ids(frame.index, name), name=frame.index.name)
    return frame.set_axis(ids)


def described(
    fields: Mapping[str, Any],
    role: str,
    id_col: str | None,
    features: Any,
    catalogue: Any,
) -> dict[str, Any]:
    """Returns the fields of `Interactions` for the metadata of one side.

    Args:
        fields: the vocabularies and indices of the interactions.
        role: "user" or "item".
        id_col: the name of the column of ids in the interactions, if known.
        features: a row for each id of the interactions; or None.
        catalogue: a row for each id, with or without interactions; or None.

    Raises:
        TypeError: if one is not a table.
        ValueError: if both are there, and as `aligned_features`.
    """
    import pandas as pd

    if catalogue is None:
        if features is not None:
            features = as_frame(features, f"{role}_features")
            features = indexed_by_id(features, role, f"{role}_features", id_col=id_col)
        return {f"{role}_features": features}
    name = f"{role}s"
    if features is not None:
        raise ValueError(
            f"Pass either `{name}`, whose rows are all in the catalogue, or "
            f"`{role}_features`, for ids with interactions. Received: both"
        )
    frame = indexed_by_id(as_frame(catalogue, name), role, name, id_col=id_col)
    known: Vocabulary = fields[name]
    ids = pd.Index(
        raw_ids(frame.index, name), name=frame.index.name, tupleize_cols=False
    )
    frame = frame.set_axis(ids)
    rows = known.index(ids)
    _check_matched(bool((rows >= 0).any()), frame, known, role, name)
    more = frame.index[rows < 0].tolist()
    if not more:
        return {f"{role}_features": frame}
    every, place = Vocabulary.learn([*known.ids.tolist(), *more], name)
    indices = place[fields[f"{role}_ids"]]
    return {name: every, f"{role}_ids": indices, f"{role}_features": frame}


def without_unused(
    ids: IntArray, vocabulary: Vocabulary, features: "pd.DataFrame | None"
) -> tuple[IntArray, Vocabulary, "pd.DataFrame | None"]:
    """Returns the three without the raw ids that no row has, numbered anew."""
    used, renumbered = np.unique(ids, return_inverse=True)
    kept = Vocabulary(vocabulary.ids[used], vocabulary.name)
    described_by = None if features is None else features.iloc[used]
    return renumbered.astype(np.int32), kept, described_by


def _check_matched(
    matched: bool, frame: "pd.DataFrame", vocabulary: Vocabulary, role: str, name: str
) -> None:
    """Raises ValueError for metadata of other ids only; shows one id of each."""
    if matched:
        return
    wanted, found = vocabulary.ids[:1].tolist()[0], frame.index[:1].tolist()[0]
    remedy = f"Name the column of these ids {role}_id, or use frame.set_index(...)."
    if type(wanted) is not type(found):
        remedy += " Both must be of one type, such as by frame[...].astype(str)."
    raise ValueError(
        f"`{name}` must have rows for ids such as {wanted!r:.60} (a "
        f"{type(wanted).__name__}). Received: none of them, but such as {found!r:.60} "
        f"(a {type(found).__name__}) in its {_where(frame)}. {remedy}"
    )


def _where(frame: "pd.DataFrame") -> str:
    column = frame.index.name
    return "index" if column is None else f"column {column!r}"
