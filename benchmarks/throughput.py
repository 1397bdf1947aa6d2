"""Training throughput on ML-100K (`ua.base`), when nothing is left to compile.

Every model of `MODELS`, 64 wide and otherwise as its recipe says, with all items as
negatives, 8 for each positive, and those of the batch with as many uniform ones; beside
LightFM's WARP, implicit's ALS and TensorFlow Recommenders, 64 wide, and beside the
plain Keras way (pairs one by one, shuffled, in batches of 1,024; 8 negatives).
All take turns, warmed up, medians. Ours and plain Keras: a fit of one Keras epoch.
Baselines: a fit of 11 epochs less a fit of one, which leaves out what comes before.
A batch that is not full is left out of a pass: rates count what was trained on.
Each round of turns is written to the file of `--json` when it is done.
`python benchmarks/throughput.py [--models mf,lightfm] [--repeats 5] [--json FILE]`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import keras
import numpy as np
from _plain_keras import plain_mf, plain_neumf, plain_pairs
from _report import finish, in_turns, keep, medians, parser, print_table, seconds

from tfrecs.bench.baselines import fit_implicit_als, fit_lightfm, fit_tfrs
from tfrecs.bench.problem import Problem, load_problem
from tfrecs.bench.recipe_table import RECIPES
from tfrecs.bench.train import Training
from tfrecs.models import MODELS
from tfrecs.training.fit import compile_for, fit_batches
from tfrecs.training.plan import Negatives, Plan

DIM, OWN, BATCH = 64, 8, 1024
EPOCHS = {"all": 20, "own": 2, "mixed": 4}  # of a timed fit: some seconds at most


@dataclass(frozen=True)
class Way:
    """How to train, and what that is.

    Args:
        measure: trains, and gives seconds.
        positives: that it was trained on in these seconds.
        pairs: that it scored; 0 if that is not known.
    """

    measure: Callable[[], float]
    positives: float
    pairs: int = 0


def ours(problem: Problem, model: str, negatives: str) -> Way:
    """One of our models."""
    recipe = RECIPES[model]
    kind = Negatives(negatives, OWN if negatives == "own" else None)
    recipe = replace(
        recipe,
        arguments={**recipe.arguments, "embedding_dim": DIM},
        training=replace(recipe.training, negatives=kind),
    )
    towers, train = Training(recipe, problem).model, problem.train
    plan = Plan("bce", kind)
    trained = compile_for(towers, plan, keras.optimizers.Adam(3e-3))
    feed = plan.batches(train, seed=0, epochs=EPOCHS[negatives])
    shape, steps = feed.element_spec[1].shape, int(feed.cardinality())
    positives = steps * shape[0]
    if negatives == "all":  # a row is a user with all of its positives
        positives *= len(train) / len(np.unique(train.user_ids))
    fit = partial(fit_batches, trained, feed, 1)
    return Way(lambda: seconds(fit), positives, steps * shape.num_elements())


def plain(problem: Problem, build: Callable[..., keras.Model], **sizes: Any) -> Way:
    """The plain Keras way."""
    train = problem.train
    model = build(train.num_users, train.num_items, embedding_dim=DIM, **sizes)
    feed = plain_pairs(train, OWN, seed=0).batch(BATCH)
    fit = partial(model.fit, feed, shuffle=False, verbose=0)
    return Way(lambda: seconds(fit), len(train), len(train) * (1 + OWN))


def baseline(
    problem: Problem, fit: Callable[..., Any], name: str = "epochs", **settings: Any
) -> Way:
    """Ten epochs of a baseline: 11 less one."""

    def measure() -> float:
        long, short = (
            fit(problem.train, 0, **{name: epochs}, **settings).fit_seconds
            for epochs in (11, 1)
        )
        return long - short

    return Way(measure, 10 * len(problem.train))


OTHERS: dict[str, Callable[[Problem], Way]] = {
    "lightfm": partial(baseline, fit=fit_lightfm, no_components=DIM),
    "implicit-als": partial(
        baseline, fit=fit_implicit_als, name="iterations", factors=DIM
    ),
    "tfrs": partial(baseline, fit=fit_tfrs, embedding_dim=DIM),
    "plain-mf": partial(plain, build=plain_mf),
    "plain-neumf": partial(
        plain, build=plain_neumf, mlp_embedding_dim=32, hidden_units=(16, 8)
    ),
}


def make_ways(problem: Problem, name: str) -> dict[str, Way]:
    if name in OTHERS:
        return {name: OTHERS[name](problem)}
    return {f"{name}, {kind}": ours(problem, name, kind) for kind in EPOCHS}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--models", default=",".join([*MODELS, *OTHERS]))
    options = options.parse_args()
    keras.utils.set_random_seed(0)
    problem = load_problem()
    ways: dict[str, Way] = {}
    for name in options.models.split(","):
        ways |= make_ways(problem, name)
    taken = in_turns(
        ways,
        options.repeats,
        lambda way: way.measure(),
        after_round=lambda taken: keep(options, {"seconds": taken}),
    )
    found = {
        name: {
            "seconds_per_pass": time * len(problem.train) / ways[name].positives,
            "positives_per_second": ways[name].positives / time,
            "pairs_per_second": ways[name].pairs / time,
        }
        for name, time in medians(taken).items()
    }
    print_table(
        ["", "s per pass", "M positives/s", "M scored pairs/s"],
        [
            (
                name,
                f"{x['seconds_per_pass']:.4f}",
                f"{x['positives_per_second'] / 1e6:.3f}",
                f"{x['pairs_per_second'] / 1e6:.1f}" if x["pairs_per_second"] else "-",
            )
            for name, x in found.items()
        ],
    )
    finish(options, {"found": found, "seconds": taken})


if __name__ == "__main__":
    main()
