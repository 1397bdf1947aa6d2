"""Options of ranking runs, and the options of both kinds of run."""

import argparse
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, get_args

from tfrecs._base.command_line import Parser, UsageError
from tfrecs.data.raw import Duplicates
from tfrecs.data.readers import Malformed

COLUMNS = ("user_col", "item_col", "rating_col", "time_col")
"""Arguments of `read_interactions` that name columns."""

FORM = ("format", "separator", "encoding", "header", "time_format")
"""Arguments of `read_interactions` that say how a file is written."""

READING = (*COLUMNS, *FORM, "id_type", "malformed", "duplicates")
"""Arguments of `read_interactions`."""

METADATA = ("weight_col", "items", "users", "item_title", "k_core")
"""Arguments of `load_problem` for more of the data, and for the part that is kept."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parses the command line of a ranking run.

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
    data, run = add_shared(parser, "ml-100k", "training items")
    add = data.add_argument
    add("--test", metavar="FILE", help="held-out interactions")
    split = "how test data are held out, such as temporal; --list names all"
    add("--split", metavar="NAME", help=split)
    add("--min-rating", type=float, metavar="X", help="lowest rating of a positive")
    _add_own_data(add)
    add = run.add_argument
    metrics = "cut-offs of metrics"
    add("--k", type=_cutoffs, default=(5, 10), metavar="5,10", help=metrics)
    add("--seeds", type=count, default=1, metavar="N", help="runs of each model")
    epochs = "epochs of training (default: chosen on validation data)"
    add("--epochs", type=count, metavar="N", help=epochs)
    limit = "minutes of all rows together; inf for no limit (default: 10 on large data)"
    add("--minutes", type=_minutes, metavar="M", help=limit)
    resume = "folder of a run to go on with; beside it only --minutes and --json"
    add("--resume", metavar="FOLDER", help=resume)
    store = "URI where each row is logged too, such as sqlite:///mlflow.db"
    add("--mlflow", metavar="URI", help=store)
    _add_tuning(parser)
    options = parser.parse_args(arguments)
    if options.tune is None and options.trials is not None:
        parser.error("--trials needs --tune")
    for name in ("seeds", "epochs", "minutes", "recipes", "mlflow"):
        if options.tune is not None and getattr(options, name) not in (None, 1):
            parser.error(f"--{name} does not go with --tune")
    return options


def _add_own_data(add: Callable[..., Any]) -> None:
    """Adds the options of weights, metadata and the part that is kept."""
    weight = "column of weights in --train, which baselines do not use"
    add("--weight-col", metavar="NAME", help=weight)
    for side in ("items", "users"):
        what = f"your own {side}: a file with their ids, and features for hybrids"
        add(f"--{side}", metavar="FILE", help=what)
    title = "column of titles in --items (default: title, name, ...)"
    add("--item-title", metavar="NAME", help=title)
    core = "least number of positives of each user and item; others are left out"
    add("--k-core", type=count, metavar="N", help=core)


def _add_tuning(parser: argparse.ArgumentParser) -> None:
    """Adds the options of tuned settings."""
    add = parser.add_argument_group("tuning").add_argument
    tune = "tune each model for so long; the same command goes on after a kill"
    add("--tune", type=_minutes, metavar="MINUTES", help=tune)
    add("--trials", type=count, metavar="N", help="most trials of each model")
    recipes = "settings of rows, as written by --tune"
    add("--recipes", metavar="FILE", help=recipes)


def resumed(options: argparse.Namespace, arguments: Sequence[str]) -> Any:
    """Returns the options of a run that is resumed, by its arguments.

    Minutes and a JSON file come from `options`, where others must be left out.

    Raises:
        UsageError: if the arguments are wrong, or `options` has others.
    """
    found, free = parse(arguments), ("resume", "minutes", "json")
    defaults = vars(parse([]))
    if any(getattr(options, n) != x for n, x in defaults.items() if n not in free):
        raise UsageError(
            "--resume takes the options of the run; beside it only --minutes and --json"
        )
    if found.tune is not None:
        raise UsageError("--resume is not for a run with --tune: repeat its command")
    if options.minutes is not None:
        found.minutes = options.minutes
    found.resume, found.json = options.resume, options.json
    return found


def add_shared(
    parser: argparse.ArgumentParser, dataset: str, seen: str
) -> tuple[argparse._ArgumentGroup, argparse._ArgumentGroup]:
    """Adds the options of both kinds of run; returns the groups of data and run.

    They differ in the default data set, and in the seen items that rankings exclude.
    """
    data = parser.add_argument_group("data")
    data.add_argument("--dataset", default=dataset, help="name (default: %(default)s)")
    data.add_argument(
        "--train",
        metavar="FILE",
        help="your own interactions: a text table, Parquet, JSON, .xlsx, or .txt with "
        "a user and its items on each line; also in .gz or .zip",
    )
    for name in COLUMNS:
        option, what = f"--{name.replace('_', '-')}", name.removesuffix("_col")
        data.add_argument(option, metavar="NAME", help=f"column of {what}s")
    _add_form(data)
    types = "ids as they are written, or numbers (007 is 7)"
    data.add_argument("--id-type", choices=("text", "integer"), help=types)
    malformed = "what to do with malformed rows (default: error)"
    data.add_argument("--malformed", choices=get_args(Malformed), help=malformed)
    repeated = "what to keep of a repeated pair (default: last)"
    data.add_argument("--duplicates", choices=get_args(Duplicates), help=repeated)
    run = parser.add_argument_group("run")
    rows = "models and baselines (default: by the data)"
    run.add_argument("--models", type=_names, metavar="A,B", help=rows)
    run.add_argument(
        "--include-seen",
        dest="exclude_seen",
        action="store_false",
        help=f"rank {seen} as well",
    )
    add = parser.add_argument_group("output").add_argument
    logs = "folder of runs, for TensorBoard (%(default)s)"
    add("--logdir", default="logs", metavar="DIR", help=logs)
    add("--json", metavar="FILE", help="write the results there as well")
    add("--list", action="store_true", help="list names and stop")
    return data, run


def _add_form(data: argparse._ArgumentGroup) -> None:
    """Adds the options of files whose content does not say how they are written."""
    add = data.add_argument
    add("--format", metavar="NAME", help="such as csv or lists (default: the suffix)")
    add("--separator", metavar="CHARACTER", help="of fields (default: found)")
    add("--encoding", metavar="NAME", help="of text (default: found)")
    header = "the first line holds no names of columns"
    add("--no-header", dest="header", action="store_false", default=None, help=header)
    add("--time-format", metavar="FORMAT", help="of dates, such as %%d/%%m/%%Y")


def data_arguments(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Returns the options that both kinds of run read data by, and others by name.

    Options that are not set keep the default of their argument.
    """
    shared = ("dataset", "train", "min_rating", "k", "exclude_seen")
    every = {name: getattr(options, name) for name in (*shared, *READING, *names)}
    return {name: value for name, value in every.items() if value is not None}


