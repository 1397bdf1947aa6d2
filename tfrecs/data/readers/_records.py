"""The rows of a text file one by one, with their lines: slow, to find what is wrong.

Whole files are read by compiled parsers. What these refuse is gone through here, so
that the message can tell the line, and so that the other rows can be kept.
"""

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple, TypeAlias

NOT_TEXT = "must be text in UTF-8. Received: {}. Save it as UTF-8."


class Record(NamedTuple):
    """One row: its first line (from 1), its bytes, and its fields or what is wrong."""

    line: int
    raw: bytes
    fields: list[str]
    fault: str = ""


Split: TypeAlias = Callable[[Iterable[bytes]], Iterator[Record]]
"""Takes the lines of a file, gives its records; empty lines are none."""


def unquoted(separator: str, encoding: str = "utf-8") -> Split:
    """Records of one line each, in which quotes are characters like others."""

    def split(file: Iterable[bytes]) -> Iterator[Record]:
        for number, raw in enumerate(_lines(file), start=1):
            if not raw.strip(b"\r\n"):
                continue
            fault = _fault(raw, encoding)
            text = "" if fault else raw.decode(encoding).rstrip("\r\n")
            yield Record(number, raw, text.split(separator), fault)

    return split


def quoted(separator: str) -> Split:
    """Records as CSV has them: a field in quotes may hold separators and line ends.

    A quote that is never closed takes the rest of the file with it, so that is no
    malformed row but a ValueError.
    """

    def split(file: Iterable[bytes]) -> Iterator[Record]:
        taken: list[bytes] = []
        # Any bytes are decoded; those that are not UTF-8 are told by `_fault`.
        texts = chain((_kept(raw, taken) for raw in _lines(file)), (_END,))
        line = 1
        try:
            for fields in csv.reader(texts, delimiter=separator):
                if fields == [_END]:
                    return
                if fields and fields[-1].endswith(_END):
                    raise csv.Error("a quote is never closed, EOF inside string")
                raw = b"".join(taken)
                if len(fields) > 1 or raw.strip(b" \t\r\n"):
                    yield Record(line, raw, fields, _fault(raw, "utf-8"))
                line += len(taken)
                taken.clear()
        except csv.Error as error:
            raise ValueError(f"the row in line {line}: {error}") from error

    return split


_END = "\0end"
"""What no text holds, as a last line: a quote that is still open takes it in."""


def width_fault(record: Record, width: int) -> str:
    """What is wrong with a record that must have that many fields."""
    if record.fault or len(record.fields) == width:
        return record.fault
    if len(record.fields) > width:
        return (
            f"Expected {width} fields in line {record.line}, saw "
            f"{len(record.fields)}: more fields than the first line"
        )
    return (
        f"line {record.line} must have {width} fields, as the first has. Received: "
        f"{len(record.fields)}"
    )


def _lines(file: Iterable[bytes]) -> Iterator[bytes]:
    """Lines that end in LF, CRLF or CR, without the signature of UTF-8."""
    for number, line in enumerate(file):
        text = line if number else line.removeprefix(codecs.BOM_UTF8)
        yield from text.splitlines(keepends=True)


def _kept(raw: bytes, taken: list[bytes]) -> str:
    taken.append(raw)
    return raw.decode("utf-8", "surrogateescape")


def _fault(raw: bytes, encoding: str) -> str:
    if b"\0" in raw:
        return NOT_TEXT.format("binary data")
    try:
        raw.decode(encoding)
    except UnicodeDecodeError as error:
        return NOT_TEXT.format(error)
    return ""
