"""Tables in JSON lines: an object a line, whose keys are the columns."""

import json
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any

from tfrecs._base.files import naming_file, open_text
from tfrecs.data.readers._records import NOT_TEXT
from tfrecs.data.readers._table import MalformedRows, Table, as_text


def read_json_lines(path: Path, text: Sequence[str], leave_out: Set[int]) -> Table:
    """Reads JSON lines; a key that a line lacks is a missing value.

    Numbers and texts stay what they are: 1 and "1" are two ids.

    Raises:
        ValueError: if the file is no text.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    bad: list[tuple[int, str]] = []
    with naming_file(path), open_text(path) as file:
        for number, raw in enumerate(file, start=1):
            if number in leave_out or not raw.strip():
                continue
            try:
                rows.append(_object(raw))
                lines.append(number)
            except ValueError as error:
                bad.append((number, str(error)))
        frame = as_text(pd.DataFrame(rows), text)
    return Table(frame, lambda: lines, MalformedRows.of(path, "line", bad))


def _object(raw: bytes) -> dict[str, Any]:
    try:
        read = json.loads(raw.decode("utf-8-sig"))
        if rb"\ud" in raw.lower():  # half a character, which no text can hold
            json.dumps(read, ensure_ascii=False).encode()
    except UnicodeError as error:
        raise ValueError(NOT_TEXT.format(error)) from error
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"must be a JSON object. Received: {raw[:40]!r} ({error})"
        ) from error
    if not isinstance(read, dict):
        raise ValueError(f"must be a JSON object. Received: {raw[:40]!r}")
    return read
