"""Texts without the folders of the machine."""

import re
from collections.abc import Iterable
from pathlib import Path

_FOLDERS = re.compile(
    r"(?<![\w.:/])(?:~|[A-Za-z]:)?(?:[/\\][^/\\\s:'\"]+)*[/\\](?=\w|\.)"
)


def without_folders(text: str, roots: Iterable[str | Path] = ()) -> str:
    """Returns a text with the last name alone of each absolute path.

    Args:
        text: such as the message of an error.
        roots: folders whose names may have spaces, which are removed first.
    """
    for root in sorted((str(Path(root).absolute()) for root in roots), key=len)[::-1]:
        text = text.replace(f"{Path(root).parent}/", "")
    return _FOLDERS.sub("", text)
