"""Models of histories beside models of ids and baselines: the next item of each user.

The last item of each user is test, the last but one validation, as in the published
tables; full ranking without the user's items, of users and items with at least 5 rows.
Every row of test learns from all items before it. Models of histories are trained on
the items before both as well: for their validation, and for a second row of test, in
which they read the item of validation and have not learned from it. Everything has its
defaults, unless `--values` names others for the models of histories.

`--parts` has one or more of: `rows`; `validation`, models of histories on validation
alone; `minutes`, the quality of SASRec after trainings
of `--minutes`; `unseen`, SASRec without a tenth of the users, whose lists are then
evaluated apart; and `speed`, positions a second of SASRec beside a plain one in Keras,
and the memory of both. Each adds its own to what the file of `--json` has already.
`python benchmarks/histories.py DATA [--parts A,B] [--models A,B] [--json FILE]`.
"""

import json
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from _plain_sasrec import plain_sasrec, plain_sequences
from _report import (
    finish,
    forget_peak,
    in_child,
    in_turns,
    keep,
    parser,
    print_table,
    resident_mib,
)

import tfrecs
from tfrecs.bench.baselines import BASELINES
from tfrecs.bench.callbacks import TimeLimit
from tfrecs.bench.problem import Problem, load_problem
from tfrecs.bench.recipes import HISTORIES, recipes
from tfrecs.data.interactions import Interactions
from tfrecs.data.splits import cold_user_split, masked_split
from tfrecs.training.fit import compile_for, fit_batches
from tfrecs.training.plan import choose_negatives
from tfrecs.training.recipe import Recipe
from tfrecs.training.tuning.tune import recipe_by_shape

KNN = ("item-knn", "history-knn")
OTHERS = ("popularity", "markov", *KNN, "implicit-als", "slim", "mf", "cosine")
NO_END = 10_000  # epochs, which the minutes end
SIZES = {"embedding_dim": 64, "num_blocks": 2, "max_length": 50}
PLAIN_BATCH = 128  # rows, as in the example
METRICS = ("recall@10", "ndcg@10")


def say(text: str) -> None:
    """Prints a line of progress at once, with the time."""
    print(time.strftime("%H:%M:%S"), text, flush=True)


def problem_of(data: str) -> Problem:
    """The data set of this name, or a file: a line for each user, in order of time."""
    source = {"train" if Path(data).is_file() else "dataset": data}
    return load_problem(**source, split="leave-last-out", k_core=5, k=10)


def measured(score: Any, train: Interactions, held: Interactions) -> dict[str, float]:
    found = tfrecs.evaluate(score, train, held, k=10, metrics=["recall", "ndcg"])
    return {name: found.metrics[name] for name in METRICS}


def recipe_of(name: str, train: Interactions, values: Mapping[str, Any]) -> Recipe:
    """A row's recipe with its defaults, or the values of `--values`."""
    recipe = recipe_by_shape(recipes()[name], train)
    return recipe.with_values(values) if name in HISTORIES else recipe


def trained(
    recipe: Recipe, train: Interactions, seed: int, minutes: float | None = None
) -> tuple[Any, dict[str, Any]]:
    """A model, and the seconds and the epochs of `fit`, which `minutes` may end."""
    keras.utils.set_random_seed(seed)
    model = recipe.build(train)
    began = time.perf_counter()
    deadline = None if minutes is None else time.monotonic() + 60 * minutes
    limit = TimeLimit(deadline, recipe.training.learning_rate)

    def tell(epoch: int, logs: dict[str, Any]) -> None:
        taken = time.perf_counter() - began
        say(f"  {epoch + 1} validation periods, {taken:.0f} s, loss {logs['loss']:.4f}")

    told = keras.callbacks.LambdaCallback(on_epoch_end=tell)
    history = tfrecs.fit(
        model, train, recipe=recipe, seed=seed, callbacks=[limit, told], verbose=False
    )
    seconds = time.perf_counter() - began
    epochs = limit.done * history.params["epochs"]
    return model, {"seconds": seconds, "epochs": round(epochs, 2)}


