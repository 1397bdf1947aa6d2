"""What partial credit for genres does to lists on ML-100K: quality and likeness.

MF with and without credit, all else the same. Likeness is the mean Jaccard similarity
of genres between a user's 10 recommended films and those that the user has in training.
The weight is chosen on validation data, a tenth of train, for each objective: the one
with the most likeness whose NDCG@10 is not below that without credit. Then both are
trained on all of train with each seed, and only then is the test set looked at.
`python benchmarks/partial_credit.py [--objectives A,B] [--seeds 3] [--json FILE]`.
"""

import json
import statistics
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _report import finish, keep, parser, print_table
from _tasks import TASKS, Task
from _training import Setting, built

from tfrecs import FeatureEncoder, Interactions, credit_from_frame, top_k
from tfrecs._base.types import AnyArray
from tfrecs.models import build_mf

MF = built(build_mf, embedding_dim=64, dropout=0.5)
SETTINGS = {
    "softmax": Setting(
        MF, 30, 0.02, objective="softmax", negatives="shared", num_negatives=512
    ),
    "hinge": Setting(MF, 30, 0.01, objective="hinge", negatives="own", num_negatives=8),
    "bpr": Setting(MF, 30, 0.01, objective="bpr", negatives="own", num_negatives=8),
    "warp": Setting(MF, 30, 0.01, objective="warp", negatives="own", num_negatives=20),
}
WEIGHTS = (0.2, 0.4, 0.6, 0.8)


def genre_credit(weight: float, train: Interactions) -> Any:
    """Credit for having the same genres."""
    return credit_from_frame(train.item_features, multi_hot={"genres": weight})


def likeness(train: Interactions) -> Callable[[Any], float]:
    """Takes a model, gives the mean Jaccard of recommended and training films."""
    encoder = FeatureEncoder(multi_hot=["genres"])
    flags = encoder.fit_transform(train.item_features).toarray()
    both, sizes = flags @ flags.T, flags.sum(axis=1)
    either = sizes[:, None] + sizes - both
    jaccard = both / np.maximum(either, 1)
    known = train.matrix
    users = np.flatnonzero(np.diff(known.indptr))
    to_known: AnyArray = known[users] @ jaccard  # [users, num_items], sums
    to_known /= np.diff(known.indptr)[users, None]

    def measure(model: Any) -> float:
        items, _ = top_k(model, users, 10, deny=train)
        return float(np.take_along_axis(to_known, items, axis=1).mean())

    return measure


def measured(
    setting: Setting, task: Task, seed: int, on_test: bool
) -> dict[str, float]:
    """Trains, and gives quality and likeness on validation or on test data."""
    train = task.train if on_test else task.fitting
    model = setting(train, seed).score_users
    quality = (task.test if on_test else task.validate)(model)
    return {**quality, "likeness": likeness(train)(model)}


def means(rows: list[dict[str, float]]) -> dict[str, float]:
    """The mean of each figure."""
    return {name: statistics.mean(row[name] for row in rows) for name in rows[0]}


def choose(trials: dict[str, dict[str, float]]) -> str:
    """The weight with the most likeness that costs no quality on validation data."""
    least = trials["0"]["ndcg@10"]
    able = [w for w in trials if w != "0" and trials[w]["ndcg@10"] >= least]
    able = able or [
        w for w in trials if w != "0"
    ]  # none: the one to show what it costs
    return max(able, key=lambda weight: trials[weight]["likeness"])


def compare(setting: Setting, task: Task, weights: list[float], seeds: int) -> dict:
    """Chooses the weight, then measures with it and without on test."""

    def with_credit(weight: float) -> Setting:
        return replace(
            setting, credit=partial(genre_credit, weight) if weight else None
        )

    trials = {}
    for weight in (0, *weights):
        trial = with_credit(weight)
        rows = [measured(trial, task, seed, on_test=False) for seed in range(seeds)]
        trials[f"{weight:g}"] = means(rows)
        print(f"{setting.objective}, {weight:g}: {trials[f'{weight:g}']}", flush=True)
    best = choose(trials)
    tests = {
        weight: [
            measured(with_credit(float(weight)), task, seed, on_test=True)
            for seed in range(seeds)
        ]
        for weight in ("0", best)
    }
    return {"weight": float(best), "validation": trials, "test": tests}


def rows_of(objective: str, found: dict) -> list[list[Any]]:
    """Two rows of the table: without credit and with the weight that was chosen."""
    rows = []
    for weight, runs in found["test"].items():
        quality = [run["ndcg@10"] for run in runs]
        rows.append(
            [
                objective,
                weight,
                f"{found['validation'][weight]['ndcg@10']:.4f}",
                f"{statistics.mean(quality):.4f}",
                f"{statistics.stdev(quality) if len(quality) > 1 else 0:.4f}",
                f"{means(runs)['likeness']:.4f}",
            ]
        )
    return rows


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--objectives", default=",".join(SETTINGS), metavar="A,B")
    made.add_argument("--seeds", type=int, default=3)
    options = made.parse_args()
    task, found = TASKS["ml-100k"](), {}
    if options.json and Path(options.json).exists():
        found = json.loads(Path(options.json).read_text(encoding="utf-8"))["found"]
    for name in options.objectives.split(","):
        if name not in found:
            found[name] = compare(SETTINGS[name], task, list(WEIGHTS), options.seeds)
            keep(options, {"task": task.name, "found": found})
    print_table(
        ["objective", "weight", "validation", "test NDCG@10", "sd", "likeness"],
        [row for name, figures in found.items() for row in rows_of(name, figures)],
    )
    finish(options, {"task": task.name, "found": found})


if __name__ == "__main__":
    main()
