"""Opens a file for its content: decompressed, of one member of an archive, as UTF-8."""

import codecs
import gzip
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

from tfrecs._base.files import limited
from tfrecs._base.limits import LIMITS, Limits
from tfrecs.data.readers._progress import ReportingFile

_BUFFER = 2**20
_CHUNK = 2**22
_MOST_IN_MEMORY = 2**26

GUESSED = ("latin-1", "cp1252")
"""Encodings that a file may be found to have, though any bytes are text in them."""

_BINARY = "must be text. Received: binary data. If it is text, pass its `encoding`."
_CONTROLS = re.compile(r"[\0-\x08\x0e-\x1f\x7f]")
_UNDEFINED = re.compile("[\udc81\udc8d\udc8f\udc90\udc9d]")
_ALONE = re.compile("[\udc80-\udcff]")
_LETTER = (
    "[\udc8a\udc8c\udc8e\udc92\udc9a\udc9c\udc9e\udc9f"
    "\udcc0-\udcd6\udcd8-\udcf6\udcf8-\udcff]"
)
"""Bytes that are letters in Windows-1252, or the apostrophe."""

_IN_WORD = re.compile(f"(?<=[A-Za-z]){_LETTER}|{_LETTER}(?=[A-Za-z])")
_BY_CHANCE = 100
"""Letters of Latin-1 for each pair of them that happens to be a character in UTF-8."""


@contextmanager
def opened(path: Path, limits: Limits = LIMITS) -> Iterator[tuple[str, Any]]:
    """Yields the name of the table in a file, and its bytes, decompressed.

    Raises:
        ValueError: if a zip file holds several tables, is damaged or has a password, or
            the content is larger than the limits allow.
    """
    suffix = path.suffix.lower()
    with io.BufferedReader(ReportingFile(path), _BUFFER) as file:
        if suffix == ".gz":
            with gzip.open(file, "rb") as unzipped:
                yield path.name[:-3], limited(unzipped, path.stat().st_size, limits)
        elif suffix == ".zip":
            with _member(file, limits) as (name, member):
                yield name, member
        else:
            yield path.name, file


@contextmanager
def _member(file: BinaryIO, limits: Limits) -> Iterator[tuple[str, Any]]:
    """Yields the name and the bytes of the one table in a zip file."""
    try:
        with zipfile.ZipFile(file) as archive:
            tables = [m for m in archive.infolist() if _is_table(m)]
            if len(tables) != 1:
                names = ", ".join(m.filename[:60] for m in tables[:10]) or "none"
                raise ValueError(
                    f"a zip file must hold one table. Received: {names}. Unpack it, "
                    "and read one of its files."
                )
            member = tables[0]
            limits.check_unpacked(member.file_size, member.compress_size)
            with archive.open(member) as unpacked:
                yield Path(member.filename).name, unpacked
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ValueError(
            f"must be a whole zip file without a password. Received: {error}"
        ) from error


def _is_table(member: zipfile.ZipInfo) -> bool:
    parts = Path(member.filename).parts
    hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
    return not (member.is_dir() or hidden or Path(member.filename).suffix == ".md")


@contextmanager
def as_utf8(file: Any, encoding: str | None = None) -> Iterator[tuple[Any, str]]:
    """Yields the bytes of a text file in UTF-8, and the encoding that it has.

    Args:
        file: the bytes, from their start.
        encoding: of the text; by default it is found: by a mark, by the zeros of
            UTF-16, or by what is no UTF-8.

    Raises:
        ValueError: if the file is empty or not text, or not in the encoding.
    """
    if not file.read(2**16).strip():
        raise ValueError("must not be empty. Received: no text")
    file.seek(0)
    found = encoding or find_encoding(file)
    file.seek(0)
    if found in ("utf-8", "utf-8-sig"):
        yield file, found
        return
    with SpooledTemporaryFile(max_size=_MOST_IN_MEMORY) as recoded:
        try:
            decoder = codecs.getincrementaldecoder(found)()
            while chunk := file.read(_CHUNK):
                recoded.write(decoder.decode(chunk).encode())
            recoded.write(decoder.decode(b"", True).encode())
        except LookupError as error:
            raise ValueError(
                f'`encoding` must be one of Python, such as "latin-1". Received: '
                f"{found!r}"
            ) from error
        except UnicodeError as error:
            raise ValueError(
                f"must be text in {found}. Received: {error}. Pass another `encoding`."
            ) from error
        recoded.seek(0)
        yield recoded, found


