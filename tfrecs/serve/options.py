"""The options of the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tfrecs._base.checks import check_at_least_zero, check_positive
from tfrecs._base.command_line import Parser, UsageError

KEY = "TFRECS_API_KEY"
"""The environment variable of the key that requests must have."""


@dataclass(frozen=True)
class Options:
    """Settings of the server.

    Args:
        bundle: the folder of the bundle.
        address: address to listen on.
        host: further names of the server that requests may address.
        port: port; 0 for a free one.
        queue: most requests that wait for an answer.
        batch: most requests that are answered at once.
        seconds: time limit of a request, its body included.
        body: most bytes of a body.
        watch: seconds between two checks for a new bundle.
        index: candidates of an approximate index of items, made for each bundle; 0 to
            score every item.
        api_key: key that requests must have; empty for none.
    """

    bundle: Path
    address: str = "127.0.0.1"
    host: tuple[str, ...] = ()
    port: int = 8000
    queue: int = 256
    batch: int = 64
    seconds: float = 10.0
    body: int = 2**18
    watch: float = 5.0
    index: int = 0
    api_key: str = ""


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> Options:
    """Parses the command line.

    Raises:
        UsageError: in one line.
    """
    parser = Parser(
        prog="python -m tfrecs.serve",
        description="Answers requests for recommendations from a bundle. A bundle that "
        "replaces it is loaded beside it and takes its place. Requests must have the "
        f"key in the environment variable {KEY}, if it is set.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--bundle", type=Path, required=True, metavar="FOLDER", help="a saved bundle")
    only = "address to listen on (%(default)s: only this machine can connect)"
    add("--address", default=Options.address, metavar="NAME", help=only)
    names = "a further name of the server, such as a proxy's; others are refused"
    add("--host", action="append", default=[], metavar="NAME", help=names)
    for name, kind, text in (
        ("port", int, "port, 0 for a free one"),
        ("queue", int, "most requests that wait; more get status 503"),
        ("batch", int, "most requests that are answered at once"),
        ("seconds", float, "time limit of a request"),
        ("body", int, "most bytes of a request's body"),
        ("watch", float, "seconds between two checks for a new bundle"),
        ("index", int, "candidates of an index of items, 0 to score every item"),
    ):
        default = getattr(Options, name)
        add(f"--{name}", type=kind, default=default, help=f"{text} (%(default)s)")
    values = vars(parser.parse_args(arguments))
    check_positive(**{name: values[name] for name in ("queue", "batch", "body")})
    check_at_least_zero(index=values["index"])
    if not 0 <= values["port"] < 2**16 or min(values["seconds"], values["watch"]) <= 0:
        raise UsageError("--port must be from 0 to 65535, and times above 0")
    values["host"] = tuple(values["host"])
    return Options(**values, api_key=environment.get(KEY, ""))
