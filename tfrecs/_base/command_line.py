"""What command lines share: exit statuses, errors in one line, what must be there."""

import argparse
import sys
from importlib.util import find_spec
from typing import NoReturn

RAN, FAILED, BAD_USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses: all went well; some failed; bad usage or data; stopped by the user."""


class UsageError(ValueError):
    """The command line cannot be understood, or not be done here."""


class Parser(argparse.ArgumentParser):
    """Raises what is wrong, instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Raises UsageError."""
        raise UsageError(f"{message}. Try --help.")


def refuse(program: str, error: Exception) -> int:
    """Says in one line what is wrong with the usage or the data; gives the status."""
    print(f"{program}: {' '.join(str(error).split())}", file=sys.stderr)
    return BAD_USAGE


def check_installed(extra: str, **packages: str) -> None:
    """Raises UsageError for the first package that is not there.

    Args:
        extra: of tfrecs, which installs them.
        packages: modules, each with the name that it is installed under.
    """
    for module, name in packages.items():
        if find_spec(module) is None:
            raise UsageError(f"{name} is not installed: pip install 'tfrecs[{extra}]'")
