"""The two data sets that quality is measured on, each with its own protocol."""

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tfrecs import Interactions, evaluate
from tfrecs.bench.options import parse
from tfrecs.bench.problem import load_problem
from tfrecs.splits import leave_last_out
from tfrecs.vocabulary import Vocabulary

NUM_SAMPLED = 99


@dataclass(frozen=True)
class Task:
    """Data and how they are measured.

    `fitting` and what `validate` measures are parts of `train`: settings are chosen on
    them. `test` is looked at when all is chosen. Both take what `evaluate` takes.
    """

    name: str
    train: Interactions
    fitting: Interactions
    validate: Callable[[Any], dict[str, float]]
    test: Callable[[Any], dict[str, float]]


def ml_100k() -> Task:
    """LightFM's `ua` split, rating >= 3, the whole catalogue ranked, train left out."""
    problem = load_problem(parse([]))

    def measure(train: Interactions, test: Interactions) -> Callable[[Any], dict]:
        names = ("precision", "ndcg")
        return lambda model: (
            evaluate(model, train, test, k=(5, 10), metrics=names).metrics
        )

    return Task(
        "ml-100k",
        problem.train,
        problem.fitting,
        measure(problem.fitting, problem.validation),
        measure(problem.train, problem.test),
    )


def ncf_ml_1m() -> Task:
    """He et al.'s ML-1M: each user's last item among 99 that are fixed.

    Validation is made alike from train: the last but one item of each user among 99
    drawn (seed 0) from those that the user has not.
    """
    folder = _folder("ncf-ml-1m")
    train = _read_ratings(folder / "ml-1m.train.rating.gz")
    with gzip.open(folder / "ml-1m.test.negative.gz", "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    users, items = np.array([row[0].strip("()").split(",") for row in rows], int).T
    negatives = np.array([row[1 : 1 + NUM_SAMPLED] for row in rows], int)

    fitting, held_out = leave_last_out(train, seed=0)
    rng = np.random.default_rng(0)
    drawn = np.stack(
        [
            rng.choice(np.flatnonzero(row == 0), NUM_SAMPLED, replace=False)
            for row in train.matrix[held_out.user_ids].toarray()
        ]
    )
    return Task(
        "ncf-ml-1m",
        train,
        fitting,
        _among(held_out.user_ids, held_out.item_ids, drawn),
        _among(users, items, negatives),
    )


TASKS = {"ml-100k": ml_100k, "ncf-ml-1m": ncf_ml_1m}


def _among(
    users: np.ndarray, items: np.ndarray, negatives: np.ndarray
) -> Callable[[Any], dict[str, float]]:
    """Hit rate and NDCG at 10 of `items` among `negatives`, ties against the model.

    A test item that is among its own negatives (156 of them) is not tied with itself.
    """
    others = negatives != items[:, None]

    def measure(model: Any) -> dict[str, float]:
        score = getattr(model, "score_users", model)
        scores = np.concatenate(
            [score(part) for part in np.array_split(users.astype(np.int32), 20)]
        )
        of_item = np.take_along_axis(scores, items[:, None], axis=1)
        of_others = np.take_along_axis(scores, negatives, axis=1)
        rank = 1 + ((of_others >= of_item) & others).sum(axis=1)
        hit = rank <= 10
        gain = np.where(hit, 1 / np.log2(1 + rank), 0)
        return {"hit_rate@10": float(hit.mean()), "ndcg@10": float(gain.mean())}

    return measure


def _read_ratings(path: Path) -> Interactions:
    columns = pd.read_csv(path, sep="\t", header=None).to_numpy().T
    return Interactions(
        columns[0],
        columns[1],
        users=Vocabulary(np.arange(6040), "users"),
        items=Vocabulary(np.arange(3706), "items"),
        timestamps=columns[3],
    )


def _folder(name: str) -> Path:
    places = os.environ.get("TFRECS_DATA", "").split(os.pathsep)
    for place in places:
        if (Path(place) / name).is_dir():
            return Path(place) / name
    raise SystemExit(f"{name} is not in a folder of TFRECS_DATA: {places}")
