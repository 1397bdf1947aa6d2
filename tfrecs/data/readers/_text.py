"""Rows of delimited text, parsed by pyarrow into columns of strings.

pyarrow passes each row with too few or too many fields to a function. All other rows
become strings, which the readers convert a column at a time.
"""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.limits import LIMITS, Limits
from tfrecs._base.types import AnyArray, BoolArray
from tfrecs.data.readers._recoder import FIELD_END, LAST_ROW, Recoder, is_plain
from tfrecs.data.readers._table import Fault

if TYPE_CHECKING:
    import pandas as pd

NOT_TEXT = (
    "must be text in UTF-8. Received: {}. Correct it, or pass the `encoding` of the "
    "file."
)

_BINARY = NOT_TEXT.format("binary data or another encoding")
_LINE_END = "\r\n?|\n"


@dataclass(frozen=True)
class TextRows:
    """The rows that have the right number of fields.

    Args:
        columns: a pyarrow table of strings.
        lines: the line of each row, from 1.
        faults: the line of each other row, and the reason.
    """

    columns: Any
    lines: "pd.Index[Any]"
    faults: list[Fault]


@dataclass
class Parser:
    """Reads the rows of a file. Rows of empty fields are skipped, as empty lines are.

    Args:
        file: its bytes, in UTF-8.
        separator: a character, "::", or " " for any spaces and tabs.
        names: the names of the columns; None to read them from the header.
        header: whether the first line holds the names.
        wanted: the columns to read, all by default.
        quotes: whether fields may be in double quotes, as in CSV.
        limits: of a row, which is also the size of a block, and of the columns.
    """

    file: Any
    separator: str
    names: Sequence[str] | None = None
    header: bool = True
    wanted: Sequence[str] = ()
    quotes: bool = False
    limits: Limits = LIMITS

    def read(self) -> TextRows:
        """Reads the file.

        Raises:
            ValueError: if the header is not text or not `names`, a quote is never
                closed, or there are more columns or longer rows than the limits.
        """
        import pandas as pd
        import pyarrow as pa

        with _naming_long_rows(self.limits):
            names = self._names()
            with self._open(self.file, len(names), self._as_text(names)) as reader:
                table = reader.read_all()
        if not self.wanted:
            table = table.rename_columns(_distinct(names))
        lines, faults = self._lines(table, len(names))
        keep, bad = self._kept(table)
        faults += [(int(line), _BINARY) for line in lines[bad]]
        if not keep.all():
            table, lines = table.filter(pa.array(keep)), lines[keep]
        return TextRows(table, pd.Index(lines, dtype=np.int64), faults)

    def blocks(self) -> Iterator[Any]:
        """Yields the rows in pyarrow tables of strings, some megabytes each.

        Raises:
            ValueError: as `read`, and at the first malformed row.
        """
        import pyarrow as pa

        row = 0
        with _naming_long_rows(self.limits):
            names = self._names()
            with self._open(self.file, len(names), self._as_text(names)) as reader:
                for batch in reader:
                    table = pa.Table.from_batches([batch])
                    keep, bad = self._kept(table)
                    if bad.any():
                        raise ValueError(f"row {row + bad.argmax()}: {_BINARY}")
                    self._refuse_skipped(len(names))
                    row += len(table)
                    table = table.rename_columns(_distinct(names))
                    yield table if keep.all() else table.filter(pa.array(keep))
        self._refuse_skipped(len(names))
        if not any(text.startswith(LAST_ROW) for _, text, _ in self._skipped):
            raise ValueError(f"row {row - 1}: a quote is never closed")

    def _refuse_skipped(self, width: int) -> None:
        """Raises ValueError for a row that is malformed and not empty."""
        first = self._before + self.header + 1
        for number, text, received in self._skipped:
            if text.strip() and not text.startswith(LAST_ROW):
                fault = self._fault(text, received, width)
                raise ValueError(f"row {number - first}: {fault}")

    def _kept(self, table: Any) -> tuple[BoolArray, BoolArray]:
        """Returns masks of the rows to keep, and of the rows that are not text."""
        import pyarrow.compute as pc

        keep = np.zeros(len(table), dtype=bool)
        bad = np.zeros(len(table), dtype=bool)
        for column in table.columns:
            if not keep.all():
                keep |= pc.not_equal(column, "").to_numpy()
        for column in table.columns if self._recoder.has_nul else ():
            bad |= pc.match_substring(column, "\0").to_numpy()
        bad &= keep
        return keep & ~bad, bad

    def _names(self) -> list[str]:
        """Returns the names of the columns, read from the header if there is one."""
        self._before = 0
        if not self.header:
            names = list(self.names or ())
            self.limits.check_columns(len(names))
            return names
        while not (line := self.file.readline(self.limits.row_bytes)).strip():
            self._before += 1
        first, *rest = re.split(rb"[\r\n]", line, maxsplit=1)
        if not rest and len(line) == self.limits.row_bytes:
            raise ValueError(self.limits.long_row())
        # Before pyarrow makes a column of each.
        self.limits.check_columns(first.count(self.separator.encode()) + 1)
        return self._header()

    def _header(self) -> list[str]:
        # In memory: pyarrow reads ahead on a thread of its own, which would move the
        # file while its rows are read.
        self.file.seek(0)
        with self._open(io.BytesIO(self.file.read(self.limits.row_bytes))) as reader:
            names: list[str] = reader.schema.names
        if "\0" in "".join(names):
            raise ValueError(_BINARY)
        if self.names is not None and names != list(self.names):
            expected = self.separator.join(self.names)
            received = self.separator.join(names)[:80]
            raise ValueError(f"line 1 must be {expected}. Received: {received!r}")
        return names

    def _as_text(self, names: list[str]) -> Any:
        """Returns the options to read columns as strings."""
        import pyarrow as pa
        from pyarrow import csv

        return csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=list(self.wanted),
            null_values=[],
        )

    def _open(self, file: Any, width: int = 0, convert: Any = None) -> Any:
        import pyarrow as pa
        from pyarrow import csv

        self._recoder = Recoder(self.separator, width)
        self._skipped: list[tuple[int, str, int]] = []
        file.seek(0)
        return csv.open_csv(
            pa.TransformInputStream(pa.PythonFile(file, mode="r"), self._recoder),
            csv.ReadOptions(
                use_threads=False,  # with threads, pyarrow does not number the rows
                block_size=self.limits.row_bytes,
                column_names=None if self.header else list(self.names or ()),
                skip_rows=self._before,
            ),
            csv.ParseOptions(
                delimiter=self.separator if is_plain(self.separator) else FIELD_END,
                quote_char='"' if self.quotes else False,
                newlines_in_values=self.quotes,
                ignore_empty_lines=False,  # pyarrow would not number them
                invalid_row_handler=self._skip,
            ),
            convert,
        )

    def _skip(self, row: Any) -> str:
        self._skipped.append((row.number, row.text, row.actual_columns))
        return "skip"

    def _lines(self, table: Any, width: int) -> tuple[AnyArray, list[Fault]]:
        """The line of each row of the table, and the faults of the skipped rows."""
        import pyarrow.compute as pc

        first = self._before + self.header + 1
        number = len(table) + len(self._skipped)
        lines = np.arange(first, first + number)
        skipped = np.array([row[0] for row in self._skipped], dtype=int) - first
        rows = np.delete(np.arange(number), skipped)
        if self.quotes and first + number != self._recoder.line_ends + 3:
            ends = np.zeros(number, dtype=int)
            for place, (_, text, _) in zip(skipped, self._skipped, strict=True):
                ends[place] = len(re.findall(_LINE_END, text))
            for column in table.columns:
                ends[rows] += pc.count_substring_regex(column, _LINE_END).to_numpy()
            lines[1:] += np.cumsum(ends)[:-1]
        if not any(text.startswith(LAST_ROW) for _, text, _ in self._skipped):
            raise ValueError(f"the row in line {lines[-1]}: a quote is never closed")
        faults = [
            (int(line), self._fault(text, received, width))
            for line, (_, text, received) in zip(
                lines[skipped], self._skipped, strict=True
            )
            if text.strip() and not text.startswith(LAST_ROW)
        ]
        return lines[rows], faults

    def _fault(self, text: str, received: int, width: int) -> str:
        if "\0" in text:
            return _BINARY
        text = text.replace(FIELD_END, self.separator)
        return (
            f"must have {width} fields separated by {self.separator!r}. Received: "
            f"{received}, in {text[:40]!r}"
        )


@contextmanager
def _naming_long_rows(limits: Limits) -> Iterator[None]:
    """Explains pyarrow's error for a row that is longer than a block."""
    import pyarrow as pa

    try:
        yield
    except pa.ArrowInvalid as error:
        if "straddling" not in str(error):
            raise
        raise ValueError(limits.long_row()) from error


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number behind each that is not the first of its kind."""
    distinct: dict[str, None] = {}
    for name in names:
        copies = (f"{name}.{n}" for n in range(1, len(names)))
        distinct[next(n for n in chain([name], copies) if n not in distinct)] = None
    return list(distinct)
