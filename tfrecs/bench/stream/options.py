"""Options of `python -m tfrecs.bench stream`."""

import argparse
from collections.abc import Sequence

from tfrecs._base.command_line import Parser
from tfrecs.bench.options import add_shared, count
from tfrecs.bench.stream.problem import MIN_RATING


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parses the command line of a stream run.

    Raises:
        UsageError: with one line that says what is wrong.
    """
    parser = Parser(
        prog="python -m tfrecs.bench stream",
        description="Starts every model from a batch of events, lets it predict each "
        "later event before it learns it, and prints how good that was.",
        allow_abbrev=False,
    )
    data, run = add_shared(parser, "ml-1m", "a user's past items")
    rating = (
        f"lowest rating of an event (default: {MIN_RATING:g}, if there are ratings)"
    )
    data.add_argument("--min-rating", type=float, metavar="X", help=rating)
    share = "share of the events to start from (%(default)s)"
    data.add_argument("--warm-up", type=float, default=0.2, metavar="X", help=share)
    for name, default, help in (
        ("window", 5000, "latest events of moving averages, and of recent popularity"),
        ("k", 10, "cut-off"),
        ("every", 10_000, "events between two checkpoints"),
    ):
        run.add_argument(
            f"--{name}",
            type=count,
            default=default,
            metavar="N",
            help=f"{help} (%(default)s)",
        )
    seed = "seed of random draws (%(default)s)"
    run.add_argument("--seed", type=int, default=0, metavar="N", help=seed)
    resume = "continue a run that was interrupted"
    run.add_argument("--resume", action="store_true", help=resume)
    return parser.parse_args(arguments)
