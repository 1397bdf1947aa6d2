"""Names of a server that requests may address."""

import socket
from collections.abc import Iterable
from contextlib import suppress

LOCAL = ("localhost", "127.0.0.1", "::1")
ANY = ("0.0.0.0", "::", "")
"""Addresses that listen to every network."""


def allowed_hosts(address: str, more: Iterable[str] = ()) -> list[str]:
    """Returns the names of the server that requests may address.

    Other names are refused: a page of a stranger may have a name of its own that
    resolves to this machine, and with it the same origin as the server.

    Args:
        address: address that the server listens on.
        more: further names, such as that of a proxy.
    """
    names = [*LOCAL, *more]
    if address in ANY:
        own = socket.gethostname()
        names += [own, socket.getfqdn()]
        with suppress(OSError):
            names += [str(found[4][0]) for found in socket.getaddrinfo(own, None)]
        with suppress(OSError), socket.socket(type=socket.SOCK_DGRAM) as outward:
            outward.connect(("192.0.2.1", 9))  # sends nothing
            names.append(outward.getsockname()[0])
    elif address not in LOCAL:
        names.append(address)
    return [*dict.fromkeys(names)]
