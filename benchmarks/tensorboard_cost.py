"""What `tfrecs.callbacks.TensorBoard` costs, at its defaults, of the training time.

Short trainings with all items as negatives, validated every 10 epochs, each going on
with the same compiled model. The cost is the time inside the callback, from its making
to its last file, beside the rest of the same run: so a busy machine slows both. Beside
it, whole runs with the callback and without any, warmed up, in turns, medians, which
tell the same on a machine that has nothing else to do.
`python benchmarks/tensorboard_cost.py [--repeats 7] [--json FILE]`.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
from _report import finish, in_turns, medians, parser, print_table, seconds

from tfrecs import build_mf, build_neumf
from tfrecs.bench.problem import Problem, load_problem
from tfrecs.callbacks import TensorBoard
from tfrecs.training.fit import compile_for, fit_batches
from tfrecs.training.plan import Negatives, Plan

VALIDATE_EVERY = 10  # epochs
NEUMF = {"embedding_dim": 64, "mlp_embedding_dim": 32, "hidden_units": (16, 8)}
TRAININGS: dict[str, tuple[str, int, Callable[..., Any]]] = {
    "ML-100K, MF": ("ml-100k", 10, partial(build_mf, embedding_dim=64, dropout=0.5)),
    "ML-100K, MF, as in the bench": (
        "ml-100k",
        20,
        partial(build_mf, embedding_dim=128, dropout=0.5),
    ),
    "ML-100K, NeuMF": ("ml-100k", 4, partial(build_neumf, dropout=0.2, **NEUMF)),
    "ML-1M, MF": ("ml-1m", 4, partial(build_mf, embedding_dim=64, dropout=0.5)),
}


HOOKS = (
    *("on_train_begin", "on_epoch_begin", "on_train_batch_begin"),
    *("on_train_batch_end", "on_epoch_end", "on_train_end"),
)


def timed(board: TensorBoard) -> list[float]:
    """The seconds of each call by `fit`, in a list that grows."""
    taken: list[float] = []

    def wrapped(hook: Callable[..., None]) -> Callable[..., None]:
        return lambda *args, **options: taken.append(
            seconds(lambda: hook(*args, **options))
        )

    for name in HOOKS:
        setattr(board, name, wrapped(getattr(board, name)))
    return taken


class Trained:
    """A model that can be trained again and again, with callbacks and without.

    Args:
        problem: the data.
        epochs: of a training.
        build: makes the model.
        folder: of the logs.
    """

    def __init__(
        self, problem: Problem, epochs: int, build: Callable[..., Any], folder: Path
    ) -> None:
        self.problem = problem
        self.epochs = epochs
        self.folder = folder
        self.shares: list[float] = []
        train = problem.fitting
        model = build(train.num_users, train.num_items)
        plan = Plan("bce", Negatives("all"))
        self.data = plan.batches(train, seed=0, epochs=VALIDATE_EVERY)
        self.model = compile_for(model, plan, keras.optimizers.Adam(3e-3))

    def alone(self) -> None:
        """Trains without callbacks."""
        fit_batches(self.model, self.data, self.epochs)

    def watched(self) -> None:
        """Trains with the callback."""
        problem = self.problem
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            began = time.perf_counter()
            board = TensorBoard(
                folder,
                problem.fitting,
                problem.validation,
                validate_every=VALIDATE_EVERY,
            )
            making, of_hooks = time.perf_counter() - began, timed(board)
            fit_batches(self.model, self.data, self.epochs, [board])
            taken = time.perf_counter() - began
        of_board = making + sum(of_hooks)
        self.shares.append(of_board / (taken - of_board))


def main() -> None:
    options = parser(__doc__, repeats=7).parse_args()
    keras.utils.set_random_seed(0)
    problems = {
        name: load_problem(name)
        for name in dict.fromkeys(dataset for dataset, _, _ in TRAININGS.values())
    }
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        each = {
            name: Trained(problems[dataset], epochs, build, Path(folder))
            for name, (dataset, epochs, build) in TRAININGS.items()
        }
        ways: dict[str, Callable[[], None]] = {}
        for name, trained in each.items():
            ways[f"{name}: alone"] = trained.alone
            ways[f"{name}: with TensorBoard"] = trained.watched
        taken = in_turns(ways, options.repeats)
    middle, found = medians(taken), {}
    for name, trained in each.items():
        found[name] = {
            "cost": statistics.median(trained.shares[1:]),
            "highest_cost": max(trained.shares[1:]),
            "seconds_alone": middle[f"{name}: alone"],
            "seconds_watched": middle[f"{name}: with TensorBoard"],
        }
    print_table(
        ["", "cost", "highest", "s alone", "s with it"],
        [
            (
                name,
                *(f"{x[key]:.1%}" for key in ("cost", "highest_cost")),
                *(f"{x[key]:.2f}" for key in ("seconds_alone", "seconds_watched")),
            )
            for name, x in found.items()
        ],
    )
    print(f"Load of the machine before: {load:.1f}")
    shares = {name: trained.shares[1:] for name, trained in each.items()}
    figures = {"found": found, "load_before": load, "shares": shares, "seconds": taken}
    finish(options, figures)


if __name__ == "__main__":
    main()
