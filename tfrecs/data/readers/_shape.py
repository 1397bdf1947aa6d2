"""The separator, the header and the columns of a text table, from its first lines."""

import csv
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tfrecs.data.readers._form import Form
from tfrecs.data.roles import usual_column

SEPARATORS = (",", "\t", ";", "|", "::", " ")
OWN_SEPARATORS = {
    ".csv": ",",
    **dict.fromkeys((".tsv", ".rating", ".data", ".inter", ".item", ".user"), "\t"),
    ".dat": "::",
}
"""The separator of a format, unless the lines have another one."""

WITH_HEADER = (".csv", ".tsv", ".inter", ".item", ".user")
"""Formats whose first line names the columns."""

POSITIONS = ("user_id", "item_id", "rating", "timestamp")
"""The columns of a file without names."""

_NUMBER = re.compile(r" *[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)? *")
"""A digit matches in one way alone: long fields would take quadratic time otherwise."""

_LEAST_TIME = 10**8
"""Seconds since 1970 of any log; no rating is as high."""

_MOST = 0.9
"""Share of the lines that have the width of a table, at least."""


@dataclass(frozen=True)
class Shape:
    """The shape of a text table.

    Args:
        separator: of the fields.
        header: whether the first line names the columns.
        names: the columns, if no line names them.
    """

    separator: str
    header: bool
    names: tuple[str, ...] = ()


def find_shape(
    lines: Sequence[str], kind: str, form: Form, named: Collection[str] = ()
) -> Shape:
    """Returns the shape of a table.

    Args:
        lines: the first lines that are not empty.
        kind: the suffix of the file.
        form: what the caller states.
        named: columns that the caller names.

    Raises:
        ValueError: if several separators are possible.
    """
    separator = form.separator or _separator(lines, kind, named)
    rows = [split(line, separator) for line in lines]
    header = form.header
    if header is None:
        header = bool(
            kind in WITH_HEADER or names_roles(rows[0], named) or _is_title(rows)
        )
    if header:
        return Shape(separator, True)
    width, _ = modal_width(rows)
    wide = [row for row in rows if len(row) == width]
    return Shape(separator, False, _positions(wide))


def split(line: str, separator: str) -> list[str]:
    """Returns the fields of a line; of damaged quotes as well as possible."""
    try:
        return split_strictly(line, separator, strict=False)
    except csv.Error:  # of a very long field
        return line.split(separator)


def split_strictly(line: str, separator: str, strict: bool = True) -> list[str]:
    """Returns the fields of a line; spaces around it separate none.

    Args:
        line: without its end.
        separator: of a `Form`.
        strict: whether to refuse quotes that are not closed, or not around a field.

    Raises:
        csv.Error: if quotes are damaged, or a field is very long.
    """
    if separator == " ":
        return line.split()
    if separator == "::":
        return line.split("::")
    return next(csv.reader([line], delimiter=separator, strict=strict), [])


def names_roles(fields: Sequence[str], named: Collection[str] = ()) -> bool:
    """Returns whether fields are names of columns: usual ones, or as the caller has."""
    if named:
        return set(named) <= set(fields)
    usual = (usual_column(fields, role) for role in ("user", "item"))
    return len(fields) > 1 and any(column is not None for column in usual)


def _separator(lines: Sequence[str], kind: str, named: Collection[str]) -> str:
    own = OWN_SEPARATORS.get(kind)
    candidates = list(dict.fromkeys([own or ",", *SEPARATORS]))
    widths, titled = {}, set()
    for separator in candidates:
        rows = [split(line, separator) for line in lines]
        width, share = modal_width(rows)
        if width > 1 and share >= _MOST:
            widths[separator] = width
            titled |= {separator} if len(rows[0]) == width else set()
    for separator in candidates:
        # A space of a name such as "product code" is in a field of another separator.
        is_in_name = separator == " " and titled - {" "}
        if not is_in_name and names_roles(split(lines[0], separator), named):
            return separator
    if own in widths or not widths:
        return own or ","
    if len(widths) > 1:
        widths.pop(" ", None)  # beside another one, spaces are in its fields
    if len(widths) > 1:
        raise ValueError(
            "must have one separator. Received: lines that fit each of "
            f"{', '.join(map(repr, widths))}. Pass one as `separator`."
        )
    return next(iter(widths))


def modal_width(rows: Sequence[Sequence[str]]) -> tuple[int, float]:
    """Returns the most frequent number of fields, and its share of the rows."""
    width, number = Counter(map(len, rows)).most_common(1)[0]
    return width, number / len(rows)


def _is_title(rows: Sequence[Sequence[str]]) -> bool:
    """Returns whether the first row has text where all other rows have numbers."""
    first, *others = rows
    if any(map(_NUMBER.fullmatch, first)):
        return False
    same = [row for row in others if len(row) == len(first)]
    columns = list(zip(*same, strict=True))
    return any(all(map(_NUMBER.fullmatch, column)) for column in columns)


def _positions(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Returns names for the columns of rows without names."""
    width = len(rows[0])
    if width < 2:
        raise ValueError(
            f"must have a user and an item in each line. Received: {rows[0][0][:40]!r}."
            " Pass the `separator` of the fields."
        )
    if width > len(POSITIONS):
        return tuple(f"column {number}" for number in range(1, width + 1))
    if width == 3 and _are_times([row[2] for row in rows if row[0] and row[1]]):
        return (*POSITIONS[:2], POSITIONS[3])
    return POSITIONS[:width]


def _are_times(fields: Sequence[str]) -> bool:
    """Returns whether most numbers of a column are times; other fields have no vote."""
    numbers = [float(field) for field in fields if _NUMBER.fullmatch(field)]
    return 2 * sum(number >= _LEAST_TIME for number in numbers) > len(numbers)


def is_lists(lines: Sequence[str]) -> bool:
    """Returns whether lines are `user item item ...`, and not the rows of a table.

    Users of lists do not repeat, and the lengths of lists vary. Users of a table
    repeat, and each row has 3 or 4 columns. A file of pairs is both.

    Raises:
        ValueError: if the lines may be either.
    """
    if any(names_roles(split(lines[0], separator)) for separator in SEPARATORS):
        return False
    rows = [line.split() for line in lines if not re.search(r"[^0-9\s]", line)]
    if 2 * len(rows) < len(lines):
        return False
    users = {row[0] for row in rows}
    width, share = modal_width(rows)
    repeats = len(users) < len(rows)
    is_table = share >= _MOST and width in (3, 4)
    if repeats and is_table:
        return False
    if not repeats and not is_table:
        return True
    if set(map(len, rows)) == {2}:
        return True
    first = lines[0][:40]
    raise ValueError(
        "must be lists, 'user item item ...' with each user once, or a table of "
        f"'user item rating time'. Received: lines that may be either, such as "
        f'{first!r}. Pass the `format` "lists", or the `separator` " " of a table.'
    )
