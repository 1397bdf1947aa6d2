"""Lists in the format of LightGCN: `user item item ...` a line, all whole numbers."""

import codecs
from collections.abc import Iterable

import numpy as np

from tfrecs.data.readers._form import Form
from tfrecs.data.readers._table import Fault, Table

LIST_COLUMNS = ("user_id", "item_id")
"""The columns of lists, which have no header."""


def read_lists(lines: Iterable[bytes], form: Form) -> Table:
    """Reads lists as a table of `user_id` and `item_id`."""
    import pandas as pd

    users: list[int] = []
    items: list[int] = []
    places: list[int] = []
    faults: list[Fault] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            user, liked = _list(line.removeprefix(codecs.BOM_UTF8))
        except ValueError as error:
            faults.append((number, str(error)))
            continue
        users.extend([user] * len(liked))
        items.extend(liked)
        places.extend([number] * len(liked))
    pairs = dict(zip(LIST_COLUMNS, (users, items), strict=True))
    return Table(pd.DataFrame(pairs, index=places, dtype=np.int64), faults, form=form)


def _list(line: bytes) -> tuple[int, list[int]]:
    if line.translate(None, b"0123456789 \t\r\n"):
        raise ValueError(
            "must be whole numbers and spaces, as in 'user item item ...'. Received: "
            f"{line[:40]!r}"
        )
    words = line.split()
    if max(map(len, words)) > 18:  # below, each is small enough
        for word in words:
            if len(word.lstrip(b"0")) > 19 or int(word) >= 2**63:
                raise ValueError(f"ids must be below 2**63. Received: {word[:40]!r}")
    user, *liked = map(int, words)
    return user, liked
