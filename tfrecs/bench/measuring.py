"""How a fitted model is measured: for the table, and for the report."""

from dataclasses import replace

import numpy as np

from tfrecs._base.types import Scorer
from tfrecs.bench.problem import Problem
from tfrecs.bench.result import Result
from tfrecs.evaluation import Evaluation, evaluate
from tfrecs.evaluation.metrics.ranking import METRICS, WHOLE_METRICS
from tfrecs.evaluation.ranking.scorers import ScoresUsers
from tfrecs.evaluation.ranking.top_k import NO_ITEM, top_k

MORE_CUTOFFS = (1, 2, 3, 5, 10, 20, 50)
"""At which the report shows the metrics as well, as far as the catalogue goes."""

OF_LISTS = ("coverage", "popularity", "head_share")

LIST_LENGTH = 10
"""Of the lists that example users get."""


def measured(model: ScoresUsers | Scorer, problem: Problem, result: Result) -> Result:
    """Gives the result with the model's figures on the test data.

    The catalogue is ranked once, for all cut-offs. Those that were not asked for stay
    as means alone, since values for each user take memory.
    """
    cutoffs = {k for k in MORE_CUTOFFS if k <= problem.train.num_items}
    found = evaluate(
        model,
        problem.train,
        problem.test,
        k=sorted(cutoffs.union(problem.cutoffs)),
        exclude_seen=problem.exclude_seen,
        metrics=[*METRICS, *WHOLE_METRICS, *OF_LISTS],
    )
    asked = [f"{name}@{k}" for k in problem.cutoffs for name in METRICS]
    names = (*asked, *WHOLE_METRICS)
    evaluation = replace(
        found, per_user={name: found.per_user[name] for name in names}, of_system={}
    )
    return replace(
        result,
        evaluation=evaluation,
        more_metrics={} if problem.exclude_seen else _micro(evaluation, problem),
        shape=found.metrics,
        lists=_lists(model, problem),
    )


def _micro(evaluation: Evaluation, problem: Problem) -> dict[str, float]:
    return {
        f"micro_{name}": value
        for k in problem.cutoffs
        for name, value in evaluation.micro(k).items()
    }


def _lists(model: ScoresUsers | Scorer, problem: Problem) -> dict[int, tuple[int, ...]]:
    """What the example users are recommended: fewer items where fewer are left."""
    users, train = problem.example_users, problem.train
    deny = train if problem.exclude_seen else None
    k = min(LIST_LENGTH, train.num_items)
    ranked, _ = top_k(model, np.array(users, dtype=np.int32), k, deny=deny)
    return {
        user: tuple(item for item in row if item != NO_ITEM)
        for user, row in zip(users, ranked.tolist(), strict=True)
    }