def row_of(name: str, problem: Problem, asked: Any) -> dict[str, Any]:
    """Metrics of a row, and the seconds of its fit on all items before test."""
    train = problem.train
    if name in BASELINES:
        fitted = BASELINES[name](train, asked.seed)
        metrics = measured(fitted.score_users, train, problem.test)
        return {"test": metrics, "seconds": fitted.fit_seconds}
    row: dict[str, Any] = {}
    if name in HISTORIES:
        before = problem.fitting
        recipe = recipe_of(name, before, asked.values)
        model, _ = trained(recipe, before, asked.seed)
        row["validation"] = measured(model, before, problem.validation)
        row["test, not learned"] = measured(model, train, problem.test)
    recipe = recipe_of(name, train, asked.values)
    model, cost = trained(recipe, train, asked.seed)
    return {**row, "test": measured(model, train, problem.test), **cost}


def rows(problem: Problem, asked: Any, found: dict[str, Any]) -> None:
    for name in asked.models.split(","):
        say(f"rows: {name}")
        row = row_of(name, problem, asked)
        seeds = found.setdefault(key_of(name, asked.values), {})
        seeds[str(asked.seed)] = row
        say(f"  {row}")
        asked.save()


def validation(problem: Problem, asked: Any, found: dict[str, Any]) -> None:
    """Models of histories on validation alone, by which their settings are chosen."""
    for name in filter(HISTORIES.__contains__, asked.models.split(",")):
        say(f"validation: {name}")
        recipe = recipe_of(name, problem.fitting, asked.values)
        model, cost = trained(recipe, problem.fitting, asked.seed)
        metrics = measured(model, problem.fitting, problem.validation)
        seeds = found.setdefault(key_of(name, asked.values), {})
        seeds[str(asked.seed)] = {"validation": metrics, **cost}
        asked.save()


def minutes(problem: Problem, asked: Any, found: dict[str, Any]) -> None:
    """SASRec when a training had to end: its learning rate is 0 by then."""
    for number in asked.minutes:
        say(f"minutes: sasrec, {number:g}")
        recipe = recipe_of("sasrec", problem.train, asked.values)
        recipe = recipe.with_values({"epochs": NO_END})
        model, cost = trained(recipe, problem.train, asked.seed, number)
        row = {"test": measured(model, problem.train, problem.test), **cost}
        found.setdefault(key_of("sasrec", asked.values), {})[f"{number:g}"] = row
        say(f"  {row}")
        asked.save()


def unseen(problem: Problem, asked: Any, found: dict[str, Any]) -> None:
    """SASRec that did not see a tenth of the users: their lists, and the others'."""
    say("unseen: sasrec without a tenth of the users")
    rest, held = cold_user_split(problem.train, seed=asked.seed, test_fraction=0.1)
    recipe = recipe_of("sasrec", rest, asked.values)
    model, cost = trained(recipe, rest, asked.seed)
    is_unseen = np.isin(problem.test.user_ids, held.user_ids)
    others, apart = masked_split(problem.test, is_unseen)
    row = {
        "users": {"unseen": len(apart), "others": len(others)},
        "unseen": measured(model, problem.train, apart),
        "others": measured(model, problem.train, others),
        **cost,
    }
    found.setdefault(key_of("sasrec", asked.values), {})[str(asked.seed)] = row
    say(f"  {row}")
    asked.save()


def our_epoch(train: Interactions, epochs: int) -> tuple[Callable[[], Any], int]:
    """An epoch of SASRec with the negatives of `fit`, and its positions."""
    recipe = recipe_of("sasrec", train, SIZES)
    settings, length = recipe.training, SIZES["max_length"]
    model = recipe.build(train)
    plan = choose_negatives(
        train, settings.objective, settings.negatives, max_length=length
    )
    data = plan.batches(train, seed=0, batch_size=settings.batch_size)
    steps = epochs * int(data.cardinality())
    view = compile_for(model, plan, settings.optimizer(model, steps))
    positions = len(train) - len(np.unique(train.user_ids))  # all but the first ones
    return lambda: fit_batches(view, data, 1), positions


