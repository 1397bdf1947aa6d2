"""The rows of the table: what learns from the stream, and what it starts from."""

from collections.abc import Callable
from dataclasses import dataclass

from tfrecs.bench.stream.problem import StreamProblem
from tfrecs.streaming import Isgd, ItemItem, Learner, Popular, RankingSgd, Ridge


@dataclass(frozen=True)
class Row:
    """One row.

    Args:
        learner: makes it, with its own defaults but for what is given here.
        from_model: whether it goes on from a model that is trained on the batch; if
            not, it learns from the batch's events one by one.
    """

    learner: Callable[[StreamProblem], Learner]
    from_model: bool = False


ROWS: dict[str, Row] = {
    "popularity": Row(lambda problem: Popular()),
    "recent-popularity": Row(lambda problem: Popular(window=problem.window)),
    "last-item": Row(lambda problem: ItemItem(most=1, power=0, backward=0)),
    "isgd": Row(lambda problem: Isgd(seed=problem.seed)),
    "item-item-cosine": Row(lambda problem: ItemItem(most=100, decay=1, backward=1)),
    "ranking-sgd": Row(lambda problem: RankingSgd(seed=problem.seed)),
    "ridge": Row(lambda problem: Ridge(seed=problem.seed), from_model=True),
    "item-item": Row(lambda problem: ItemItem()),
}
"""Baselines first. What is no default was chosen on the first fifth of ML-1M alone; see
`benchmarks/README.md`."""
