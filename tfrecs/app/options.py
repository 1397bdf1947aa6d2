"""The options of the command line."""

from collections.abc import Sequence
from dataclasses import dataclass

from tfrecs._base.command_line import Parser


@dataclass(frozen=True)
class Options:
    """The parsed command line; `parse` holds the defaults."""

    bundle: tuple[str, ...]
    address: str
    port: int | None
    host: tuple[str, ...]
    images: str | None
    image_col: str
    title_col: str
    genres_col: str


def parse(arguments: Sequence[str]) -> Options:
    """Parses the command line.

    Raises:
        UsageError: in one line.
    """
    parser = Parser(
        prog="python -m tfrecs.app",
        description="Shows the recommendations of several models side by side in the "
        "browser. Without --bundle it first trains two small models on MovieLens 100K.",
        allow_abbrev=False,
    )
    _add_options(parser)
    values = vars(parser.parse_args(arguments))
    lists = {name: tuple(values[name]) for name in ("bundle", "host")}
    return Options(**{**values, **lists})


def _add_options(parser: Parser) -> None:
    parser.add_argument(
        "--bundle",
        action="append",
        default=[],
        metavar="FOLDER",
        help="a bundle that Recommender.save wrote, or a folder of bundles, such as "
        "logs/RUN/bundles of the bench; repeat it for more",
    )
    server = parser.add_argument_group("server")
    server.add_argument(
        "--port", type=int, metavar="N", help="port (default: 8501, or the next free)"
    )
    server.add_argument(
        "--address",
        default="localhost",
        metavar="NAME",
        help="address to listen on (%(default)s: only this machine can connect)",
    )
    server.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="NAME",
        help="a further name of the server, such as a proxy's; others are refused",
    )
    items = parser.add_argument_group("items")
    items.add_argument(
        "--images",
        metavar="FOLDER",
        help="pictures of items: files that the image column names, or files named "
        "after the item's id",
    )
    for column in ("image", "title", "genres"):
        items.add_argument(
            f"--{column}-col",
            default=column,
            metavar="NAME",
            help=f"column of the item features that holds the {column} (%(default)s)",
        )
