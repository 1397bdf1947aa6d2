"""Shared parts of the command lines: exit statuses, errors, installed packages."""

import argparse
import sys
from importlib.util import find_spec
from typing import NoReturn

RAN, FAILED, BAD_USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses: success; a failure; bad usage or data; stopped by the user."""


class UsageError(ValueError):
    """The command line is wrong, or a package that it needs is not installed."""


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Raises UsageError."""
        raise UsageError(f"{message}. Try --help.")


def refuse(program: str, error: Exception) -> int:
    """Prints an error of usage or data in one line, and returns the exit status."""
    print(f"{program}: {' '.join(str(error).split())}", file=sys.stderr)
    return BAD_USAGE


def check_installed(extra: str, **packages: str) -> None:
    """Raises UsageError for the first package that is missing.

    Args:
        extra: the extra of tfrecs that installs the packages.
        packages: the name of each package on PyPI, by the name of its module.
    """
    for module, name in packages.items():
        if find_spec(module) is None:
            raise UsageError(f"{name} is not installed: pip install 'tfrecs[{extra}]'")
