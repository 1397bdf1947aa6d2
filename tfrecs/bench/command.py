"""What the command lines of the bench share: statuses, checks, and the environment."""

import os
import platform
import shlex
import sys
from collections.abc import Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tfrecs.bench.options import UsageError

RAN, FAILED, BAD_USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses: all models ran; one failed; bad usage or data; stopped by the user."""

PACKAGES = (
    *("tfrecs", "tensorflow", "keras", "numpy", "scipy"),
    *("lightfm-next", "implicit", "tensorflow-recommenders", "tf-keras"),
)
"""What a report tells the versions of."""


def refuse(program: str, error: Exception) -> int:
    """Says in one line what is wrong with the usage or the data; gives the status."""
    print(f"{program}: {' '.join(str(error).split())}", file=sys.stderr)
    return BAD_USAGE


def check_installed(*packages: str) -> None:
    """Raises UsageError for the first package that is not there."""
    for name in packages:
        if find_spec(name) is None:
            raise UsageError(f"{name} is not installed: pip install 'tfrecs[bench]'")


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
