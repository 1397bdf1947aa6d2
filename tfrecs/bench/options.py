"""The command line's options."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from tfrecs._base.command_line import Parser, UsageError


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line; defaults are in `parse`."""

    dataset: str
    train: str | None
    test: str | None
    user_col: str | None
    item_col: str | None
    rating_col: str | None
    time_col: str | None
    models: tuple[str, ...] | None
    split: str | None
    min_rating: float | None
    k: tuple[int, ...]
    seeds: int
    epochs: int | None
    include_seen: bool
    logdir: str
    json: str | None
    list: bool


def parse(arguments: Sequence[str]) -> Options:
    """Reads the command line.

    Raises:
        UsageError: with one line that says what is wrong.
    """
    parser = Parser(
        prog="python -m tfrecs.bench",
        description="Trains every model and baseline on one data set and prints their "
        "ranking metrics.",
        epilog="To predict and learn event by event instead: "
        "python -m tfrecs.bench stream --help",
        allow_abbrev=False,
    )
    data = add_data(parser, "ml-100k")
    data.add_argument("--test", metavar="FILE", help="held-out interactions")
    data.add_argument("--split", metavar="NAME", help="how test data are held out")
    data.add_argument(
        "--min-rating", type=float, metavar="X", help="rating that counts as positive"
    )
    run = parser.add_argument_group("run")
    add_models(run)
    run.add_argument(
        "--k",
        type=_cutoffs,
        default=(5, 10),
        metavar="5,10",
        help="cut-offs of metrics",
    )
    run.add_argument(
        "--seeds", type=count, default=1, metavar="N", help="runs of each model"
    )
    run.add_argument(
        "--epochs",
        type=count,
        metavar="N",
        help="passes over the training data (default: chosen on validation data)",
    )
    run.add_argument(
        "--include-seen", action="store_true", help="rank training items as well"
    )
    add_output(parser)
    given = vars(parser.parse_args(arguments))
    if given["test"] and not given["train"]:
        raise UsageError("--test needs --train, the file to learn from. Try --help.")
    return Options(**given)


def add_data(parser: argparse.ArgumentParser, dataset: str) -> argparse._ArgumentGroup:
    """Adds the options that name the data; gives their group."""
    data = parser.add_argument_group("data")
    data.add_argument("--dataset", default=dataset, help="name (default: %(default)s)")
    data.add_argument(
        "--train",
        metavar="FILE",
        help="your own interactions: .csv, .tsv, .parquet, .jsonl, .dat, .rating, or "
        ".txt with a user and its items on each line",
    )
    for side in ("user", "item", "rating", "time"):
        data.add_argument(f"--{side}-col", metavar="NAME", help=f"column of {side}s")
    return data


def add_models(run: argparse._ArgumentGroup) -> None:
    """Adds the option that names rows."""
    run.add_argument(
        "--models",
        type=_names,
        metavar="A,B",
        help="models and baselines (default: all)",
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say what is written, and where."""
    out = parser.add_argument_group("output")
    out.add_argument(
        "--logdir", default="logs", metavar="DIR", help="for TensorBoard (%(default)s)"
    )
    out.add_argument("--json", metavar="FILE", help="write the results there as well")
    out.add_argument("--list", action="store_true", help="list names and stop")


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if not all(names):
        raise argparse.ArgumentTypeError(
            f"expected names joined by commas, not {text!r}"
        )
    return names


def _cutoffs(text: str) -> tuple[int, ...]:
    return tuple(sorted({count(part) for part in text.split(",")}))


def count(text: str) -> int:
    """Reads a whole number of at least 1."""
    if not text.strip().isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least 1, not {text!r}"
        )
    return int(text)
