"""Delimited text whose columns and types are known beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tfrecs._base.files import naming_file
from tfrecs.data.readers._opening import as_utf8, opened
from tfrecs.data.readers._table import MalformedRows
from tfrecs.data.readers._text import Parser, TextRows
from tfrecs.data.readers._values import cast

if TYPE_CHECKING:
    import pandas as pd

Kind: TypeAlias = Literal["integer", "number", "text", "time", "unread"]
"""Whole numbers of 64 bits; finite numbers; any text; times such as
2024-01-31T12:00:00Z; and columns that are not read."""


@dataclass(frozen=True)
class Layout:
    """The columns of a file.

    Args:
        columns: the kind of each column, by name, in the file's order.
        separator: of the fields: a character, or "::".
        header: whether the first line is the names of the columns.
        quotes: whether fields may be in double quotes, as in CSV.
        encoding: of the text.
    """

    columns: Mapping[str, Kind]
    separator: str = ","
    header: bool = False
    quotes: bool = False
    encoding: str = "utf-8"


NCF_RATING = Layout(
    {
        "user_id": "integer",
        "item_id": "integer",
        "rating": "number",
        "timestamp": "integer",
    },
    separator="\t",
)
"""`.train.rating` and `.test.rating` of He et al. 2017."""


def read_published(path: Path, layout: Layout) -> "pd.DataFrame":
    """Reads a file of a published data set, which holds no malformed rows.

    Raises:
        ValueError: if the file is not text or not a whole gzip file, has another
            header, a malformed row or no rows; names the file and the line.
    """
    import pandas as pd

    wanted = {n: kind for n, kind in layout.columns.items() if kind != "unread"}
    with naming_file(path), opened(path) as (_, file):
        with as_utf8(file, layout.encoding) as (text, _):
            rows = Parser(
                text,
                layout.separator,
                names=list(layout.columns),
                header=layout.header,
                wanted=list(wanted),
                quotes=layout.quotes,
            ).read()
    columns = {name: _typed(rows, name, kind) for name, kind in wanted.items()}
    malformed = MalformedRows.of(path, "line", rows.faults)
    if malformed:
        raise ValueError(f"{malformed}. Fetch the file anew.")
    if not len(rows.lines):
        raise ValueError(f"{path}: must have at least one row. Received: none")
    return pd.DataFrame({name: x.to_pandas() for name, x in columns.items()})


def _typed(rows: TextRows, name: str, kind: Kind) -> Any:
    """Converts a column block by block; adds the fields of another kind to faults."""
    import pyarrow as pa

    text = rows.columns[name]
    if kind == "text" or not text.num_chunks:
        return text
    blocks, first = [], 0
    for block in text.chunks:
        values = _converted(block, kind)
        if values is None:
            for place, field in enumerate(block.to_pylist()):
                if _converted(block.slice(place, 1), kind) is None:
                    reason = f"must be {_KINDS[kind]}. Received: {field[:40]!r}"
                    line = int(rows.lines[first + place])
                    rows.faults.append((line, f"`{name}` {reason}"))
            values = block  # of no use, as the file is refused
        blocks.append(values)
        first += len(block)
    return pa.chunked_array(blocks) if not rows.faults else text


def _converted(text: Any, kind: Kind) -> Any:
    """Returns text as numbers or times; None if a field is not of the kind."""
    import pyarrow as pa
    import pyarrow.compute as pc

    types = {"integer": pa.int64(), "number": pa.float64()}
    values = cast(text, types.get(kind, pa.timestamp("ms", "UTC")))
    if kind != "number" or values is None:
        return values
    return None if pc.all(pc.is_finite(values)).as_py() is False else values


_KINDS: Mapping[Kind, str] = {
    "integer": "a whole number of 64 bits",
    "number": "a finite number",
    "time": "a time as 2024-01-31T12:00:00Z",
}
