"""Two processes on one bundle, and eight threads on one recommender.

Two processes replace a bundle while a third loads it: each load must be one of the
bundles that were saved, and one is left at the end. Threads read a recommender while
one learns: each answer must be whole, each checkpoint must load, and the end must equal
that of one thread. Threads on a trained model must answer as one does.

    python benchmarks/faults/together.py --json benchmarks/results/faults.json
"""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _processes import Table, choose, forked, parser

import tfrecs
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.streaming import IncrementalRecommender, ItemItem, Ridge, load, save

THREADS = 8


def recommender(number: int) -> Any:
    data = make_synthetic(60, 40, seed=0, interactions_per_user=8).interactions
    model = tfrecs.build_mf(data.num_users, data.num_items)
    return tfrecs.Recommender(model, data, metrics={"number": number})


def write(folder: Path, number: int, seconds: float) -> None:
    """Saves for a time; the standard output has the numbers of what held and failed."""
    made = recommender(number)
    repeat(lambda: made.save(folder, overwrite=True, durable=False), seconds)


def read(folder: Path, seconds: float) -> None:
    """Loads for a time."""

    def once() -> None:
        number = tfrecs.load(folder).metrics["number"]
        if number not in (1, 2):
            raise ArithmeticError(f"another bundle, {number}")

    repeat(once, seconds)


def repeat(act: Callable[[], Any], seconds: float) -> None:
    held, failures, end = 0, [], time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            act()
            held += 1
        except Exception as error:
            failures.append(f"{type(error).__name__}: {error}"[:200])
    print(json.dumps([held, failures]), flush=True)


def processes(table: Table, work: Path, seconds: float) -> None:
    folder = work / "bundle"
    first = forked(write, folder, 1, 0.01)
    first.end()
    children = {
        "saves of two processes": [forked(write, folder, n, seconds) for n in (1, 2)],
        "loads meanwhile": [forked(read, folder, seconds)],
    }
    for kind, started in children.items():
        for child in started:
            lines = child.pipe.read().splitlines()
            code = child.end()
            held, failures = json.loads(lines[-1]) if lines else (0, [f"code {code}"])
            for _ in range(held):
                table.add(kind, True)
            for failure in failures:
                table.add(kind, False, failure)
    left = sorted(path.name for path in work.iterdir())
    table.add("folders left", left == ["bundle"], f"left: {left}")


def in_threads(acts: list[Callable[[], Any]], seconds: float) -> list[list[str]]:
    """Runs each act again and again in a thread; returns the failures, "" if held."""
    found: list[list[str]] = [[] for _ in acts]

    def run(act: Callable[[], Any], results: list[str]) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                act()
                results.append("")
            except StopIteration:
                return
            except Exception as error:
                results.append(f"{type(error).__name__}: {error}"[:200])

    started = [
        threading.Thread(target=run, args=pair)
        for pair in zip(acts, found, strict=True)
    ]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return found


def learning(table: Table, work: Path, seconds: float) -> None:
    rng = np.random.default_rng(0)
    events = rng.integers(0, 400, (10**6, 2)).tolist()
    for learner in (ItemItem, Ridge):
        made, waiting, taken = IncrementalRecommender(learner()), iter(events), []

        def learn(made=made, waiting=waiting, taken=taken) -> None:
            user, item = next(waiting)
            made.partial_fit(user, item)
            taken.append((user, item))

        def recommend(made=made) -> None:
            for _, score in made.recommend(int(rng.integers(400))):
                if not np.isfinite(score):
                    raise ArithmeticError("a score is not finite")

        def keep(made=made, path=work / f"{learner.__name__}.npz") -> None:
            save(made, path)
            log = load(path).log
            if log.num_events < log.item_counts.sum():
                raise ArithmeticError("half an event")

        acts = [learn, *[recommend] * (THREADS - 2), keep]
        names = ["events learned", *["recommend"] * (THREADS - 2), "save and load"]
        for name, results in zip(names, in_threads(acts, seconds), strict=True):
            for result in results:
                table.add(f"8 threads, {name}", not result, result)
        alone = IncrementalRecommender(learner())
        for pair in taken:
            alone.partial_fit(*pair)
        same = all(
            np.array_equal(array, alone.state()[name])
            for name, array in made.state().items()
        )
        table.add("8 threads, the end", same, f"{learner.__name__} differs")


def answering(table: Table, work: Path, seconds: float) -> None:
    made = recommender(0)
    users = made.train.users.ids[:9]
    expected = made.recommend(users, 5)

    def ask() -> None:
        if not made.recommend(users, 5).equals(expected):
            raise ArithmeticError("another answer")

    for results in in_threads([ask] * THREADS, seconds):
        for result in results:
            table.add("8 threads, a model", not result, result)


KINDS = {"processes": processes, "learning": learning, "answering": answering}


def main(arguments: list[str] | None = None) -> int:
    made = parser(__doc__, KINDS)
    made.add_argument("--seconds", type=float, default=15, help="each (%(default)s)")
    options = made.parse_args(arguments)
    table = Table.of("together.py", options.json)
    for kind in choose(KINDS, options.kinds):  # forks come first, before models run
        with tempfile.TemporaryDirectory() as temporary:
            KINDS[kind](table, Path(temporary), options.seconds)
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
