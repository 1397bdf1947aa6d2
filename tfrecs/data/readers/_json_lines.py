"""Tables in JSON lines: an object a line, whose keys are the columns."""

import json
from pathlib import Path
from typing import Any

from tfrecs._base.files import naming_file, open_text
from tfrecs.data.readers._table import Fault, Table
from tfrecs.data.readers._text import NOT_TEXT


def read_json_lines(path: Path) -> Table:
    """Reads JSON lines; a key that a line lacks is a missing value.

    Numbers and text keep their type: 1 and "1" are two ids.

    Raises:
        ValueError: if the file is not text.
    """
    import pandas as pd

    rows: dict[int, dict[str, Any]] = {}
    faults: list[Fault] = []
    with naming_file(path), open_text(path) as file:
        for number, raw in enumerate(file, start=1):
            try:
                if raw.strip():
                    rows[number] = _object(raw)
            except ValueError as error:
                faults.append((number, str(error)))
        # As objects, since a missing value would make floats of whole numbers.
        frame = pd.DataFrame(list(rows.values()), index=list(rows), dtype=object)
    return Table(frame, faults)


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
