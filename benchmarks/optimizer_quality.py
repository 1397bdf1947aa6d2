"""The quality that row-sparse optimizers reach, beside dense Adam's.

MF (d=64) with softmax over shared uniform negatives, whose gradients are sparse. Each
optimizer gets the same four trials of its learning rate on validation data, with a
cosine decay to 0 over the same number of epochs; the best of them is trained on all of
train with each seed, and only then is the test set looked at.
`python benchmarks/optimizer_quality.py [--task ncf-ml-1m] [--optimizers "A; B"]
[--seeds 3] [--json FILE]`; what the file has already is not run again.
"""

import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
from _report import finish, parser, print_table
from _tasks import TASKS, Task
from _training import Setting

from tfrecs.bench.results_file import write_json
from tfrecs.models import build_mf
from tfrecs.optimizers import LazyAdam, RowwiseAdagrad

OPTIMIZERS = {
    "Adam": (keras.optimizers.Adam, (0.003, 0.01, 0.02, 0.04)),
    "LazyAdam": (LazyAdam, (0.003, 0.01, 0.02, 0.04)),
    "LazyAdam, step-aware": (
        lambda rate: LazyAdam(rate, step_aware=True),
        (0.003, 0.01, 0.02, 0.04),
    ),
    "RowwiseAdagrad": (RowwiseAdagrad, (0.06, 0.12, 0.25, 0.5)),
}


@dataclass(frozen=True)
class Length:
    """How a task is trained, the same for all optimizers."""

    epochs: int
    batch_size: int
    dropout: float


LENGTHS = {"ml-100k": Length(40, 1024, 0.5), "ncf-ml-1m": Length(6, 4096, 0.1)}


def setting(length: Length, make: Callable, rate: float) -> Setting:
    """The training of one trial."""
    return Setting(
        lambda train: build_mf(
            train.num_users, train.num_items, embedding_dim=64, dropout=length.dropout
        ),
        length.epochs,
        rate,
        optimizer=lambda model, schedule: make(schedule),
        objective="softmax",
        negatives="shared",
        batch_size=length.batch_size,
        num_negatives=512,
    )


def compare(task: Task, make: Callable, rates: tuple[float, ...], seeds: int) -> dict:
    """Chooses an optimizer's learning rate, then measures on test."""
    trials, length = {}, LENGTHS[task.name]
    for rate in rates:
        model = setting(length, make, rate)(task.fitting, 0).score_users
        trials[rate] = task.validate(model)["ndcg@10"]
    best = max(trials, key=trials.__getitem__)
    tests, times = [], []
    for seed in range(seeds):
        fitted = setting(length, make, best)(task.train, seed)
        tests.append(task.test(fitted.score_users)["ndcg@10"])
        times.append(fitted.fit_seconds)
    return {
        "learning_rate": best,
        "validation": trials[best],
        "trials": {str(rate): quality for rate, quality in trials.items()},
        "test": tests,
        "mean": statistics.mean(tests),
        "seconds": times,
    }


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--task", default="ml-100k", choices=LENGTHS)
    made.add_argument("--optimizers", default="; ".join(OPTIMIZERS), metavar="A; B")
    made.add_argument("--seeds", type=int, default=3)
    options = made.parse_args()
    task, found = TASKS[options.task](), {}
    if options.json and Path(options.json).exists():
        found = json.loads(Path(options.json).read_text(encoding="utf-8"))["found"]
    for name in options.optimizers.split("; "):
        if name not in found:
            found[name] = compare(task, *OPTIMIZERS[name], options.seeds)
            print(f"{name}: {found[name]}", flush=True)
            if options.json:
                write_json(options.json, {"task": task.name, "found": found})
    adam = found["Adam"]["mean"]
    print_table(
        [task.name, "rate", "validation", "test NDCG@10", "of Adam's", "s"],
        [
            [
                optimizer,
                row["learning_rate"],
                f"{row['validation']:.4f}",
                f"{row['mean']:.4f}",
                f"{row['mean'] / adam:.1%}",
                f"{statistics.median(row['seconds']):.1f}",
            ]
            for optimizer, row in found.items()
        ],
    )
    finish(options, {"task": task.name, "found": found})


if __name__ == "__main__":
    main()
