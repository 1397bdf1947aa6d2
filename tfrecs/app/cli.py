"""The command line of `python -m tfrecs.app`."""

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tfrecs.app.bundles import find_bundles
from tfrecs.app.options import UsageError, parse
from tfrecs.app.server import free_port, serve

BAD_USAGE, INTERRUPTED = 2, 130
"""Exit statuses: bad usage or data; stopped by the user."""

NEEDED = {"streamlit": "streamlit", "sklearn": "scikit-learn"}
"""What the page imports, and what it is called when it is installed."""


def main(arguments: Sequence[str]) -> int:
    """Shows the app until it is stopped, and gives the exit status."""
    try:
        options = parse(arguments)
        _check_installed()
        if options.images is not None and not Path(options.images).is_dir():
            raise UsageError(f"--images must be a folder: {options.images}")
        find_bundles(options.bundle)
        port = free_port(options.address, options.port)
    except (UsageError, ValueError, OSError) as error:
        print(f"tfrecs.app: {' '.join(str(error).split())}", file=sys.stderr)
        return BAD_USAGE
    try:
        serve(options.address, port, arguments)
    except KeyboardInterrupt:  # before the server listens to signals itself
        pass
    return INTERRUPTED


def _check_installed() -> None:
    """Raises UsageError for the first package that is not there."""
    for module, name in NEEDED.items():
        if find_spec(module) is None:
            raise UsageError(f"{name} is not installed: pip install 'tfrecs[app]'")
