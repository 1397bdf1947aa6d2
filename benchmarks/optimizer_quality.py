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
from _report import finish, parser, print_table, seconds
from _tasks import TASKS, Task

from tfrecs import Interactions
from tfrecs.models import TwoTower, build_mf
from tfrecs.optimizers import LazyAdam, RowwiseAdagrad
from tfrecs.training import batches, compile_for, fit_batches

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
class Setting:
    """How a task is trained, the same for all optimizers."""

    passes: int
    batch_size: int
    num_negatives: int
    dropout: float


SETTINGS = {
    "ml-100k": Setting(40, 1024, 512, 0.5),
    "ncf-ml-1m": Setting(6, 4096, 512, 0.1),
}


def train(
    part: Interactions, setting: Setting, make: Callable, rate: float, seed: int
) -> tuple[TwoTower, float]:
    """Gives a trained model and the seconds that it took, with compilation."""
    keras.utils.set_random_seed(seed)
    model = build_mf(
        part.num_users, part.num_items, embedding_dim=64, dropout=setting.dropout
    )
    data = batches(
        part,
        "softmax",
        "uniform",
        seed=seed,
        passes=setting.passes,
        batch_size=setting.batch_size,
        num_negatives=setting.num_negatives,
    )
    decay = keras.optimizers.schedules.CosineDecay(rate, int(data.cardinality()))
    trained = compile_for(model, "softmax", "uniform", make(decay))
    return model, seconds(lambda: fit_batches(trained, data, 1))


def compare(task: Task, seeds: int) -> dict[str, dict]:
    """Chooses each optimizer's learning rate, then measures on test."""
    found = {}
    for name, (make, rates) in OPTIMIZERS.items():
        trials = {}
        for rate in rates:
            model, _ = train(task.fitting, SETTINGS[task.name], make, rate, seed=0)
            trials[rate] = task.validate(model)["ndcg@10"]
        best = max(trials, key=trials.__getitem__)
        tests, times = [], []
        for seed in range(seeds):
            model, taken = train(task.train, SETTINGS[task.name], make, best, seed)
            tests.append(task.test(model)["ndcg@10"])
            times.append(taken)
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
    made.add_argument("--tasks", default=",".join(TASKS))
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
