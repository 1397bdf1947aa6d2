"""Quality against training seconds, for ours, LightFM, implicit and EASE.

A point is a whole training of that length, measured on test; the settings of ours were
chosen on validation data (`--validation` measures there instead). Seconds are those of
training alone: ours is compiled by a first training, whose extra time stands in a
column of its own, and then starts again from the same weights. Import is reported too.
`python benchmarks/time_to_quality.py [--task ncf-ml-1m|yelp2018] [--seeds 3]
[--plot FILE] [--json FILE]`.
"""

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import keras
import numpy as np
from _report import finish, parser, print_table, seconds
from _tasks import TASKS
from _training import Setting, built, hybrid

from tfrecs import Interactions, fit
from tfrecs.bench.baselines import fit_ease, fit_implicit_als, fit_lightfm
from tfrecs.models import build_cosine, build_mf
from tfrecs.models.two_tower import TwoTower
from tfrecs.training.fit import fit_batches

TUNED = {"no_components": 64, "learning_rate": 0.03, "alpha": 1e-5}


def mf(dim: int = 128, dropout: float = 0.5) -> Callable[[Interactions], TwoTower]:
    return built(build_mf, embedding_dim=dim, dropout=dropout)


HYBRID = partial(hybrid, embedding_dim=128, dropout=0.5, init_std=0.01)


def ours(setting: Setting, train: Interactions, seed: int) -> tuple[Any, float, float]:
    """Gives what scores, the seconds of training, and those of compiling."""
    keras.utils.set_random_seed(seed)
    model = setting.build(train)
    trained, data = setting.prepare(model, train, seed)
    trained.optimizer.build(trained.trainable_variables)
    state = [*trained.variables, *trained.optimizer.variables]
    start = [np.array(variable) for variable in state]
    first = seconds(lambda: fit_batches(trained, data, 1))
    for variable, value in zip(state, start, strict=True):
        variable.assign(value)
    taken = seconds(lambda: fit_batches(trained, data, 1))
    return model, taken, max(0.0, first - taken)


def of_lengths(*settings: Setting) -> dict[str, Callable]:
    return {f"{s.epochs}": partial(ours, s) for s in settings}


def by_default(
    dim: int, epochs: int, train: Interactions, seed: int
) -> tuple[Any, float, float]:
    """A cosine model with the defaults of `tfrecs.fit`, compilation in its seconds."""
    keras.utils.set_random_seed(seed)
    model = build_cosine(train.num_users, train.num_items, embedding_dim=dim)
    taken = seconds(lambda: fit(model, train, seed=seed, epochs=epochs))
    return model, taken, 0.0


def baseline(fit: Callable, train: Interactions, seed: int) -> tuple[Any, float, float]:
    fitted = fit(train, seed)
    return fitted.score_users, fitted.fit_seconds, 0.0


def lengths(fit: Callable, name: str, values: list[int]) -> dict[str, Callable]:
    return {f"{n}": partial(baseline, partial(fit, **{name: n})) for n in values}


PEERS = {
    "LightFM WARP": lengths(fit_lightfm, "epochs", [2, 5, 10]),
    "LightFM WARP, tuned": lengths(
        partial(fit_lightfm, **TUNED), "epochs", [5, 10, 20, 30]
    ),
    "implicit ALS": lengths(fit_implicit_als, "iterations", [1, 3, 7, 15]),
    "EASE": {"1": partial(baseline, fit_ease)},
}
CURVES: dict[str, dict[str, dict[str, Callable]]] = {
    "ml-100k": {
        "tfrecs MF": of_lengths(
            Setting(mf(64, 0.3), 8, 0.08, batch_size=64),
            Setting(mf(), 15, 0.08),
            Setting(mf(), 30, 0.04),
            Setting(mf(), 60, 0.02),
        ),
        "tfrecs hybrid": of_lengths(
            Setting(HYBRID, 30, 0.03),
            Setting(HYBRID, 60, 0.02),
            Setting(HYBRID, 100, 0.01),
        ),
        **PEERS,
    },
    "ncf-ml-1m": {
        "tfrecs MF": of_lengths(
            Setting(mf(64, 0.05), 6, 0.08),
            Setting(mf(64, 0.1), 12, 0.05),
            Setting(mf(64, 0.15), 25, 0.03),
            Setting(mf(64, 0.2), 50, 0.02),
        ),
        "LightFM WARP": lengths(fit_lightfm, "epochs", [1, 3, 10]),
        "LightFM WARP, tuned": lengths(
            partial(fit_lightfm, **TUNED), "epochs", [3, 10]
        ),
        "implicit ALS": lengths(
            partial(fit_implicit_als, factors=64), "iterations", [1, 3, 7, 15]
        ),
        "EASE": {"1": partial(baseline, partial(fit_ease, l2=1320))},
    },
    "yelp2018": {
        "tfrecs cosine, d=64": {
            f"{epochs}": partial(by_default, 64, epochs) for epochs in (1, 2, 3, 4)
        },
        "tfrecs cosine": {
            f"{epochs}": partial(by_default, 256, epochs) for epochs in (1, 2, 4)
        },
        "LightFM WARP": lengths(fit_lightfm, "epochs", [10]),
        "LightFM WARP, tuned": lengths(
            partial(fit_lightfm, **TUNED), "epochs", [10, 30]
        ),
        "implicit ALS": {
            "64 factors": partial(  # a regularization of 5
                baseline,
                partial(fit_implicit_als, factors=64, alpha=2, shrinkage=0.209),
            ),
            "default": partial(baseline, fit_implicit_als),
        },
    },
}
METRIC = {
    "ml-100k": "precision@5",
    "ncf-ml-1m": "ndcg@10",
    "yelp2018": "recall@20",
}


