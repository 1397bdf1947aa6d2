"""Evaluation of a fitted model for the table and the report."""

from dataclasses import replace

import numpy as np

from tfrecs._base.types import Scorer
from tfrecs.bench.problem import Problem
from tfrecs.bench.result import Result
from tfrecs.evaluation import Evaluation, as_scorer, evaluate
from tfrecs.evaluation.metrics import METRICS, WHOLE_METRICS
from tfrecs.evaluation.ranking.scorers import ScoresUsers
from tfrecs.evaluation.ranking.top_k import NO_ITEM, top_k

MORE_CUTOFFS = (1, 2, 3, 5, 10, 20, 50)
"""Cut-offs of the metrics in the report, if the catalogue is large enough."""

OF_LISTS = ("coverage", "popularity", "head_share")

LIST_LENGTH = 10
"""Length of the lists of example users."""


def measured(model: ScoresUsers | Scorer, problem: Problem, result: Result) -> Result:
    """Adds the model's metrics on the test data to a result.

    The catalogue is ranked once for all cut-offs. Cut-offs of the report only are kept
    as means, since values for each user take memory.
    """
    scorer = as_scorer(model, train=problem.train)
    cutoffs = {k for k in MORE_CUTOFFS if k <= problem.train.num_items}
    found = evaluate(
        scorer,
        problem.train,
        problem.test,
        k=sorted(cutoffs.union(problem.cutoffs)),
        exclude_seen=problem.exclude_seen,
        metrics=[*METRICS, *WHOLE_METRICS, *OF_LISTS],
    )
    evaluation = replace(
        found,
        per_user={name: found.per_user[name] for name in per_user_names(problem)},
        overall={},
    )
    return replace(
        result,
        evaluation=evaluation,
        more_metrics={} if problem.exclude_seen else micro(evaluation, problem),
        shape=found.metrics,
        lists=_lists(scorer, problem),
    )


def per_user_names(problem: Problem) -> list[str]:
    """Returns the metrics whose values of each user are kept."""
    asked = [f"{name}@{k}" for k in problem.cutoffs for name in METRICS]
    return [*asked, *WHOLE_METRICS]


def micro(evaluation: Evaluation, problem: Problem) -> dict[str, float]:
    """Returns precision and recall over the lists of all users together."""
    return {
        f"micro_{name}": value
        for k in problem.cutoffs
        for name, value in evaluation.micro(k).items()
    }


def _lists(scorer: Scorer, problem: Problem) -> dict[int, tuple[int, ...]]:
    """Returns the top items of the example users; fewer if fewer are left."""
    users, train = problem.example_users, problem.train
    deny = train if problem.exclude_seen else None
    k = min(LIST_LENGTH, train.num_items)
    ranked, _ = top_k(scorer, np.array(users, dtype=np.int32), k, deny=deny)
    return {
        user: tuple(item for item in row if item != NO_ITEM)
        for user, row in zip(users, ranked.tolist(), strict=True)
    }