def plain_epoch(train: Interactions, epochs: int) -> tuple[Callable[[], Any], int]:
    """An epoch of the plain SASRec, and its positions: the last ones of a user."""
    model = plain_sasrec(train.num_items, dropout=0.3, **SIZES)
    data, positions = plain_sequences(train, SIZES["max_length"], PLAIN_BATCH, 0)
    return lambda: model.fit(data, shuffle=False, verbose=0), positions


WAYS = {"tfrecs": our_epoch, "plain Keras": plain_epoch}


def peak_mib(way: str, data: str) -> float:
    """Peak memory of an epoch in a process of its own, above that of the data."""
    train = problem_of(data).fitting
    before, _ = resident_mib()
    forget_peak()
    run, _ = WAYS[way](train, 1)
    run()
    return resident_mib()[1] - before


def speed(problem: Problem, asked: Any, found: dict[str, Any]) -> None:
    """Next items a second of an epoch of SASRec, ours and a plain one, in turns."""
    say("speed: an epoch of each to warm up, then by turns")
    made = {name: way(problem.fitting, asked.repeats + 1) for name, way in WAYS.items()}
    ways = {name: run for name, (run, _) in made.items()}
    taken = in_turns(ways, asked.repeats, after_round=lambda so_far: say(f"  {so_far}"))
    for way, (_, positions) in made.items():
        say(f"speed: memory of {way}")
        found[way] = {
            "positions": positions,
            "seconds": taken[way],
            "positions_per_second": positions / statistics.median(taken[way]),
            "peak_mib": in_child(peak_mib, way, asked.data),
        }
        say(f"  {found[way]}")
    asked.save()


PARTS = {
    "rows": rows,
    "validation": validation,
    "minutes": minutes,
    "unseen": unseen,
    "speed": speed,
}


def key_of(name: str, values: Mapping[str, Any]) -> str:
    """The key of a training: a row, and the values that are not its defaults."""
    given = values.items() if name in HISTORIES else ()
    return ", ".join([name, *(f"{key}={value}" for key, value in given)])


def values_of(text: str) -> dict[str, Any]:
    """The values in "max_length=200,dropout=0.5": numbers, or else text."""
    found = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        try:
            found[name] = json.loads(value)
        except json.JSONDecodeError:
            found[name] = value
    return found


def main() -> None:
    """Runs the parts that were asked for, and prints the rows."""
    options = parser(__doc__, repeats=3)
    options.add_argument(
        "data", help="a file, a line for each user in order of time; or a data set"
    )
    options.add_argument("--parts", default=",".join(PARTS))
    options.add_argument("--models", default=",".join([*OTHERS, *HISTORIES]))
    options.add_argument("--minutes", default="5,15,30")
    options.add_argument(
        "--values",
        default="",
        help="of models of histories but in speed, such as max_length=200,epochs=10",
    )
    options.add_argument("--seed", type=int, default=0)
    asked = options.parse_args()
    asked.minutes = [float(number) for number in asked.minutes.split(",")]
    asked.values = values_of(asked.values)
    known = Path(asked.json or "")
    found = json.loads(known.read_text()) if known.is_file() else {}
    found.pop("machine", None)
    asked.save = lambda: keep(asked, found)
    problem = problem_of(asked.data)
    say(problem.in_one_line)
    for part in asked.parts.split(","):
        PARTS[part](problem, asked, found.setdefault(part, {}))
    shown = [
        [
            f"{part}: {name}",
            number,
            *(f"{row['test'][metric]:.4f}" for metric in METRICS),
            f"{row['seconds']:.1f}",
        ]
        for part in ("rows", "minutes")
        for name, of_name in found.get(part, {}).items()
        for number, row in of_name.items()
    ]
    print_table(["model", "seed or minutes", *METRICS, "fit s"], shown)
    for part in ("unseen", "speed"):
        print(part, found.get(part))
    finish(asked, found)


if __name__ == "__main__":
    main()