def points(task: Any, options: Any) -> Iterator[dict[str, Any]]:
    """Each length of each curve: the mean quality and the median seconds."""
    part = task.fitting if options.validation else task.train
    measure = task.validate if options.validation else task.test
    for curve, trainings in CURVES[task.name].items():
        for length, train in trainings.items():
            runs = [train(part, seed) for seed in range(options.seeds)]
            quality = [measure(model)[METRIC[task.name]] for model, *_ in runs]
            yield {
                "curve": curve,
                "length": length,
                "quality": statistics.mean(quality),
                "of_seeds": quality,
                "seconds": statistics.median(taken for _, taken, _ in runs),
                "compiling": statistics.median(extra for *_, extra in runs),
            }


def soonest(found: list[dict], quality: float, mine: bool) -> dict | None:
    """The quickest point of at least that quality."""
    good = [
        point
        for point in found
        if point["quality"] >= quality and point["curve"].startswith("tfrecs") == mine
    ]
    return min(good, key=lambda point: point["seconds"], default=None)


def plot(found: list[dict], metric: str, title: str, path: str) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    for curve in dict.fromkeys(point["curve"] for point in found):
        mine = [point for point in found if point["curve"] == curve]
        style = "o-" if curve.startswith("tfrecs") else "s--"
        axes.plot(
            [p["seconds"] for p in mine],
            [p["quality"] for p in mine],
            style,
            label=curve,
        )
    axes.set(xscale="log", xlabel="training seconds", ylabel=metric, title=title)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--task", default="ml-100k", choices=CURVES)
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--validation", action="store_true")
    made.add_argument("--plot", metavar="FILE", help="draw the curves (PNG)")
    options = made.parse_args()
    task, metric = TASKS[options.task](), METRIC[options.task]
    code = "import tfrecs.training.fit"
    importing = seconds(
        lambda: subprocess.run([sys.executable, "-c", code], check=True)
    )
    found = []
    for point in points(task, options):
        found.append(point)
        print(point, flush=True)
    print_table(
        [task.name, "length", metric, "s", "compiling s"],
        [
            [
                p["curve"],
                p["length"],
                f"{p['quality']:.4f}",
                f"{p['seconds']:.2f}",
                f"{p['compiling']:.2f}",
            ]
            for p in found
        ],
    )
    for curve in CURVES[options.task]:
        if curve.startswith("tfrecs"):
            continue
        last = [point for point in found if point["curve"] == curve][-1]
        ours = soonest(found, last["quality"], mine=True)
        reached = "not reached"
        if ours:
            share = ours["seconds"] / last["seconds"]
            reached = f"{ours['seconds']:.2f} s, {share:.2f} of it, by {ours['curve']}"
        print(
            f"{curve}'s {last['quality']:.4f} after {last['seconds']:.2f} s: {reached}"
        )
    print(f"import of tfrecs with TensorFlow: {importing:.1f} s, in no column")
    finish(options, {"task": task.name, "points": found, "import_seconds": importing})
    if options.plot:
        plot(found, metric, f"{task.name}: quality against time", options.plot)


if __name__ == "__main__":
    main()
