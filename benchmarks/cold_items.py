"""Films that nobody has in training: what a hybrid knows of them by their features.

ML-100K, rating >= 3. A tenth of the films is held out with all interactions (cold), and
a tenth of each user's others (warm). Models know no cold film: those are scored by
genres and decade alone (`score_new_items`), and ranked among themselves, where random
scores reach 10 / cold films. Warm films are ranked among all that are known, train left
out. Each model has the same candidates; the one with the best NDCG@10 on warm films of
a validation split (seed 100) is taken. Seeds are of the split and of the training.
`python benchmarks/cold_items.py [--seeds 3] [--json FILE]`
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import scipy.sparse as sp
from _report import finish, parser, print_table
from _training import Setting

from tfrecs import FeatureEncoder, Interactions, evaluate, load_dataset
from tfrecs.data.splits import cold_item_split, stratified_split
from tfrecs.data.vocabulary import Vocabulary
from tfrecs.models import build_hybrid, build_mf
from tfrecs.models.cold_start import score_new_items
from tfrecs.models.two_tower import TwoTower

SETTINGS = {
    f"{objective}, {epochs} epochs": {"objective": objective, "epochs": epochs}
    for objective in ("bce", "softmax")
    for epochs in (80, 160, 320)
}
VALIDATION = 100


@dataclass(frozen=True)
class Problem:
    """Training data without cold films, and what is held out.

    Args:
        train: over the vocabulary of known films.
        warm: held out, over the same.
        cold: held out, over the vocabulary of cold films.
        known_features: `[known films, features]`.
        cold_features: `[cold films, features]`.
    """

    train: Interactions
    warm: Interactions
    cold: Interactions
    known_features: sp.csr_array
    cold_features: sp.csr_array


def problem(seed: int) -> Problem:
    """Holds films out, and then interactions with the others."""
    data = load_dataset("ml-100k").interactions.at_least(3)
    encoder = FeatureEncoder(categorical=["decade"], multi_hot=["genres"])
    films = encoder.fit_transform(data.item_features)
    rest, cold = cold_item_split(data, seed=seed, test_fraction=0.1)
    train, warm = stratified_split(rest, seed=seed, test_fraction=0.1)
    is_cold = np.bincount(cold.item_ids, minlength=data.num_items) > 0
    return Problem(
        of_items(train, ~is_cold),
        of_items(warm, ~is_cold),
        of_items(cold, is_cold),
        films[~is_cold],
        films[is_cold],
    )


def of_items(data: Interactions, keep: np.ndarray) -> Interactions:
    """The same interactions, all of them with these films, over their vocabulary."""
    place = np.cumsum(keep) - 1
    items = Vocabulary(data.items.ids[keep], "items")
    return replace(data, item_ids=place[data.item_ids].astype(np.int32), items=items)


def mf(given: Problem) -> TwoTower:
    return build_mf(
        given.train.num_users, given.train.num_items, embedding_dim=64, dropout=0.5
    )


def hybrid(given: Problem) -> TwoTower:
    return build_hybrid(
        given.train.num_users,
        given.train.num_items,
        item_features=given.known_features,
        embedding_dim=64,
        dropout=0.5,
        init_std=0.01,
    )


MODELS: dict[str, Callable[[Problem], TwoTower]] = {"mf": mf, "hybrid": hybrid}


def fitted(name: str, setting: dict[str, Any], given: Problem, seed: int) -> TwoTower:
    """Builds and trains a model."""
    keras.utils.set_random_seed(seed)
    model = MODELS[name](given)
    training = Setting(lambda train: model, learning_rate=5e-3, **setting)
    training.go_on(model, given.train, seed)
    return model


def warm_ndcg(model: TwoTower, given: Problem) -> float:
    measured = evaluate(model, given.train, given.warm, k=10, metrics=("ndcg",))
    return measured.metrics["ndcg@10"]


def cold_recall(scores: np.ndarray, given: Problem) -> float:
    """Recall@10 among cold films of `[users, cold films]` scores."""
    options: dict[str, Any] = {"k": 10, "exclude_seen": False, "metrics": ("recall",)}
    return evaluate(scores, given.cold, given.cold, **options).metrics["recall@10"]


def measure(name: str, setting: dict[str, Any], seed: int) -> dict[str, float]:
    """Trains on a split of its own, and measures."""
    given = problem(seed)
    model = fitted(name, setting, given, seed)
    found = {"ndcg@10 warm": warm_ndcg(model, given)}
    shape = given.cold.num_users, given.cold.num_items
    rng = np.random.default_rng(seed)
    found["recall@10 cold, random"] = cold_recall(rng.random(shape), given)
    if name == "hybrid":
        users = np.arange(given.cold.num_users, dtype=np.int32)
        scores = score_new_items(model, users, given.cold_features)
        found["recall@10 cold"] = cold_recall(scores, given)
    return found


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--seeds", type=int, default=3)
    options = made.parse_args()
    validation, found = problem(VALIDATION), {}
    for name in MODELS:
        trials = {}
        for label, setting in SETTINGS.items():
            model = fitted(name, setting, validation, VALIDATION)
            trials[label] = warm_ndcg(model, validation)
            print(f"{name}, {label}: validation {trials[label]:.4f}", flush=True)
        best = max(trials, key=trials.__getitem__)
        tests = [measure(name, SETTINGS[best], seed) for seed in range(options.seeds)]
        found[name] = {"chosen": best, "trials": trials, "test": tests}
    metrics = ("ndcg@10 warm", "recall@10 cold", "recall@10 cold, random")
    print_table(
        ["model", *metrics, "chosen"],
        [
            [name, *(_mean(row["test"], m) for m in metrics), row["chosen"]]
            for name, row in found.items()
        ],
    )
    finish(options, {"found": found})


def _mean(tests: list[dict[str, float]], metric: str) -> str:
    if metric not in tests[0]:
        return "-"
    return f"{statistics.mean(test[metric] for test in tests):.4f}"


if __name__ == "__main__":
    main()
