"""Memory that training takes, and when: for the data, the model, the optimizer, steps.

Matrix factorization with RowwiseAdagrad and a softmax over 1,024 shared negatives, on
interactions drawn at random: from one base, the number of users, of items, of factors
and of interactions is varied, one at a time; and ten million users x 64. Then NeuMF
with all of 40,000 items as negatives, its hidden part in blocks and whole. Each is a
process of its own; memory is resident, above what the imports take. At each moment:
held after it, and the peak until then. Steps are timed by a callback, once warmed up.
`python benchmarks/memory.py [--repeats 10] [--only NAME,NAME] [--json FILE]`.
"""

import statistics
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

import keras
import numpy as np
from _report import (
    finish,
    forget_peak,
    in_child,
    keep,
    parser,
    print_table,
    progress,
    resident_mib,
)

from tfrecs import Interactions, build_mf, build_neumf
from tfrecs.data.vocabulary import Vocabulary
from tfrecs.optimizers import RowwiseAdagrad
from tfrecs.training.fit import STEPS_PER_EXECUTION, compile_for, fit_batches
from tfrecs.training.plan import Negatives, Plan


@dataclass(frozen=True)
class Case:
    """What is trained.

    Args:
        users: in the table.
        items: in the catalogue.
        dim: of the embeddings.
        interactions: drawn at random.
        hidden_block: of NeuMF's interaction; None for matrix factorization.
    """

    users: int = 100_000
    items: int = 10_000
    dim: int = 64
    interactions: int = 1_000_000
    hidden_block: int | None = None


BASE = Case()
NEUMF = Case(users=10_000, items=40_000, hidden_block=2**24)
CASES = {
    "base": BASE,
    "10k users": replace(BASE, users=10**4),
    "1M users": replace(BASE, users=10**6),
    "10M users": replace(BASE, users=10**7),
    "100k items": replace(BASE, items=10**5),
    "dim 16": replace(BASE, dim=16),
    "10M interactions": replace(BASE, interactions=10**7),
    "10M users, 10M interactions": replace(BASE, users=10**7, interactions=10**7),
    "NeuMF, blocks": NEUMF,
    "NeuMF, whole": replace(NEUMF, hidden_block=2**62),
}


class Clock(keras.callbacks.Callback):
    """Notes when steps are done: after each execution of several."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Keras calls it."""
        self.times.append(time.perf_counter())


def measure(case: Case, repeats: int) -> dict[str, Any]:
    """Gives MiB held and at most at each moment, and seconds of a step."""
    memory = {"imports": resident_mib()}

    def note(moment: str) -> None:
        memory[moment] = resident_mib()
        forget_peak()

    forget_peak()
    train = interactions(case)
    note("data")
    model = build(case)
    note("model")
    plan = Plan("softmax", Negatives("shared"))
    if case.hidden_block is not None:
        plan = Plan("bce", Negatives("all"))
    trained = compile_for(model, plan, RowwiseAdagrad(0.05))
    trained.optimizer.build(trained.trainable_variables)
    note("optimizer")
    clock = Clock()
    steps = STEPS_PER_EXECUTION * (1 + repeats)  # the first execution compiles
    feed = plan.batches(train, seed=0, epochs=100).take(steps)
    fit_batches(trained, feed, 1, callbacks=[clock])
    note("training")
    return {
        "mib": memory,
        "table_mib": model.count_params() * 4 / 2**20,
        "seconds_per_step": statistics.median(np.diff(clock.times))
        / STEPS_PER_EXECUTION,
    }


def interactions(case: Case) -> Interactions:
    """Pairs drawn uniformly, each once."""
    rng = np.random.default_rng(0)
    pairs = rng.integers(case.users * case.items, size=case.interactions)
    users, items = np.divmod(np.unique(pairs), case.items)
    return Interactions(
        users,
        items,
        Vocabulary(np.arange(case.users), "users"),
        Vocabulary(np.arange(case.items), "items"),
    )


def build(case: Case) -> keras.Model:
    if case.hidden_block is None:
        return build_mf(case.users, case.items, embedding_dim=case.dim)
    model = build_neumf(case.users, case.items, embedding_dim=case.dim)
    model.interaction.hidden_block = case.hidden_block
    return model


def row(name: str, found: dict[str, Any]) -> list[str]:
    """A line of the table."""
    base = found["mib"]["imports"][0]
    above = {
        moment: [mib - base for mib in pair] for moment, pair in found["mib"].items()
    }
    del above["imports"]
    peak = max(pair[1] for pair in above.values())
    return [
        name,
        f"{found['table_mib']:.0f}",
        *(f"{now:.0f}/{most:.0f}" for now, most in above.values()),
        f"{peak:.0f}",
        f"{base + peak:.0f}",
        f"{1e3 * found['seconds_per_step']:.2f}",
    ]


def main() -> None:
    options = parser(__doc__, repeats=10)
    options.add_argument("--only", help="such as 'base;10M users'")
    options = options.parse_args()
    names = options.only.split(";") if options.only else list(CASES)
    cases = {name: asdict(CASES[name]) for name in names}
    found: dict[str, Any] = {}
    for name in names:
        progress(name)
        found[name] = in_child(measure, CASES[name], options.repeats)
        keep(options, {"cases": cases, "found": found})
    progress("")
    moments = [f"{moment} now/peak" for moment in ("data", "model", "state", "steps")]
    print_table(
        ["MiB above imports", "tables", *moments, "peak", "with imports", "ms a step"],
        [row(name, x) for name, x in found.items()],
    )
    finish(options, {"cases": cases, "found": found})


if __name__ == "__main__":
    main()
