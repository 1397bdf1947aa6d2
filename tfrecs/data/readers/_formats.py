"""The registry of formats: a function and a line in `FORMATS` adds one."""

from collections.abc import Callable, Sequence, Set
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from tfrecs._base.files import file_kind, naming_file
from tfrecs.data.readers._delimited import read_delimited
from tfrecs.data.readers._json_lines import read_json_lines
from tfrecs.data.readers._layouts import MOVIELENS_DAT, NCF_RATING
from tfrecs.data.readers._lists import read_lists
from tfrecs.data.readers._parquet import read_parquet
from tfrecs.data.readers._table import Table
from tfrecs.data.readers._typed import read_typed

if TYPE_CHECKING:
    import pandas as pd

Read: TypeAlias = Callable[[Path, Sequence[str], Set[int]], Table]
"""Takes a file, columns to keep as text, and places of rows to leave out."""

FORMATS: dict[str, Read] = {
    ".csv": partial(read_delimited, separator=","),
    ".tsv": partial(read_delimited, separator="\t"),
    ".parquet": read_parquet,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".txt": read_lists,
    ".rating": partial(read_typed, layout=NCF_RATING),
    ".dat": partial(read_typed, layout=MOVIELENS_DAT),
}
"""By suffix; all but Parquet may have `.gz` behind it."""

WITHOUT_HEADER = (".txt", ".rating", ".dat")
"""Their columns have no names in the file, and need none."""


def read_table(
    path: Path, text: Sequence[str] = (), leave_out: Set[int] = frozenset()
) -> Table:
    """Reads a file of any format.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if its suffix is unknown, or it is not what its suffix says.
    """
    kind = file_kind(path)
    with naming_file(path):
        if kind not in FORMATS:
            raise ValueError(
                f"must end in {', '.join(FORMATS)}, where the text files may have .gz "
                f"behind. Received: {path.name}"
            )
    return FORMATS[kind](path, text, leave_out)


def read_frame(path: str | Path, *, text: Sequence[str] = ()) -> "pd.DataFrame":
    """Reads a file of any of the `FORMATS` as a table.

    Text files are UTF-8. The first line of CSV and TSV names the columns, and each row
    has as many fields as that line. The columns of files without names are `user_id`,
    `item_id` and, but in lists, `rating` and `timestamp`.

    Args:
        path: the file; its suffix says what it is.
        text: columns to keep as text, such as ids with leading zeros.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is not what its suffix says, or not whole, or a row is
            malformed.
    """
    table = read_table(Path(path), text)
    if table.malformed:
        raise ValueError(str(table.malformed))
    return table.frame