def reworded(error: Exception, options: argparse.Namespace) -> UsageError:
    """Returns an error about Python's arguments as one about options."""
    message = str(error).replace("exclude_seen=False", "--include-seen")
    message = message.replace("header=False", "--no-header")
    message = message.replace('malformed="skip"', "--malformed skip")
    message = message.replace("in `weights`", "in --weight-col")
    message = message.replace('load_dataset("synthetic")', "--dataset synthetic")
    for name in vars(options):
        argument = rf"`?\b{name}\b`?" if "_" in name else f"`{name}`"
        message = re.sub(argument, f"--{name.replace('_', '-')}", message)
    return UsageError(message)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if not all(names):
        raise argparse.ArgumentTypeError(
            f"expected names joined by commas, not {text!r}"
        )
    return names


def _cutoffs(text: str) -> tuple[int, ...]:
    return tuple(sorted({count(part) for part in text.split(",")}))


def _minutes(text: str) -> float:
    """Parses a positive number of minutes, which may be infinite."""
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not minutes > 0:
        raise argparse.ArgumentTypeError(f"expected minutes above 0, not {text!r}")
    return minutes


def count(text: str) -> int:
    """Parses a whole number of at least 1."""
    if not text.strip().isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least 1, not {text!r}"
        )
    return int(text)
