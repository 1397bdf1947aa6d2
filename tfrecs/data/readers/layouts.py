"""Delimited text whose columns and types are known beforehand."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tfrecs._base.files import naming_file, open_text
from tfrecs._base.types import BoolArray
from tfrecs.data.readers._table import Table
from tfrecs.data.readers._text import Parser
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

MOVIELENS_DAT = Layout(NCF_RATING.columns, separator="::")
"""`ratings.dat` of MovieLens 1M and 10M."""


def read_published(path: Path, layout: Layout) -> "pd.DataFrame":
    """Reads a file of a published data set, which holds no malformed rows.

    Raises:
        ValueError: if a row is malformed, or there are no rows; names file and line.
    """
    table = read_typed(path, layout=layout)
    malformed = table.malformed(path)
    if malformed:
        raise ValueError(f"{malformed}. Fetch the file anew.")
    if table.frame.empty:
        raise ValueError(f"{path}: must have at least one row. Received: none")
    return table.frame.reset_index(drop=True)


def read_typed(path: Path, *, layout: Layout) -> Table:
    """Reads a file of a layout.

    Raises:
        ValueError: if the file is not text or not a whole gzip file, or has another
            header; names the file.
    """
    import pandas as pd

    wanted = {n: kind for n, kind in layout.columns.items() if kind != "unread"}
    with naming_file(path), open_text(path) as file:
        rows = Parser(
            file,
            layout.separator,
            names=list(layout.columns),
            header=layout.header,
            wanted=list(wanted),
            quotes=layout.quotes,
            encoding=layout.encoding,
        ).read()
    good = np.ones(len(rows.lines), dtype=bool)
    columns = {}
    for name, kind in wanted.items():
        text = rows.columns[name]
        values, bad = _typed(text, kind)
        for row in np.flatnonzero(bad & good).tolist():
            reason = f"must be {_KINDS[kind][0]}. Received: {text[row].as_py()[:40]!r}"
            rows.faults.append((int(rows.lines[row]), f"`{name}` {reason}"))
        good &= ~bad
        columns[name] = values.to_pandas()
    frame = pd.DataFrame(columns).set_axis(rows.lines)
    return Table(frame if good.all() else frame[good], rows.faults)


def _typed(text: Any, kind: Kind) -> tuple[Any, BoolArray]:
    """Converts a column block by block, and marks the fields that are not of `kind`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    types = {"integer": pa.int64(), "number": pa.float64()}
    types["time"] = pa.timestamp("ms", "UTC")
    if kind not in types:
        return text, np.zeros(len(text), dtype=bool)
    blocks, bad = [], [np.zeros(0, dtype=bool)]
    for block in text.chunks:
        values = cast(block, types[kind])
        if values is None or (
            kind == "number" and not pc.all(pc.is_finite(values)).as_py()
        ):
            parsed = [_KINDS[kind][1](field) for field in block.to_pylist()]
            values = pa.array(parsed, types[kind])
        bad.append(values.is_null().to_numpy(zero_copy_only=False))
        blocks.append(values.fill_null(pa.scalar(0).cast(types[kind])))
    return pa.chunked_array(blocks, types[kind]), np.concatenate(bad)


def _integer(field: str) -> int | None:
    if re.fullmatch(r" *-?[0-9]{1,30} *", field) and -(2**63) <= int(field) < 2**63:
        return int(field)
    return None


def _number(field: str) -> float | None:
    plain = r" *[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)? *"
    if re.fullmatch(plain, field) and math.isfinite(float(field)):
        return float(field)
    return None


def _time(field: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(field)
    except ValueError:
        return None
    return time if time.tzinfo else None


_KINDS: dict[Kind, tuple[str, Callable[[str], Any]]] = {
    "integer": ("a whole number of 64 bits", _integer),
    "number": ("a finite number", _number),
    "time": ("a time as 2024-01-31T12:00:00Z", _time),
}
