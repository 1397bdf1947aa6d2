"""The required outcome of reading a spoiled file, checked without the reader."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

from tfrecs.data.datasets import Dataset
from tfrecs.data.interactions import Interactions
from tfrecs.data.readers import read_interactions
from tfrecs.data.reading import Reading

_ENCODINGS = ("cp1252", "utf-16-le", "utf-16-be")
"""What a file may be in besides UTF-8 and Latin-1."""


class Failure(Exception):
    """What a reader must never do."""


def content(read: Any) -> tuple[Any, ...]:
    """What was read, as plain values, in an order that does not matter."""
    if isinstance(read, tuple):
        read = read[0]
    data = read.interactions if isinstance(read, Dataset) else read
    columns = [data.users.ids[data.user_ids], data.items.ids[data.item_ids]]
    columns += [c for c in (data.ratings, data.timestamps) if c is not None]
    rows = list(zip(*(c.tolist() for c in columns), strict=True))
    features = [f for f in (data.user_features, data.item_features) if f is not None]
    return (rows, *(f.astype("string").to_csv() for f in features))


def text_of(files: dict[str, bytes]) -> str:
    """All that stands in the files, as text."""
    parts = []
    for name, data in files.items():
        try:
            plain = gzip.decompress(data) if name.endswith(".gz") else data
        except Exception:  # a reader that reads this nevertheless will be found out
            plain = b""
        parts += [plain.decode("utf-8", "surrogateescape"), plain.decode("latin-1")]
        parts += [plain.decode(name, "ignore") for name in _ENCODINGS]
    return "\n".join(parts)


def occurs(id_: Any, text: str, numbers: set[float]) -> bool:
    """Whether an id stands in the text, however it is spelled there."""
    if isinstance(id_, bool | int | float):
        return str(id_) in text or float(id_) in numbers or str(id_).lower() in text
    text += _unescaped(text)
    bare = text.replace('"', "")  # as CSV has it: "a"b is ab, and """" is one quote
    return id_.replace('"', "") in bare or json.dumps(id_)[1:-1] in text


def _unescaped(text: str) -> str:
    r"""The text with JSON's escapes, such as \u0077 for a w, as what they stand for."""
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)


def check_ids(data: Interactions, text: str) -> None:
    """Raises Failure for an id that was read and stands in none of the files."""
    found = re.findall(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", text)
    numbers = set(map(float, found))
    for ids in (data.users.ids[data.user_ids], data.items.ids[data.item_ids]):
        for id_ in set(ids.tolist()):
            if not occurs(id_, text, numbers):
                raise Failure(f"the id {id_!r} does not stand in the file")


def check_skipped(path: Path, read: tuple[Any, Any]) -> None:
    """Compares with reading strictly, and with the file without the malformed lines."""
    data, malformed = read
    reason, strict = "", None
    try:
        strict = content(read_interactions(path))
    except ValueError as error:
        reason = str(error)
    if malformed is None:
        if strict != content(data):
            raise Failure(f"nothing was skipped, but read strictly it gives {reason!r}")
        return
    if not reason.startswith(str(malformed)):
        raise Failure(f"skipped {malformed!s}, but read strictly it gives {reason!r}")
    clean = _without(path, malformed.places)
    if clean is None:
        return
    try:
        if content(read_interactions(clean, **_form(data.source))) != content(data):
            raise Failure("without the malformed lines the file gives something else")
    finally:
        clean.unlink()


def _form(source: Reading) -> dict[str, Any]:
    """The form that a file was read in, which its malformed lines help to find."""
    if source.format == "lists":
        return {"format": "lists", "encoding": source.encoding}
    names = ("separator", "encoding", "header")
    return {name: getattr(source, name) for name in names}


def _without(path: Path, places: tuple[int, ...]) -> Path | None:
    """The file without those lines; None where its rows have none or several."""
    kind = Path(path.name.removesuffix(".gz")).suffix
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    is_array, is_utf16 = raw.lstrip().startswith(b"["), b"\0" in raw
    is_json = kind in (".jsonl", ".ndjson", ".json")
    if kind == ".parquet" or is_array or is_utf16 or (b'"' in raw and not is_json):
        return None
    lf_alone = kind in (".jsonl", ".ndjson", ".json", ".txt", ".lists")
    ends = rb"(?<=\n)" if lf_alone else rb"(?<=\n)|(?<=\r)(?!\n)"
    kept = [line for n, line in enumerate(re.split(ends, raw), 1) if n not in places]
    clean = path.with_name(f"clean{kind}")
    clean.write_bytes(b"".join(kept))
    return clean


def check_refusal(error: Exception, folder: Path, harmless: bool) -> None:
    """Raises Failure unless it is of a right kind, of one line that names the place."""
    message = str(error)
    if type(error) not in (ValueError, FileNotFoundError):
        raise Failure(f"{type(error).__name__}: {message[:300]}") from error
    if (
        len(message.splitlines()) != 1
        or str(folder) not in message
        or len(message) > 3000
    ):
        raise Failure(f"not one line that names the file: {message[:300]!r}") from error
    if harmless:
        raise Failure(f"refused what changes nothing: {message[:300]!r}") from error
