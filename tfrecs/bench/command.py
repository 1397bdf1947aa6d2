"""What the command lines of the bench share: where they write, and the environment."""

import os
import platform
import shlex
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = (
    *("tfrecs", "tensorflow", "keras", "numpy", "scipy"),
    *("lightfm-next", "implicit", "tensorflow-recommenders", "tf-keras"),
)
"""What a report tells the versions of."""


def check_output(logdir: str, json: str | None) -> None:
    """Raises OSError before hours of training whose results could not be written."""
    Path(logdir).mkdir(parents=True, exist_ok=True)
    if json is not None:
        folder = Path(json).resolve().parent
        folder.mkdir(parents=True, exist_ok=True)
        if Path(json).is_dir() or not os.access(folder, os.W_OK):
            raise OSError(f"--json must be a file that can be written: {json}")


def environment(command: Sequence[str]) -> dict[str, Any]:
    """The `environment` of a JSON file."""
    return {
        "command": shlex.join(command),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
