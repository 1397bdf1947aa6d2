"""Models of histories beside models of ids and baselines: the next item of each user.

The last item of each user is test, the last but one validation, as in the published
tables; full ranking without the user's items. Models of histories learn from the items
before both, and for test they read the item of validation as well. All other rows,
which cannot read it, learn from it. Everything has its defaults.

`--parts` has one or more of: `rows`; `minutes`, the quality of SASRec after trainings
of 1, 2 and 5 minutes; `unseen`, SASRec without a tenth of the users, whose lists are
then evaluated apart; and `speed`, positions a second beside a plain Keras SASRec. What
the file of `--json` has already stays there.
`python benchmarks/histories.py FILE [--parts A,B] [--models A,B] [--json FILE]`.
"""

import json
import statistics
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from _plain_sasrec import plain_sasrec, plain_sequences
from _report import finish, in_turns, keep, parser, print_table

import tfrecs
from tfrecs.bench.baselines import BASELINES
from tfrecs.bench.callbacks import TimeLimit
from tfrecs.bench.problem import load_problem
from tfrecs.bench.recipes import HISTORIES, recipes
from tfrecs.data.interactions import Interactions
from tfrecs.data.splits import cold_user_split, masked_split
from tfrecs.training.fit import compile_for, fit_batches
from tfrecs.training.plan import choose_negatives
from tfrecs.training.tuning.tune import recipe_by_shape

MINUTES = (1, 2, 5)
KNN = ("item-knn", "history-knn")
OTHERS = ("popularity", "markov", *KNN, "implicit-als", "slim", "mf", "cosine")
PLAIN_BATCH = 128  # rows, as in the example
METRICS = ("recall@10", "ndcg@10")


def measured(score: Any, train: Interactions, held: Interactions) -> dict[str, float]:
    found = tfrecs.evaluate(score, train, held, k=10, metrics=["recall", "ndcg"])
    return {name: found.metrics[name] for name in METRICS}


def trained(name: str, train: Interactions, seed: int, limit: Any = None) -> Any:
    """A model with its defaults, the seconds of `fit`, and the history of Keras."""
    recipe = recipe_by_shape(recipes()[name], train)
    keras.utils.set_random_seed(seed)
    model = recipe.build(train)
    began = time.perf_counter()
    callbacks = [] if limit is None else [limit(recipe.training.learning_rate)]
    history = tfrecs.fit(
        model, train, recipe=recipe, seed=seed, callbacks=callbacks, verbose=False
    )
    return model, time.perf_counter() - began, history


def row_of(name: str, problem: Any, seed: int) -> dict[str, Any]:
    """Metrics on validation and test of a row, and the seconds of its fit."""
    before, train = problem.fitting, problem.train
    if name in BASELINES:
        fitted = BASELINES[name](train, seed)
        metrics = measured(fitted.score_users, train, problem.test)
        return {"test": metrics, "seconds": fitted.fit_seconds}
    reads_histories = name in HISTORIES
    model, seconds, history = trained(name, before if reads_histories else train, seed)
    row = {"test": measured(model, train, problem.test), "seconds": seconds}
    if reads_histories:
        row["validation"] = measured(model, before, problem.validation)
    return {**row, "epochs": history.params["epochs"]}


def minutes_of(problem: Any, minutes: float, seed: int) -> dict[str, Any]:
    """SASRec when a training had to end: its learning rate is 0 by then."""

    def limit(rate: float) -> TimeLimit:
        return TimeLimit(time.monotonic() + 60 * minutes, rate)

    model, seconds, _ = trained("sasrec", problem.fitting, seed, limit)
    test = measured(model, problem.train, problem.test)
    return {"test": test, "seconds": seconds}


def unseen(problem: Any, seed: int) -> dict[str, Any]:
    """SASRec that did not see a tenth of the users: their lists, and the others'."""
    rest, held = cold_user_split(problem.fitting, seed=seed, test_fraction=0.1)
    model, seconds, _ = trained("sasrec", rest, seed)
    is_unseen = np.isin(problem.test.user_ids, held.user_ids)
    in_training, not_in_training = masked_split(problem.test, is_unseen)
    return {
        "users": int(is_unseen.sum()),
        "unseen": measured(model, problem.train, not_in_training),
        "others": measured(model, problem.train, in_training),
        "seconds": seconds,
    }


def speed(problem: Any, repeats: int) -> dict[str, float]:
    """Next items a second of an epoch of SASRec, ours and a plain one, in turns."""
    train, dim, blocks, length = problem.fitting, 64, 2, 50
    sizes = {"embedding_dim": dim, "num_blocks": blocks, "max_length": length}
    plain = plain_sasrec(train.num_items, dropout=0.2, **sizes)
    data, positions = plain_sequences(train, length, PLAIN_BATCH, 0)
    recipe = recipe_by_shape(recipes()["sasrec"], train)
    ours = tfrecs.build_sasrec(train.num_items, **sizes)
    plan = choose_negatives(
        train,
        recipe.training.objective,
        recipe.training.negatives,
        max_length=length,
    )
    batches = plan.batches(train, seed=0, batch_size=recipe.training.batch_size)
    steps = int(batches.cardinality())
    view = compile_for(ours, plan, recipe.training.optimizer(ours, steps * repeats))
    ways = {
        "tfrecs": lambda: fit_batches(view, batches, 1),
        "plain Keras": lambda: plain.fit(data, verbose=0),
    }
    taken = in_turns(ways, repeats)
    return {way: positions / statistics.median(x) for way, x in taken.items()}


def main() -> None:
    """Runs the parts that were asked for, and prints the rows."""
    options = parser(__doc__, repeats=3)
    options.add_argument("file", help="lists: a user and its items in order of time")
    options.add_argument("--parts", default="rows,minutes,unseen,speed")
    options.add_argument("--models", default=",".join([*OTHERS, *HISTORIES]))
    options.add_argument("--seed", type=int, default=0)
    asked = options.parse_args()
    problem = load_problem(train=asked.file, split="leave-last-out", k=10)
    known = Path(asked.json or "")
    found = json.loads(known.read_text()) if known.is_file() else {}
    found.pop("machine", None)
    if "rows" in asked.parts:
        for name in asked.models.split(","):
            row = row_of(name, problem, asked.seed)
            found.setdefault("rows", {}).setdefault(name, {})[str(asked.seed)] = row
            keep(asked, found)
    if "minutes" in asked.parts:
        found["minutes"] = {str(m): minutes_of(problem, m, asked.seed) for m in MINUTES}
    if "unseen" in asked.parts:
        found["unseen"] = unseen(problem, asked.seed)
    if "speed" in asked.parts:
        found["positions_per_second"] = speed(problem, asked.repeats)
    rows = [
        [
            name,
            seed,
            *(f"{row['test'][m]:.4f}" for m in METRICS),
            f"{row['seconds']:.1f}",
        ]
        for name, seeds in found.get("rows", {}).items()
        for seed, row in seeds.items()
    ]
    print_table(["model", "seed", *METRICS, "fit s"], rows)
    for part in ("minutes", "unseen", "positions_per_second"):
        print(part, found.get(part))
    finish(asked, found)


if __name__ == "__main__":
    main()
