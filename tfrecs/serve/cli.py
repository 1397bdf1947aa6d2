"""The command line of `python -m tfrecs.serve`."""

import os
from collections.abc import Sequence

from tfrecs._base.command_line import RAN, check_installed, refuse
from tfrecs.serve.options import Options, parse

SECONDS_TO_STOP = 30
"""Most seconds in which requests are answered after SIGTERM."""


def main(arguments: Sequence[str]) -> int:
    """Serves a bundle until a signal stops it, and returns the exit status."""
    try:
        options = parse(arguments, os.environ)
        check_installed(
            "serve",
            fastapi="fastapi",
            uvicorn="uvicorn",
            prometheus_client="prometheus-client",
        )
        if options.index:
            check_installed("ann", usearch="usearch")
        _serve(options)
    except (ValueError, TypeError, OSError) as error:
        return refuse("tfrecs.serve", error)
    return RAN


def _serve(options: Options) -> None:
    import uvicorn

    from tfrecs.serve.current import Current
    from tfrecs.serve.logs import log_to_stderr
    from tfrecs.serve.routes import application

    log_to_stderr()
    uvicorn.run(
        application(options, Current(options.bundle, options.index)),
        host=options.address,
        port=options.port,
        access_log=False,  # the gate logs requests, without ids and addresses
        log_level="warning",
        server_header=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=SECONDS_TO_STOP,
    )