def find_encoding(file: Any) -> str:
    """Returns the encoding of a file of text.

    Bytes that are no UTF-8 are Latin-1, or Windows-1252, which adds characters to it,
    if most of them are letters beside ASCII letters, as in names, and characters of
    UTF-8 are at most as frequent as by chance. Otherwise the file is in UTF-8, and the
    bytes are damaged: their rows are malformed.
    """
    start = file.read(2**16)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    nuls, lines = start.count(b"\0"), start.count(b"\n")
    if 2 * nuls > lines or b"\0" in start.partition(b"\n")[0]:
        odd, even = start[1::2].count(b"\0"), start[::2].count(b"\0")
        if min(odd, even) * 10 > max(odd, even) or max(odd, even) * 8 < len(start):
            raise ValueError(_BINARY)
        return "utf-16-le" if odd > even else "utf-16-be"
    file.seek(0)
    return _without_mark(file)


def _without_mark(file: Any) -> str:
    """Returns "utf-8", "latin-1" or "cp1252" by the characters of the whole file."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    alone: Counter[str] = Counter()
    in_words = characters = 0
    while chunk := file.read(_CHUNK):
        end = b"\n" if len(chunk) < _CHUNK else b""  # of a last, cut character
        text = decoder.decode(chunk + end)
        if text.isascii():
            continue
        found = _ALONE.findall(text)
        alone.update(found)
        in_words += len(_IN_WORD.findall(text))
        characters += len(text) - len(text.encode("ascii", "ignore")) - len(found)
        if characters and not alone:
            return "utf-8"
    if 2 * in_words <= alone.total() or in_words <= _BY_CHANCE * characters:
        return "utf-8"
    file.seek(0)
    start = file.read(2**16).decode("latin-1")
    if _CONTROLS.search(start) or _UNDEFINED.search("".join(alone)):
        return "utf-8"  # in which these are malformed
    plain = min(alone) >= "\udca0" and not characters
    return "latin-1" if plain else "cp1252"


def lines_of(file: Any, limits: Limits) -> Iterator[bytes]:
    """Yields the lines of a file; raises ValueError for one that is too long."""
    while line := file.readline(limits.row_bytes + 1):
        if len(line) > limits.row_bytes:
            raise ValueError(limits.long_row())
        yield line


def text_lines(file: Any, most: int = 200) -> list[str]:
    """Returns the first lines that are not empty, and goes back to the start.

    Lines that are not text are malformed, and say nothing of the others: of them only
    the first is returned, which may be a header.
    """
    file.seek(0)
    start = file.read(2**18)
    file.seek(0)
    text = (
        start.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    )
    lines = text.split("\n")
    if len(start) == 2**18 and len(lines) > 1:
        lines.pop()  # cut short
    lines = [line for line in lines if line.strip()][:most]
    if not lines:
        raise ValueError("must not be empty. Received: no text")
    others = [line for line in lines[1:] if not {"\0", "\ufffd"} & set(line)]
    return [lines[0], *others]


def is_array(file: Any) -> bool:
    """Returns whether a file of JSON is one array, and goes back to the start."""
    start = file.read(2**16).removeprefix(codecs.BOM_UTF8).lstrip()
    file.seek(0)
    return bool(start.startswith(b"["))


def in_memory(file: Any) -> io.BytesIO:
    """Returns the bytes of a file as another one, which allows any access."""
    return io.BytesIO(file.read())
