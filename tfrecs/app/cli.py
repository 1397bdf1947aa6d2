"""The command line of `python -m tfrecs.app`: checks, then Streamlit's server."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tfrecs._base.command_line import INTERRUPTED, UsageError, check_installed, refuse
from tfrecs._base.server_names import allowed_hosts
from tfrecs.app.bundles import find_bundles
from tfrecs.app.options import Options, parse

SCRIPT = Path(__file__).with_name("streamlit_app.py")

SETTINGS = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",  # the page shows errors itself, in one line
    "client.toolbarMode": "minimal",
    "server.enableCORS": True,  # pages of other origins are refused
    "logger.level": "error",
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
}
"""Settings that override Streamlit's own configuration files."""


def main(arguments: Sequence[str]) -> int:
    """Serves the app until a signal stops it, and returns the exit status."""
    try:
        options = parse(arguments)
        check_installed("app", streamlit="streamlit", sklearn="scikit-learn")
        if options.images is not None and not Path(options.images).is_dir():
            raise UsageError(f"--images must be a folder: {options.images}")
        find_bundles(options.bundle)
        _serve(options, arguments)
    except (ValueError, OSError, OverflowError) as error:
        return refuse("tfrecs.app", error)
    except KeyboardInterrupt:  # before Streamlit handles signals
        pass
    return INTERRUPTED


def _serve(options: Options, arguments: Sequence[str]) -> None:
    """Runs Streamlit, which prints the address and tries other ports if it may."""
    from click import Abort
    from streamlit.web.cli import main as streamlit

    settings = {**SETTINGS, "server.address": options.address}
    if options.port is not None:
        settings["server.port"] = options.port
    if options.address in ("0.0.0.0", "::"):  # or Streamlit asks a web site for its IP
        settings["browser.serverAddress"] = "localhost"
    flags = [f"--{name}={value}" for name, value in settings.items()]
    hosts = allowed_hosts(options.address, options.host)
    flags += [f"--server.allowedHosts={host}" for host in hosts]
    with suppress(Abort):  # what click makes of Ctrl-C
        streamlit(["run", *flags, str(SCRIPT), "--", *arguments], standalone_mode=False)
