"""The options of `python -m tfrecs.bench stream`."""

from collections.abc import Sequence
from dataclasses import dataclass

from tfrecs._base.checks import check_fraction
from tfrecs._base.command_line import Parser, UsageError
from tfrecs.bench.options import (
    add_data,
    add_models,
    add_output,
    count,
)

MIN_RATING = 5.0
"""Where there are ratings: what people chose to praise."""


@dataclass(frozen=True)
class StreamOptions:
    """What was asked for on the command line; defaults are in `parse`."""

    dataset: str
    train: str | None
    user_col: str | None
    item_col: str | None
    rating_col: str | None
    time_col: str | None
    min_rating: float | None
    warm_up: float
    window: int
    models: tuple[str, ...] | None
    k: int
    include_seen: bool
    seed: int
    every: int
    resume: bool
    logdir: str
    json: str | None
    list: bool


def parse(arguments: Sequence[str]) -> StreamOptions:
    """Reads the command line.

    Raises:
        UsageError: with one line that says what is wrong.
    """
    parser = Parser(
        prog="python -m tfrecs.bench stream",
        description="Starts every model from a batch of events, lets it predict each "
        "later event before it learns it, and prints how good that was.",
        allow_abbrev=False,
    )
    data = add_data(parser, "ml-1m")
    data.add_argument(
        "--min-rating",
        type=float,
        metavar="X",
        help=f"rating of an event that counts (default: {MIN_RATING:g}, where there "
        "are ratings)",
    )
    data.add_argument(
        "--warm-up",
        type=float,
        default=0.2,
        metavar="SHARE",
        help="of the events, the first ones, to start from (%(default)s)",
    )
    run = parser.add_argument_group("run")
    add_models(run)
    run.add_argument(
        "--window",
        type=count,
        default=5000,
        metavar="N",
        help="latest events of moving averages, and of recent popularity (%(default)s)",
    )
    run.add_argument(
        "--k", type=count, default=10, metavar="K", help="cut-off (%(default)s)"
    )
    run.add_argument(
        "--include-seen", action="store_true", help="rank a user's past items as well"
    )
    run.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of what is random"
    )
    run.add_argument(
        "--resume", action="store_true", help="go on with a run that was interrupted"
    )
    run.add_argument(
        "--every",
        type=count,
        default=10_000,
        metavar="N",
        help="events between two checkpoints (%(default)s)",
    )
    add_output(parser)
    options = StreamOptions(**vars(parser.parse_args(arguments)))
    try:
        check_fraction(**{"--warm-up": options.warm_up})
    except ValueError as error:
        raise UsageError(f"{error} Try --help.") from error
    if options.seed < 0:
        raise UsageError(f"--seed must be at least 0, not {options.seed}. Try --help.")
    return options
