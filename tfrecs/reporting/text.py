"""Any value as one line of clean text."""

import re
from typing import Any

LONGEST = 300
"""Characters of a text; the rest is cut."""


_UNSHOWN = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")


def clean(value: Any) -> str:
    """Returns a value as one line of text; "" if it is missing.

    Control characters and unpaired surrogates become the replacement character, as in a
    browser.
    """
    import pandas as pd

    if not isinstance(value, str | int):  # quick for many titles
        if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
            return ""
    text = f"{value:g}" if isinstance(value, float) else f"{value}"
    text = _UNSHOWN.sub("\ufffd", text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def id_text(value: Any) -> str:
    """Returns a raw id as text, with all digits of a number, so that ids differ."""
    return clean(f"{value:.17g}" if isinstance(value, float) else value)
