"""The server that shows the page: Streamlit's, which asks nothing of other machines."""

import errno
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from tfrecs._base.command_line import UsageError

FIRST_PORT, LAST_PORT = 8501, 8600
"""The ports that are tried where none is asked for."""

NO_IPV6 = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""What machines without it say, where names may have such addresses all the same."""

SCRIPT = Path(__file__).with_name("script.py")

SETTINGS = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",  # what is wrong is said in the page, in one line
    "client.toolbarMode": "minimal",
    "logger.hideWelcomeMessage": True,
    "logger.level": "error",
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
}
"""Of Streamlit, whatever its own configuration files say."""


def free_port(address: str, asked: int | None) -> int:
    """Gives the port that was asked for, or the first that is free.

    Raises:
        UsageError: if it is in use, or all are, or the address is not this machine's.
    """
    tried = [asked] if asked is not None else [*range(FIRST_PORT, LAST_PORT + 1)]
    for port in tried:
        try:
            _bind(address, port)
        except socket.gaierror as error:
            raise UsageError(
                f"--address must be one of this machine: {address}"
            ) from error
        except OSError as error:
            reason = error.strerror
        else:
            return port
    where = f"port {asked}" if asked else f"each port from {FIRST_PORT} to {LAST_PORT}"
    raise UsageError(
        f"cannot listen at {where} of {address}: {reason}. Choose another by --port."
    )


def serve(address: str, port: int, arguments: Sequence[str]) -> None:
    """Serves the page until a signal stops it.

    Args:
        address: to listen at.
        port: to listen at.
        arguments: the command line, which the page reads again.
    """
    from streamlit.web import bootstrap

    settings = {**SETTINGS, "server.address": address, "server.port": port}
    bootstrap.load_config_options(settings)
    Thread(target=_tell_when_ready, args=(address, port), daemon=True).start()
    bootstrap.run(str(SCRIPT), False, list(arguments), settings)


def _bind(address: str, port: int) -> None:
    """Raises OSError if nothing can listen there, at one of the name's addresses."""
    for kind, _, _, _, place in socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    ):
        try:
            _bind_one(kind, place)
        except OSError as error:
            if kind != socket.AF_INET6 or error.errno not in NO_IPV6:
                raise


def _bind_one(kind: int, place: Any) -> None:
    with socket.socket(kind, socket.SOCK_STREAM) as tried:
        if sys.platform != "win32":  # there it would take a port that is in use
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if kind == socket.AF_INET6:
            tried.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        tried.bind(place)


def _tell_when_ready(address: str, port: int) -> None:
    """Prints where the page is, once something answers there."""
    shown = "localhost" if address in ("0.0.0.0", "::") else address
    while True:
        with suppress(OSError), socket.create_connection((shown, port), timeout=1):
            break
        time.sleep(0.05)
    host = f"[{shown}]" if ":" in shown else shown
    print(f"Open http://{host}:{port} in a browser; Ctrl-C ends.", flush=True)
