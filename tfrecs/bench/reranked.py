"""The row of a second stage: boosted trees reorder the best items of EASE."""

import time
from dataclasses import replace
from typing import Any

from tfrecs.bench.baselines.ease import fit_ease
from tfrecs.bench.baselines.fitted import BaselineError, Fitted
from tfrecs.bench.problem import Problem
from tfrecs.bench.result import Progress, Result
from tfrecs.data.interactions import Interactions
from tfrecs.inference.recommender import Recommender
from tfrecs.inference.second_stage.reranked import Reranked

RERANKED = "reranked"
"""Name of the row."""

CANDIDATES = 200
"""Items of each user that the ranker reorders, if there are as many."""

TREES = {
    "learning_rate": 0.05,
    "max_iter": 100,
    "max_leaf_nodes": 4,
    "min_samples_leaf": 1000,
    "early_stopping": False,
}
"""Settings, chosen on validation parts of ML-100K; see `benchmarks/README.md`."""

ORDER = {"score": 1, "rank": -1}
"""A candidate of higher first-stage score is never worse, if all else is equal."""


def fit_reranked(
    problem: Problem, seed: int, progress: Progress
) -> tuple[Reranked, Result]:
    """Fits both stages: the ranker on the validation part, then EASE on all of train.

    The ranker learns from candidates of an EASE of `problem.fitting`, with the encoded
    features of users and items, if there are any.

    Raises:
        BaselineError: if scikit-learn is not installed, or EASE does not fit in memory.
    """
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
    except ImportError as error:
        raise BaselineError("not installed: pip install scikit-learn") from error
    options: dict[str, Any] = {
        "candidates": min(CANDIDATES, problem.train.num_items),
        **{f"{side}_encoder": found for side, found in problem.encoders.items()},
    }
    ranker = HistGradientBoostingClassifier(
        **TREES, monotonic_cst=ORDER, random_state=seed
    )
    start = time.perf_counter()
    progress("fitting the ranker")
    fitted = fit_ease(problem.fitting, seed)
    first = _recommender(fitted, problem, problem.fitting)
    Reranked.train(first, problem.validation, ranker, seed=seed, **options)
    progress("fitting the first stage on all of train")
    fitted = fit_ease(problem.train, seed)
    both = Reranked(_recommender(fitted, problem, problem.train), ranker, **options)
    return both, Result(
        RERANKED,
        seed,
        fit_seconds=time.perf_counter() - start,
        epochs=1,
        parameters=fitted.parameters,
        hparams={"first_stage": "ease", "candidates": both.candidates, **TREES},
    )


def _recommender(fitted: Fitted, problem: Problem, train: Interactions) -> Recommender:
    """Returns a first stage, without features that have no encoder."""
    raw = {"user", "item"} - set(problem.encoders)
    without: dict[str, Any] = {f"{side}_features": None for side in raw}
    return Recommender(fitted.score_users, replace(train, **without))
