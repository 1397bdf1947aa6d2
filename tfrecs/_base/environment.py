"""The machine and the versions of packages, on which numbers depend."""

import os
import platform
from importlib import metadata
from typing import Any

import tfrecs

PACKAGES = (
    *("tensorflow", "keras", "numpy", "scipy"),
    *("lightfm-next", "implicit", "tensorflow-recommenders", "tf-keras"),
)
"""Packages whose versions are in the environment."""


def environment() -> dict[str, Any]:
    """Returns the machine, and the version of each package or None if it is missing."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "packages": {
            "tfrecs": tfrecs.__version__,
            **{p: _version(p) for p in PACKAGES},
        },
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
