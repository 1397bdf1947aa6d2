"""Rows of delimited text, parsed by pyarrow into columns of strings.

pyarrow passes each row with too few or too many fields to a function. All other rows
become strings, which the readers convert a column at a time.
"""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.files import Bytes
from tfrecs._base.types import AnyArray
from tfrecs.data.readers._table import Fault

if TYPE_CHECKING:
    import pandas as pd

NOT_TEXT = "must be text in UTF-8. Received: {}. Save it as UTF-8."

_BINARY = NOT_TEXT.format("binary data or another encoding")
_MEGABYTES = 4
_FIELD_END = "\x1f"  # replaces "::", since pyarrow takes only one character
_LINE_END = "\r\n?|\n"
_LAST_ROW = "\0last row"  # appended: a quote that is never closed swallows it

codecs.register_error("tfrecs.nul", lambda error: ("\0", getattr(error, "end", 0)))


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
        file: the file, opened by `open_text`.
        separator: a character, "::", or " " for any spaces and tabs.
        names: the names of the columns; None to read them from the header.
        header: whether the first line holds the names.
        wanted: the columns to read, all by default.
        quotes: whether fields may be in double quotes, as in CSV.
        encoding: of the text.
    """

    file: Bytes
    separator: str
    names: Sequence[str] | None = None
    header: bool = True
    wanted: Sequence[str] = ()
    quotes: bool = False
    encoding: str = "utf-8"

    @property
    def _is_plain(self) -> bool:
        return len(self.separator) == 1 and self.separator != " "

    def read(self) -> TextRows:
        """Reads the file.

        Raises:
            ValueError: if the header is not text or not `names`, a quote is never
                closed, or a row is longer than 4 MB.
        """
        import pandas as pd
        import pyarrow as pa
        import pyarrow.compute as pc

        self._before = 0
        while self.header and not self.file.readline().strip():
            self._before += 1
        try:
            names = self._header() if self.header else list(self.names or ())
            table = self._table(names)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error):
                raise
            raise ValueError(
                f"each row must have at most {_MEGABYTES} MB. Received: a longer one. "
                "Is a quote never closed?"
            ) from error
        lines, faults = self._lines(table, len(names))
        keep = np.zeros(len(table), dtype=bool)
        for column in table.columns:
            if not keep.all():
                keep |= pc.not_equal(column, "").to_numpy()
        if self.has_nul:
            for column in table.columns:
                bad = pc.match_substring(column, "\0").to_numpy() & keep
                faults += [(int(line), _BINARY) for line in lines[bad]]
                keep &= ~bad
        if not keep.all():
            table, lines = table.filter(pa.array(keep)), lines[keep]
        return TextRows(table, pd.Index(lines, dtype=np.int64), faults)

    def _header(self) -> list[str]:
        with self._open() as reader:
            names: list[str] = reader.schema.names
        if "\0" in "".join(names):
            raise ValueError(_BINARY)
        if self.names is not None and names != list(self.names):
            expected = self.separator.join(self.names)
            received = self.separator.join(names)[:80]
            raise ValueError(f"line 1 must be {expected}. Received: {received!r}")
        return names

    def _table(self, names: list[str]) -> Any:
        """The fields of the rows that are as wide as `names`, as strings."""
        import pyarrow as pa
        from pyarrow import csv

        convert = csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=list(self.wanted),
            null_values=[],
        )
        with self._open(len(names), convert) as reader:
            table = reader.read_all()
        return table if self.wanted else table.rename_columns(_distinct(names))

    def _open(self, width: int = 0, convert: Any = None) -> Any:
        import pyarrow as pa
        from pyarrow import csv

        self.has_nul, self.line_ends = False, 0
        self._skipped: list[tuple[int, str, int]] = []
        self.file.seek(0)
        return csv.open_csv(
            pa.TransformInputStream(
                pa.PythonFile(self.file, mode="r"), _Recoder(self, width)
            ),
            csv.ReadOptions(
                use_threads=False,  # with threads, pyarrow does not number the rows
                block_size=_MEGABYTES * 2**20,
                column_names=None if self.header else list(self.names or ()),
                skip_rows=self._before,
            ),
            csv.ParseOptions(
                delimiter=self.separator if self._is_plain else _FIELD_END,
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
        if self.quotes and first + number != self.line_ends + 3:
            ends = np.zeros(number, dtype=int)
            for place, (_, text, _) in zip(skipped, self._skipped, strict=True):
                ends[place] = len(re.findall(_LINE_END, text))
            for column in table.columns:
                ends[rows] += pc.count_substring_regex(column, _LINE_END).to_numpy()
            lines[1:] += np.cumsum(ends)[:-1]
        if not any(text.startswith(_LAST_ROW) for _, text, _ in self._skipped):
            raise ValueError(f"the row in line {lines[-1]}: a quote is never closed")
        faults = [
            (int(line), self._fault(text, received, width))
            for line, (_, text, received) in zip(
                lines[skipped], self._skipped, strict=True
            )
            if text.strip() and not text.startswith(_LAST_ROW)
        ]
        return lines[rows], faults

    def _fault(self, text: str, received: int, width: int) -> str:
        if "\0" in text:
            return _BINARY
        text = text.replace(_FIELD_END, self.separator)
        return (
            f"must have {width} fields separated by {self.separator!r}. Received: "
            f"{received}, in {text[:40]!r}"
        )


class _Recoder:
    """Recodes the bytes of a file for pyarrow, with NUL for bytes that are no text."""

    def __init__(self, parser: Parser, width: int) -> None:
        self.parser, self.separator = parser, parser.separator
        self.at_start = True
        encoding = parser.encoding.replace("utf-8", "utf-8-sig")
        self.decode = codecs.getincrementaldecoder(encoding)("tfrecs.nul").decode
        field_end = self.separator if parser._is_plain else _FIELD_END
        self.end = f"\n{_LAST_ROW}" + field_end * (width == 1)
        self.rest = ""

    def __call__(self, data: Any) -> bytes:
        """Recodes some bytes. No bytes are the end of the file."""
        text = self.decode(bytes(data), not len(data))
        if self.separator == " ":
            text = self._without_spaces(text, is_last=not len(data))
        elif len(self.separator) > 1:
            text = self.rest + text.replace(_FIELD_END, "\0")
            text = text.replace(self.separator, _FIELD_END)
            cut = len(data) and text.endswith(self.separator[0])
            self.rest = self.separator[0] if cut else ""
            text = text.removesuffix(self.rest)
        self.parser.has_nul |= "\0" in text
        self.parser.line_ends += text.count("\n")
        if not len(data):
            text, self.end = text + self.end, ""
        return text.encode()

    def _without_spaces(self, text: str, is_last: bool) -> str:
        """Returns text with one separator for spaces, and none around lines."""
        text = self.rest + text.replace(_FIELD_END, "\0")
        kept = text if is_last else text.rstrip()
        self.rest = text[len(kept) :]
        kept = re.sub(r"[ \t]*([\r\n])[ \t]*", r"\1", kept)
        if self.at_start or is_last:
            kept = kept.strip(" \t")
        self.at_start &= not kept
        return re.sub(r"[ \t]+", _FIELD_END, kept)


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number behind each that is not the first of its kind."""
    distinct: list[str] = []
    for name in names:
        copies = (f"{name}.{n}" for n in range(1, len(names)))
        distinct.append(next(n for n in (name, *copies) if n not in distinct))
    return distinct
