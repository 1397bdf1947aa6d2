"""The quality that row-sparse optimizers reach, beside dense Adam's.

MF (d=64) with softmax over shared uniform negatives, whose gradients are sparse. Each
optimizer gets the same four trials of its learning rate on validation data, with a
cosine decay to 0 over the same number of passes; the best of them is trained on all of
train with each seed, and only then is the test set looked at.
`python benchmarks/optimizer_quality.py [--tasks ml-100k,ncf-ml-1m] [--seeds 3]
[--json FILE]`.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

import keras
from _report import finish, parser, print_table
from _tasks import TASKS, Task
from _training import Setting

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

    passes: int
    batch_size: int
    dropout: float


LENGTHS = {"ml-100k": Length(40, 1024, 0.5), "ncf-ml-1m": Length(6, 4096, 0.1)}


def setting(length: Length, make: Callable, rate: float) -> Setting:
    """The training of one trial."""
    return Setting(
        lambda train: build_mf(
            train.num_users, train.num_items, embedding_dim=64, dropout=length.dropout
        ),
        length.passes,
        rate,
        optimizer=lambda model, schedule: make(schedule),
        objective="softmax",
        negatives="uniform",
        batch_size=length.batch_size,
        num_negatives=512,
    )


def compare(task: Task, seeds: int) -> dict[str, dict]:
    """Chooses each optimizer's learning rate, then measures on test."""
    found, length = {}, LENGTHS[task.name]
    for name, (make, rates) in OPTIMIZERS.items():
        trials = {}
        for rate in rates:
            found_at = setting(length, make, rate)(task.fitting, 0)
            trials[rate] = task.validate(found_at.score_users)["ndcg@10"]
        best = max(trials, key=trials.__getitem__)
        tests, times = [], []
        for seed in range(seeds):
            fitted = setting(length, make, best)(task.train, seed)
            tests.append(task.test(fitted.score_users)["ndcg@10"])
            times.append(fitted.fit_seconds)
        found[name] = {
            "trials": trials,
            "learning_rate": best,
            "test": tests,
            "mean": statistics.mean(tests),
            "seconds": times,
        }
        print(f"{task.name} {name}: {found[name]}", flush=True)
    return found


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--tasks", default=",".join(LENGTHS))
    made.add_argument("--seeds", type=int, default=3)
    options = made.parse_args()
    figures = {}
    for name in options.tasks.split(","):
        found = figures[name] = compare(TASKS[name](), options.seeds)
        adam = found["Adam"]["mean"]
        print_table(
            [name, "rate", "validation", "test NDCG@10", "of Adam's", "s"],
            [
                [
                    optimizer,
                    row["learning_rate"],
                    f"{row['trials'][row['learning_rate']]:.4f}",
                    f"{row['mean']:.4f}",
                    f"{row['mean'] / adam:.1%}",
                    f"{statistics.median(row['seconds']):.1f}",
                ]
                for optimizer, row in found.items()
            ],
        )
    finish(options, figures)


if __name__ == "__main__":
    main()
