"""A file of any format in tables of some of its rows, for what exceeds the memory."""

from collections.abc import Callable, Collection, Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tfrecs.data.readers._form import Form
from tfrecs.data.readers._formats import (
    DELIMITED,
    FORMATS,
    holds_lists,
    kind_of,
    parser_of,
)
from tfrecs.data.readers._json_lines import read_json_lines
from tfrecs.data.readers._lists import read_lists
from tfrecs.data.readers._opening import as_utf8, is_array, lines_of, opened
from tfrecs.data.readers._table import Table

_LINES_AT_ONCE = 2**17


def read_blocks(
    path: Path, form: Form, named: Collection[str]
) -> Generator[Table, None, None]:
    """Yields the rows of a file in tables, in order.

    Text, lists and JSON lines are read block by block; other formats whole.

    Args:
        path: the file.
        form: what the caller states of the file.
        named: columns that the caller names.

    Raises:
        ValueError: if the file cannot be read, or has malformed rows.
    """
    with opened(path, form.limits) as (name, file):
        kind = kind_of(name, form)
        if kind == ".txt" and holds_lists(file, form, named):
            kind = ".lists"
        if kind in DELIMITED or kind == ".txt":
            yield from _delimited(file, kind, form, named)
        elif kind == ".lists":
            yield from _by_lines(file, form, read_lists)
        elif kind in (".json", ".jsonl", ".ndjson") and not is_array(file):
            yield from _by_lines(file, form, read_json_lines)
        else:
            yield _whole(FORMATS[kind](file, kind, form, named), 0)


def is_typed(path: Path, form: Form) -> bool:
    """Returns whether the values of a file have types, as in Parquet and JSON."""
    with opened(path, form.limits) as (name, _):
        kind = kind_of(name, form)
    return kind not in DELIMITED and kind != ".txt"


def _delimited(
    file: Any, kind: str, form: Form, named: Collection[str]
) -> Iterator[Table]:
    import pandas as pd

    with as_utf8(file, form.encoding) as (text, _):
        for rows in parser_of(text, kind, form, named).blocks():
            frame = rows.to_pandas(types_mapper=pd.ArrowDtype)
            yield Table(frame, untyped=True)


def _by_lines(
    file: Any, form: Form, read: Callable[[Any, Form], Table]
) -> Iterator[Table]:
    with as_utf8(file, form.encoding) as (text, _):
        number, every = 0, lines_of(text, form.limits)
        while lines := list(islice(every, _LINES_AT_ONCE)):
            yield _whole(read(lines, form), number)
            number += len(lines)


def _whole(table: Table, before: int) -> Table:
    """Returns a table; raises ValueError for the first malformed row if any."""
    for place, reason in sorted(table.faults)[:1]:
        raise ValueError(f"{table.unit} {before + place}: {reason}")
    return table
