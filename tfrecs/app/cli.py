"""The command line of `python -m tfrecs.app`."""

from collections.abc import Sequence
from pathlib import Path

from tfrecs._base.command_line import INTERRUPTED, UsageError, check_installed, refuse
from tfrecs.app.bundles import find_bundles
from tfrecs.app.options import parse
from tfrecs.app.server import free_port, serve


def main(arguments: Sequence[str]) -> int:
    """Shows the app until it is stopped, and gives the exit status."""
    try:
        options = parse(arguments)
        check_installed("app", streamlit="streamlit", sklearn="scikit-learn")
        if options.images is not None and not Path(options.images).is_dir():
            raise UsageError(f"--images must be a folder: {options.images}")
        find_bundles(options.bundle)
        port = free_port(options.address, options.port)
    except (UsageError, ValueError, OSError) as error:
        return refuse("tfrecs.app", error)
    try:
        serve(options.address, port, arguments)
    except KeyboardInterrupt:  # before the server listens to signals itself
        pass
    return INTERRUPTED
