"""Lists as LightGCN has them: `user item item ...` a line, all whole numbers."""

import codecs
from collections.abc import Sequence, Set
from pathlib import Path

import numpy as np

from tfrecs._base.files import file_kind, naming_file, open_text
from tfrecs._base.types import AnyArray
from tfrecs.data.readers._table import MalformedRows, Table, as_text


def read_lightgcn(path: str | Path) -> tuple[AnyArray, AnyArray]:
    """Reads lists as LightGCN has them: `user item item ...` a line, all whole numbers.

    A user without items is legal, and does not appear in what is returned.

    Args:
        path: a `.txt` file, or `.txt.gz`.

    Returns:
        The raw users and the raw items, each `[pairs]` int64.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if a line holds anything else.
    """
    file_kind(Path(path))
    table = read_lists(Path(path), (), frozenset())
    if table.malformed:
        raise ValueError(str(table.malformed))
    return table.frame["user_id"].to_numpy(), table.frame["item_id"].to_numpy()


def read_lists(path: Path, text: Sequence[str], leave_out: Set[int]) -> Table:
    """Reads lists as a table of `user_id` and `item_id`.

    Raises:
        ValueError: if the file is no text.
    """
    import pandas as pd

    users: list[int] = []
    items: list[int] = []
    lines: list[int] = []
    bad: list[tuple[int, str]] = []
    with naming_file(path), open_text(path) as file:
        for number, line in enumerate(file, start=1):
            if number in leave_out or not line.strip():
                continue
            try:
                user, liked = _list(line.removeprefix(codecs.BOM_UTF8), number)
            except ValueError as error:
                bad.append((number, str(error)))
                continue
            users.extend([user] * len(liked))
            items.extend(liked)
            lines.extend([number] * len(liked))
    frame = pd.DataFrame({"user_id": users, "item_id": items}, dtype=np.int64)
    return Table(
        as_text(frame, text), lambda: lines, MalformedRows.of(path, "line", bad)
    )


def _list(line: bytes, number: int) -> tuple[int, list[int]]:
    if line.translate(None, b"0123456789 \t\r\n"):
        raise ValueError(
            f"line {number} must be whole numbers and spaces, as in 'user item "
            f"item ...'. Received: {line[:40]!r}"
        )
    words = line.split()
    if max(map(len, words)) > 18:  # below, each is small enough
        for word in words:
            if len(word.lstrip(b"0")) > 19 or int(word) >= 2**63:
                raise ValueError(f"ids must be below 2**63. Received: {word[:40]!r}")
    user, *liked = map(int, words)
    return user, liked
