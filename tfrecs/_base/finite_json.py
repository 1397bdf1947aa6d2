"""JSON of files that other people may have made, whose numbers are finite."""

import json
import math
from typing import Any


def read_json(text: str) -> Any:
    """Returns the value of a JSON text.

    Raises:
        ValueError: if it is not JSON, is nested too deeply, or has a number that no
            float holds, such as NaN, 1e400 or one of 400 digits.
    """
    try:
        return json.loads(
            text, parse_int=_whole, parse_float=_float, parse_constant=_float
        )
    except RecursionError as error:
        raise ValueError("must not be nested so deeply") from error


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"numbers must be finite. Received: {text[:40]}")
    return number


def _whole(text: str) -> int:
    _float(text)
    return int(text)
