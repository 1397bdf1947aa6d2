"""`python -m tfrecs.serve.monitoring`: what a server answered, by day.

The log of `python -m tfrecs.serve` has lines of the event "answers", sums of several
recommendations. A day of UTC has these scalars of TensorBoard, under `answers/`:

- `number`: lists of recommendations.
- `unknown users`: the share of lists for users that the model did not know.
- `unknown items`: the share of places of lists whose item the bundle does not have, as
  after it was replaced. These places do not count below.
- `coverage`: the share of the bundle's items that were in a list.
- `popularity`: the mean interactions in the training data of an item in a place.
- `best score`: the mean score of the first places, by the model.
- `score drift`: (best score - mean) / standard deviation, where both are of the best
  scores of up to 1,000 users of the bundle.

A value without data, such as the best score of a day of unknown users, is left out. The
step is the number of days since 1970, and the wall time is the day.
"""

import math
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.command_line import RAN, Parser, refuse
from tfrecs._base.finite_json import read_json

if TYPE_CHECKING:
    from tfrecs.inference.recommender import Recommender
    from tfrecs.serve.reranking import Served

FIRST = date(1970, 1, 1)
USERS = 1000
"""Most users whose best scores a bundle is compared by."""


@dataclass
class Day:
    """Sums of the lists of one day: lists, and how often each item was in one.

    `best_scores` is the sum of the first scores of the `scored` lists, which are the
    ones by the model.
    """

    answers: int = 0
    unknown_users: int = 0
    scored: int = 0
    best_scores: float = 0.0
    items: Counter[int | str] = field(default_factory=Counter)

    def add(self, line: Mapping[str, Any]) -> None:
        """Adds the sums of a line; raises ValueError if the server did not write it."""
        try:
            counts = [line[name] for name in ("answers", "unknown_users", "scored")]
            best, items = line["best_scores"], [(id_, n) for id_, n in line["items"]]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"lacks sums of answers: {error!r}") from error
        wrong = [n for n in [*counts, *(n for _, n in items)] if not _is_count(n)]
        wrong += [id_ for id_, _ in items if type(id_) not in (int, str)]
        wrong += [] if type(best) in (int, float) else [best]
        if wrong:
            raise ValueError(f"has a value of another kind: {wrong[0]!r:.60}")
        self.answers += counts[0]
        self.unknown_users += counts[1]
        self.scored += counts[2]
        self.best_scores += best
        for id_, number in items:
            self.items[id_] += number


def days_of(lines: Iterable[str]) -> dict[date, Day]:
    """Sums the lines of a log by day, in order; lines of other events are ignored.

    Raises:
        ValueError: for a line of answers that the server did not write.
    """
    found: dict[date, Day] = {}
    for number, text in enumerate(lines, start=1):
        if '"answers"' not in text:
            continue
        try:
            line = read_json(text)
            if not isinstance(line, dict) or line.get("event") != "answers":
                continue
            day = datetime.fromtimestamp(line["time"], UTC).date()
            found.setdefault(day, Day()).add(line)
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            raise ValueError(f"Line {number} of the log: {error}") from error
    return dict(sorted(found.items()))


def best_scores(served: "Served") -> tuple[float, float]:
    """Returns mean and standard deviation of the best scores of a bundle's users.

    They are NaN for a ranker that reads the context of requests.
    """
    from tfrecs.inference.second_stage.reranked import first_stage

    if getattr(served, "context", None):
        return math.nan, math.nan
    known = first_stage(served).train.users.ids
    some = np.linspace(0, len(known) - 1, min(USERS, len(known))).astype(int)
    scores = served.recommend(known[some], k=1)["score"].to_numpy(np.float64)
    return float(scores.mean()), float(scores.std())


def scalars_of(
    day: Day, recommender: "Recommender", expected: tuple[float, float]
) -> dict[str, float]:
    """Returns the values of a day by their names, as the text above defines them.

    Args:
        day: the sums.
        recommender: the bundle that answered.
        expected: its `best_scores`.
    """
    train, (mean, deviation) = recommender.train, expected
    indices = train.items.index(list(day.items))
    shown = np.array(list(day.items.values()), dtype=np.float64)
    known = indices >= 0
    places = shown[known].sum()
    counts = train.item_counts[indices[known]]
    best = _ratio(day.best_scores, day.scored)
    found = {
        "number": float(day.answers),
        "unknown users": _ratio(day.unknown_users, day.answers),
        "unknown items": _ratio(shown.sum() - places, shown.sum()),
        "coverage": np.count_nonzero(shown[known]) / train.num_items,
        "popularity": _ratio(float(shown[known] @ counts), places),
        "best score": best,
        "score drift": _ratio(best - mean, deviation),
    }
    return {name: value for name, value in found.items() if not math.isnan(value)}


def write(folder: Path, values: Mapping[date, Mapping[str, float]]) -> list[date]:
    """Writes days to a run of TensorBoard, and returns them.

    Days that the run has with the same values are left out, so that a log may be read
    again while it grows.

    Raises:
        ValueError: if no file can be written in the folder.
    """
    from tfrecs.callbacks.board.events import EventWriter, last_scalars, scalars

    events, there = EventWriter(folder), last_scalars(folder)
    written = []
    for day, of_day in values.items():
        step = (day - FIRST).days
        tagged = {f"answers/{n}": float(np.float32(x)) for n, x in of_day.items()}
        if tagged != there.get(step):
            midnight = datetime(*day.timetuple()[:3], tzinfo=UTC).timestamp()
            events.write(step, scalars(tagged), wall_time=midnight)
            written.append(day)
    return written


def main(arguments: Sequence[str]) -> int:
    """Writes the days of logs, prints them, and returns the exit status."""
    parser = Parser(
        prog="python -m tfrecs.serve.monitoring",
        description="Writes coverage, popularity, unknown ids and scores of the lists "
        "that a server answered, by day, for TensorBoard.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--log", nargs="+", required=True, metavar="FILE", help="logs of the server")
    add("--bundle", required=True, metavar="FOLDER", help="the bundle that it serves")
    add("--logdir", required=True, metavar="FOLDER", help="the run of TensorBoard")
    try:
        options = parser.parse_args(arguments)
        days = days_of(_lines(options.log))
        from tfrecs.inference.second_stage.reranked import first_stage, load_stages

        served = load_stages(options.bundle)
        recommender, expected = first_stage(served), best_scores(served)
        values = {
            day: scalars_of(sums, recommender, expected) for day, sums in days.items()
        }
        written = write(Path(options.logdir), values)
    except (ValueError, TypeError, OSError) as error:
        return refuse("tfrecs.serve.monitoring", error)
    for day, of_day in values.items():
        print(day, *(f"{name} {value:.4g}" for name, value in of_day.items()), sep="  ")
    print(f"{options.logdir}: {len(written)} of {len(values)} days are new")
    return RAN


def _lines(paths: Iterable[str]) -> Iterable[str]:
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as file:
            yield from file


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _ratio(above: float, below: float) -> float:
    return above / below if below else math.nan


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up notes
    sys.exit(main(sys.argv[1:]))
