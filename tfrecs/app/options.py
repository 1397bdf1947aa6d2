"""The command line's options."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from tfrecs._base.command_line import Parser


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line; defaults are in `parse`."""

    bundle: tuple[str, ...]
    address: str
    port: int | None
    images: str | None
    image_col: str
    title_col: str
    genres_col: str


def parse(arguments: Sequence[str]) -> Options:
    """Reads the command line.

    Raises:
        UsageError: with one line that says what is wrong.
    """
    parser = Parser(
        prog="python -m tfrecs.app",
        description="Shows what models recommend, side by side, in the browser. "
        "Without --bundle it first trains two small models on MovieLens 100K.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--bundle",
        action="append",
        default=[],
        metavar="FOLDER",
        help="a bundle that Recommender.save wrote, or a folder of bundles, such as "
        "logs/RUN/bundles of the bench; give it again for more",
    )
    _add_server(parser.add_argument_group("server"))
    _add_looks(parser.add_argument_group("items"))
    given = vars(parser.parse_args(arguments))
    return Options(**{**given, "bundle": tuple(given["bundle"])})


def _add_server(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--port",
        type=_port,
        metavar="N",
        help="port to listen at (default: 8501, or the next that is free)",
    )
    group.add_argument(
        "--address",
        default="localhost",
        metavar="NAME",
        help="address to listen at (%(default)s: this machine alone)",
    )


def _add_looks(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--images",
        metavar="FOLDER",
        help="pictures of items: the files that the image column names, or else files "
        "named after the item's id",
    )
    for what in ("image", "title", "genres"):
        group.add_argument(
            f"--{what}-col",
            default=what,
            metavar="NAME",
            help=f"column of the items' features that holds the {what} (%(default)s)",
        )


def _port(text: str) -> int:
    if not text.strip().isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(
            f"expected a port from 1 to 65535, not {text!r}"
        )
    return int(text)
