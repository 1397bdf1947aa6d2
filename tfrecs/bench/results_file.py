"""The JSON file of a run: its environment, and how it is written."""

import json
import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from tfrecs._base.files import replaced_when_whole

PACKAGES = (
    *("tfrecs", "tensorflow", "keras", "numpy", "scipy"),
    *("lightfm-next", "implicit", "tensorflow-recommenders", "tf-keras"),
)
"""Packages whose versions are in the environment."""


def check_output(logdir: str, json: str | None) -> None:
    """Raises OSError before the run if its results could not be written."""
    Path(logdir).mkdir(parents=True, exist_ok=True)
    if json is not None:
        folder = Path(json).resolve().parent
        folder.mkdir(parents=True, exist_ok=True)
        if Path(json).is_dir() or not os.access(folder, os.W_OK):
            raise OSError(f"`json` must be a file that can be written: {json}")


def environment(command: str) -> dict[str, Any]:
    """Returns the `environment` of the JSON file."""
    return {
        "command": command,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def write_json(path: str | Path, content: Mapping[str, Any]) -> None:
    """Writes a JSON file atomically."""
    with replaced_when_whole(Path(path)) as partial:
        partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
