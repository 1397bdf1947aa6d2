"""The data sets that quality is measured on, each with its own protocol."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfrecs import Interactions, evaluate, load_dataset
from tfrecs.bench.problem import Problem, load_problem
from tfrecs.data.datasets import Dataset
from tfrecs.data.datasets.fetch import fetch
from tfrecs.data.splits import (
    Split,
    leave_last_out,
    masked_split,
    random_split,
    stratified_split,
)
from tfrecs.data.vocabulary import Vocabulary
from tfrecs.evaluation import evaluate_sampled
from tfrecs.evaluation.candidates import SampledCandidates, sample_candidates

Measure = Callable[[Any], dict[str, float]]
"""Takes what `evaluate` takes as a model, gives metrics."""


@dataclass(frozen=True)
class Task:
    """Data and how they are measured.

    `fitting` and what `validate` measures are parts of `train`: settings are chosen on
    them. `test` is looked at when all is chosen.

    Args:
        name: of the data set and the protocol.
        dataset: where the data are from, which names the features.
        train: what models learn from.
        fitting: what they learn from while settings are chosen.
        validate: measures on the rest of `train`.
        test: measures on the test data.
        metric: what settings are chosen by.
    """

    name: str
    dataset: Dataset
    train: Interactions
    fitting: Interactions
    validate: Measure
    test: Measure
    metric: str


def ml_100k() -> Task:
    """LightFM's `ua` split, rating >= 3, the whole catalogue ranked, train left out."""
    options = {"k": (5, 10), "metrics": ("precision", "ndcg")}
    return _of_problem("ml-100k", load_problem(), "ndcg@10", options)


def ncf_ml_1m() -> Task:
    """He et al.'s ML-1M: each user's last item among 99 that are fixed.

    Validation is made alike from train: the last but one item of each user among 99
    drawn (seed 0) from those that the user has not.
    """
    data = load_dataset("ncf-ml-1m")
    train = data.interactions.take(~data.test_rows)
    test = data.interactions.take(data.test_rows)
    fitting, validation = leave_last_out(train, seed=0)
    drawn = sample_candidates(fitting, validation, num_negatives=99, seed=0)
    return Task(
        "ncf-ml-1m",
        data,
        train,
        fitting,
        _sampled(validation, drawn),
        _sampled(test, SampledCandidates(*data.negatives)),
        "ndcg@10",
    )


def ultragcn_ml_1m() -> Task:
    """BARS's m1: the whole catalogue ranked, train left out; a tenth validates."""
    data = load_dataset("ultragcn-ml-1m")
    train = data.interactions.take(~data.test_rows)
    test = data.interactions.take(data.test_rows)
    fitting, validation = random_split(train, seed=0, test_fraction=0.1)
    options = {"k": 20, "metrics": ("recall", "ndcg")}
    return Task(
        "ultragcn-ml-1m",
        data,
        train,
        fitting,
        _full(fitting, validation, **options),
        _full(train, test, **options),
        "ndcg@20",
    )


def yelp2018() -> Task:
    """BARS's m1 of Yelp2018, as m1 of MovieLens 1M; a tenth of train validates."""
    origin = "Data/yelp2018 of kuandeng/LightGCN on GitHub"
    files = fetch("yelp2018", (("train.txt", "test.txt"),), origin=origin)
    problem = load_problem(train=files["train.txt"], test=files["test.txt"], k=20)
    options = {"k": 20, "metrics": ("recall", "ndcg")}
    return _of_problem("yelp2018", problem, "ndcg@20", options)


def collie_ml_100k() -> Task:
    """Collie's tutorials: rating >= 4, users with 3 or more, a tenth of each as test.

    All items are ranked, training items too; as in Collie the catalogue is 1,674 films,
    up to the last one that anybody liked. The split is ours (seed 42), of the same
    kind: it rounds a user's number of test items up, as Collie's does.
    """
    data = load_dataset("ml-100k")
    liked = data.interactions.at_least(4).k_core(user=3)
    last = liked.items.ids.max()
    catalogue = [film for film in data.interactions.items.ids if film <= last]
    liked = Interactions.from_arrays(
        liked.users.ids[liked.user_ids],
        liked.items.ids[liked.item_ids],
        user_vocabulary=liked.users,
        item_vocabulary=Vocabulary(catalogue, "items"),
        user_features=liked.user_features,
        item_features=data.interactions.item_features,
    )
    tenth = {"test_fraction": 0.1, "round_up": True}
    train, test = stratified_split(liked, seed=42, **tenth)
    fitting, validation = stratified_split(train, seed=0, **tenth)
    options = {"k": 10, "metrics": ("map", "mrr", "auc"), "exclude_seen": False}
    return Task(
        "collie-ml-100k",
        data,
        train,
        fitting,
        _full(fitting, validation, **options),
        _full(train, test, **options),
        "map@10",
    )


def recommenders_ml_100k() -> Task:
    """Recommenders' comparison: all ratings, a quarter of each item's as test, k = 10.

    The split is ours (seed 42), of the same kind. Training items are left out, and MAP
    divides by all test items.
    """
    data = load_dataset("ml-100k")
    train, test = split_items(data.interactions, seed=42, test_fraction=0.25)
    fitting, validation = split_items(train, seed=0, test_fraction=0.1)
    options = {"k": 10, "metrics": ("map_all", "ndcg", "precision", "recall")}
    return Task(
        "recommenders-ml-100k",
        data,
        train,
        fitting,
        _full(fitting, validation, **options),
        _full(train, test, **options),
        "ndcg@10",
    )


def split_items(
    interactions: Interactions, *, seed: int, test_fraction: float
) -> Split:
    """Puts a random `test_fraction` of each item's interactions, rounded, into test."""
    items = interactions.item_ids
    tie = np.random.default_rng(seed).random(len(items))
    order = np.lexsort((tie, items))
    counts = np.bincount(items)
    place = np.empty(len(items), dtype=np.int64)
    place[order] = np.arange(len(items)) - (np.cumsum(counts) - counts)[items[order]]
    return masked_split(interactions, place < np.round(test_fraction * counts)[items])


TASKS: dict[str, Callable[[], Task]] = {
    "ml-100k": ml_100k,
    "ncf-ml-1m": ncf_ml_1m,
    "ultragcn-ml-1m": ultragcn_ml_1m,
    "yelp2018": yelp2018,
    "collie-ml-100k": collie_ml_100k,
    "recommenders-ml-100k": recommenders_ml_100k,
}


def _of_problem(
    name: str, problem: Problem, metric: str, options: dict[str, Any]
) -> Task:
    """The data of the bench, with the whole catalogue ranked."""
    return Task(
        name,
        problem.dataset,
        problem.train,
        problem.fitting,
        _full(problem.fitting, problem.validation, **options),
        _full(problem.train, problem.test, **options),
        metric,
    )


def _full(
    train: Interactions,
    test: Interactions,
    *,
    k: int | Sequence[int],
    metrics: Sequence[str],
    exclude_seen: bool = True,
) -> Measure:
    options = {"k": k, "metrics": metrics, "exclude_seen": exclude_seen}
    return lambda model: evaluate(model, train, test, **options).metrics


def _sampled(test: Interactions, candidates: SampledCandidates) -> Measure:
    options = {"k": 10, "metrics": ("hit_rate", "ndcg")}
    return lambda model: evaluate_sampled(model, test, candidates, **options).metrics
