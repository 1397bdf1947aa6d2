"""Tables in JSON: an object a line, or an array of objects; keys are the columns."""

import codecs
import json
from collections.abc import Iterable
from typing import Any

from tfrecs.data.readers._form import Form
from tfrecs.data.readers._table import Fault, Table, Unit
from tfrecs.data.readers._text import NOT_TEXT


def read_json_lines(lines: Iterable[bytes], form: Form) -> Table:
    """Reads JSON lines; a key that a line lacks is a missing value.

    Numbers and text keep their type: 1 and "1" are two ids.

    Raises:
        ValueError: if there are too many keys.
    """
    rows: dict[int, dict[str, Any]] = {}
    faults: list[Fault] = []
    for number, raw in enumerate(lines, start=1):
        try:
            if raw.strip():
                rows[number] = _object(raw)
        except ValueError as error:
            faults.append((number, str(error)))
    return _table(rows, faults, form)


def read_array(file: Any, form: Form) -> Table:
    """Reads an array of JSON objects, which are counted from 0.

    Raises:
        ValueError: if it is not JSON.
    """
    try:
        read = json.loads(file.read().removeprefix(codecs.BOM_UTF8))
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"must be an array of JSON objects. Received: {error}. JSON lines have no "
            "brackets around them."
        ) from error
    rows, faults = {}, []
    for number, row in enumerate(read):
        if isinstance(row, dict):
            rows[number] = row
        else:
            faults.append((number, f"must be a JSON object. Received: {row!r:.40}"))
    return _table(rows, faults, form, unit="row")


def _table(
    rows: dict[int, dict[str, Any]],
    faults: list[Fault],
    form: Form,
    unit: Unit = "line",
) -> Table:
    import pandas as pd

    # As objects, since a missing value would make floats of whole numbers.
    form.limits.check_columns(len({key for row in rows.values() for key in row}))
    frame = pd.DataFrame(list(rows.values()), index=list(rows), dtype=object)
    return Table(frame, faults, unit, form=form)


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
