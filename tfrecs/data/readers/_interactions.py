"""Interactions, and test data for them, from a file of any format."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, Unpack

import numpy as np

from tfrecs._base.files import naming_file
from tfrecs.data.interactions import Interactions
from tfrecs.data.metadata import described
from tfrecs.data.raw import Duplicates, fields_of_columns
from tfrecs.data.readers._columns import Columns
from tfrecs.data.readers._file import read_columns
from tfrecs.data.readers._metadata import read_metadata
from tfrecs.data.readers._options import FileOptions
from tfrecs.data.readers._table import MalformedRows
from tfrecs.data.reading import Reading
from tfrecs.data.vocabulary import Vocabulary

Malformed: TypeAlias = Literal["error", "skip"]


def read_interactions(
    path: str | Path,
    *,
    malformed: Malformed = "error",
    weights: str | None = None,
    duplicates: Duplicates = "last",
    items: Any = None,
    users: Any = None,
    **options: Unpack[FileOptions],
) -> Interactions:
    """Reads interactions from a file of any of the `FORMATS`.

    The separator, the encoding and the header of text are found from its content. A
    column that is not named is recognized by a usual name, such as `user_id`,
    `movieId`, `rating` or `timestamp`. Ratings and times are optional. The result's
    `source` says what was read.

    An id column of text holds integers if each field is the canonical form of one, and
    text otherwise: "007", "1e5" and "NA" are text. Only the empty field is missing.

    A row is malformed if it has too few or too many fields, is not JSON or UTF-8, lacks
    an id, or has an invalid rating or time.

    Args:
        path: the file, whose suffix names the format, and which may be in `.gz` or
            `.zip`; or a folder of Parquet files.
        malformed: the treatment of malformed rows: "error" raises an error that counts
            them and shows the first, and "skip" leaves them out and logs the same as a
            warning (logger `tfrecs`). `read_leniently` returns them as well.
        weights: the column of weights, finite and at least 0.
        duplicates: the treatment of a repeated pair, as in `Interactions.from_arrays`.
        items: a file of items or a table, whose ids are in a column with a usual name,
            or the one of `item_col`. All are in the catalogue, also without
            interactions; their other columns are `item_features`.
        users: the same for users.
        **options: the following, all optional.
        user_col: the column of raw user ids.
        item_col: the column of raw item ids.
        rating_col: the column of ratings, finite and at least 0.
        time_col: the column of times: numbers of any unit, which they keep, or ISO
            dates such as 2024-01-31, which become seconds since 1970. A column that is
            not named here and mostly unreadable is left out with a warning.
        id_type: overrules the type of ids: "text" keeps each id as it is written, and
            "integer" reads 007 and 7.0 as 7; or by role, as in {"user": "integer"}.
        time_format: format of dates that are not ISO, such as "%d/%m/%Y".
        format: the format if the suffix says another one or none, such as "csv" or
            "lists" (`user item item ...` a line).
        separator: of the fields: a character, "::", or " " for any spaces.
        encoding: of the text, such as "latin-1".
        header: whether the first line names the columns. The columns of a file without
            names are user, item, rating and time, in this order.
        limits: sizes from which the file is refused, a `tfrecs.Limits`.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if it cannot be read, lacks a column, or has malformed rows.
    """
    read = read_columns(Path(path), options, malformed, {}, weights)
    with naming_file(path):
        fields = _fields(read.columns, read.reading, duplicates)
    left_out: dict[str, dict[str, int]] = {}
    id_cols = {"user": options.get("user_col"), "item": options.get("item_col")}
    for (role, id_col), table in zip(id_cols.items(), (users, items), strict=True):
        if table is not None:
            frame, left_out[f"{role}s"] = read_metadata(
                table,
                role,
                fields[f"{role}s"].ids,
                id_col=id_col,
                id_type=options.get("id_type"),
                malformed=malformed,
            )
            fields |= described(fields, role, id_col, None, frame)
    fields["source"] = replace(fields["source"], dropped_metadata=left_out)
    with naming_file(path):
        return Interactions(**fields)


def read_leniently(
    path: str | Path, **options: Unpack[FileOptions]
) -> tuple[Interactions, MalformedRows | None]:
    """Skips malformed rows, and returns them too; arguments as `read_interactions`.

    Returns:
        The interactions, as if the malformed rows were not in the file, and these rows:
        their number, their lines and the reason for the first. or None.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if it cannot be read, lacks a column, or has no good row.
    """
    read = read_columns(Path(path), options, "skip", {})
    with naming_file(path):
        fields = _fields(read.columns, read.reading)
        return Interactions(**fields), read.malformed


def read_test(
    path: str | Path,
    train: Interactions,
    *,
    malformed: Malformed = "error",
    duplicates: Duplicates = "last",
    **options: Unpack[FileOptions],
) -> tuple[Interactions, int]:
    """Reads test interactions of the users and items of `train`.

    Args:
        path: the file, as for `read_interactions`.
        train: the training data; its vocabularies are used.
        malformed: the treatment of malformed rows, "error" or "skip".
        duplicates: the treatment of a repeated pair.
        **options: as for `read_interactions`; ids are of the type of `train`'s ids
            unless `id_type` says another one.

    Returns:
        The interactions of known users with known items, over `train`'s vocabularies,
        and the number of well-formed rows left out.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: as `read_interactions`, and if no row is left.
    """
    known = {"users": train.users, "items": train.items}
    ids = {name: vocabulary.ids for name, vocabulary in known.items()}
    read = read_columns(Path(path), options, malformed, ids)
    columns = read.columns
    with naming_file(path):
        keep = np.logical_and.reduce(
            [vocabulary.index(columns[key]) >= 0 for key, vocabulary in known.items()]
        )
        if not keep.any():
            user, item = (columns[key][:1].tolist()[0] for key in known)
            raise ValueError(
                f"must have a row whose user and item are in training. Received: "
                f"{len(keep)} rows, the first with user {user!r:.60} and item "
                f"{item!r:.60}, where training has {train.users!r} and {train.items!r}"
            )
        unknown = int(np.sum(~keep))
        dropped = {"unknown user or item": unknown} if unknown else {}
        reading = replace(read.reading, dropped={**read.reading.dropped, **dropped})
        columns = {key: column[keep] for key, column in columns.items()}
        fields = _fields(columns, reading, duplicates, train.users, train.items)
        fields["user_features"] = train.user_features
        fields["item_features"] = train.item_features
        return Interactions(**fields), unknown


def _fields(
    columns: Columns,
    reading: Reading,
    duplicates: Duplicates = "last",
    *vocabularies: Vocabulary,
) -> dict[str, Any]:
    """Returns the fields of `Interactions`, with the summary as their source."""
    every = {**dict.fromkeys(("ratings", "timestamps", "weights")), **columns}
    fields = fields_of_columns(every, duplicates, None, *vocabularies)
    merged = len(columns["users"]) - len(fields["user_ids"])
    return {**fields, "source": replace(reading, merged=merged)}
