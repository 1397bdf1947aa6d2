"""The JSON file of a run: where it can be written, and how."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfrecs._base.files import replaced_when_whole


def check_output(logdir: str, json: str | None) -> None:
    """Raises OSError before the run if its results could not be written."""
    Path(logdir).mkdir(parents=True, exist_ok=True)
    if json is not None:
        folder = Path(json).resolve().parent
        folder.mkdir(parents=True, exist_ok=True)
        if Path(json).is_dir() or not os.access(folder, os.W_OK):
            raise OSError(f"`json` must be a file that can be written: {json}")


def write_json(path: str | Path, content: Mapping[str, Any]) -> None:
    """Writes a JSON file atomically."""
    with replaced_when_whole(Path(path)) as partial:
        partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
