"""The registry of formats. A function and a line in `FORMATS` adds one."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tfrecs._base.files import file_kind, naming_file, open_text
from tfrecs.data.readers._json_lines import read_json_lines
from tfrecs.data.readers._lists import read_lists
from tfrecs.data.readers._table import Table
from tfrecs.data.readers._text import Parser
from tfrecs.data.readers._values import inferred
from tfrecs.data.readers.layouts import MOVIELENS_DAT, NCF_RATING, read_typed

if TYPE_CHECKING:
    import pandas as pd


def read_delimited(path: Path, *, separator: str) -> Table:
    """Reads CSV or TSV, whose first line names the columns.

    Raises:
        ValueError: if the file or its header is not text, or a quote is never closed.
    """
    import pandas as pd

    with naming_file(path), open_text(path) as file:
        rows = Parser(file, separator, quotes=True).read()
    frame = rows.columns.to_pandas(types_mapper=pd.ArrowDtype).set_axis(rows.lines)
    return Table(frame, rows.faults, untyped=True)


def read_parquet(path: Path) -> Table:
    """Reads Parquet; its rows have no lines, so they are counted from 0.

    Raises:
        ValueError: if it is not a whole Parquet file.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    # pandas would make floats of integers if one is missing.
    whole = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype()}
    whole |= {pa.uint64(): pd.UInt64Dtype(), pa.uint32(): pd.UInt32Dtype()}
    with naming_file(path):
        try:
            frame = pq.read_table(path).to_pandas(types_mapper=whole.get)
            # Damaged strings are found only when they become Python's.
            strings = [
                name for name in frame if isinstance(frame[name].dtype, pd.StringDtype)
            ]
            frame = frame.astype(dict.fromkeys(strings, object))
        except Exception as error:  # pyarrow's own kinds, and of damage any
            raise ValueError(
                f"must be a whole Parquet file. Received: {error}"
            ) from error
        if any(name is not None for name in frame.index.names):
            frame = frame.reset_index()  # pandas wrote an index, often the ids
    return Table(frame.set_axis(np.arange(len(frame))), unit="row")


FORMATS: dict[str, Callable[[Path], Table]] = {
    ".csv": partial(read_delimited, separator=","),
    ".tsv": partial(read_delimited, separator="\t"),
    ".parquet": read_parquet,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".txt": read_lists,
    ".rating": partial(read_typed, layout=NCF_RATING),
    ".dat": partial(read_typed, layout=MOVIELENS_DAT),
}
"""By suffix. All but Parquet may have `.gz` behind it."""

WITHOUT_HEADER = (".txt", ".rating", ".dat")
"""Formats whose columns have no names in the file, and need none."""


def read_table(path: Path) -> Table:
    """Reads a file of any format.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if its suffix is unknown or does not fit its content.
    """
    kind = file_kind(path)
    if kind not in FORMATS:
        raise ValueError(
            f"{path}: must end in {', '.join(FORMATS)}, where the text files may have "
            f".gz behind. Received: {path.name}"
        )
    return FORMATS[kind](path)


def read_frame(path: str | Path, *, text: Sequence[str] = ()) -> "pd.DataFrame":
    """Reads a file of any of the `FORMATS` as a table.

    Text files are UTF-8. The first line of CSV and TSV names the columns, and each row
    has as many fields as that line. Files without names have the columns `user_id`,
    `item_id` and, except for lists, `rating` and `timestamp`.

    Args:
        path: the file; its suffix names the format.
        text: columns to keep as text, such as ids with leading zeros.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if its suffix does not fit its content, it is not whole, or a row is
            malformed.
    """
    table = read_table(Path(path))
    malformed = table.malformed(Path(path))
    if malformed:
        raise ValueError(str(malformed))
    frame = table.frame.reset_index(drop=True)
    if table.untyped:
        return frame.apply(lambda c: inferred(c, as_text=c.name in text))
    return frame.infer_objects().astype(
        dict.fromkeys(set(text) & set(frame.columns), str)
    )
