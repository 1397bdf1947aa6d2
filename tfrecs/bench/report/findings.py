"""What a run found, beyond its numbers: who is best, by how much, and how sure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tfrecs.bench.problem import Problem
from tfrecs.bench.result import OK, ORACLE, Result, Summary, summarize
from tfrecs.evaluation import Evaluation
from tfrecs.evaluation.significance import PairedTest, holm
from tfrecs.reporting.plots import mean_over_seeds
from tfrecs.reporting.plots.colours import BASELINES, FEW

FEW_USERS = 30
"""With fewer, intervals are too narrow."""

ALPHA = 0.05
"""Differences whose adjusted p value is at most this are called significant."""


@dataclass(frozen=True)
class Comparison:
    """A model beside another one.

    Args:
        test: of their difference.
        p_value: the test's, adjusted for there being several of them.
    """

    test: PairedTest
    p_value: float

    @property
    def significant(self) -> bool:
        """Whether the difference is."""
        return self.p_value <= ALPHA


@dataclass(frozen=True)
class Row:
    """A model that has numbers, means over its seeds.

    Args:
        summary: of its results.
        evaluation: each user's values.
        seconds: of training on all of train.
        epochs: passes over the data.
        parameters: numbers that it learned.
        shape: means that figures show.
        curve: passes over the data to validation NDCG, of its first seed.
        lists: of example users, of its first seed.
    """

    summary: Summary
    evaluation: Evaluation
    seconds: float
    epochs: float
    parameters: int
    shape: Mapping[str, float]
    curve: Mapping[int, float]
    lists: Mapping[int, tuple[int, ...]]

    @property
    def model(self) -> str:
        """Its name."""
        return self.summary.model

    @property
    def num_seeds(self) -> int:
        """Seeds that it has numbers of."""
        return sum(result.status == OK for result in self.summary.results)


@dataclass(frozen=True)
class Findings:
    """What a run found.

    Args:
        metric: what models are ranked and tested by: NDCG at the largest k.
        rows: models with numbers, the best first.
        missing: results without numbers.
        best: the best model; None if none has numbers.
        baseline: what models are compared with, LightFM or else popularity; None if
            neither has numbers.
        to_baseline: each other model beside the baseline, Holm's correction over them.
        to_best: each other model beside the best, Holm's correction over them.
    """

    metric: str
    rows: tuple[Row, ...]
    missing: tuple[Result, ...]
    best: str | None
    baseline: str | None
    to_baseline: Mapping[str, Comparison]
    to_best: Mapping[str, Comparison]

    def row(self, model: str) -> Row:
        """The row of a model that has numbers."""
        return next(row for row in self.rows if row.model == model)

    def mean(self, model: str) -> float:
        """The model's value of the metric."""
        return self.row(model).summary.mean[self.metric]

    @property
    def competing(self) -> list[Row]:
        """All rows but the oracle's."""
        return [row for row in self.rows if row.model != ORACLE]

    @property
    def best_together(self) -> list[str]:
        """The best model, and those with the very same value."""
        top = max((self.mean(row.model) for row in self.competing), default=None)
        return [row.model for row in self.competing if self.mean(row.model) == top]

    @property
    def num_users(self) -> int:
        """Users who were tested; 0 if there are no rows."""
        return len(self.rows[0].evaluation.user_ids) if self.rows else 0

    @property
    def chose_epochs(self) -> bool:
        """Whether any model's number of epochs was chosen on validation data."""
        return any(row.curve for row in self.rows)

    @property
    def level_with_best(self) -> list[str]:
        """Models that cannot be told apart from the best."""
        return [model for model, c in self.to_best.items() if not c.significant]

    @property
    def highlighted(self) -> list[str]:
        """The best, the fastest that is level with it, and what readers know.

        All models, where there are few.
        """
        named = [self.best, self.fastest, *BASELINES]
        known = [row.model for row in self.rows]
        if len(known) <= FEW:
            named += known
        return [model for model in dict.fromkeys(named) if model in known and model]

    @property
    def fastest(self) -> str | None:
        """The fastest to train of the best and those that are level with it."""
        if self.best is None:
            return None
        level = [self.best, *self.level_with_best]
        return min(level, key=lambda model: self.row(model).seconds)


def find(problem: Problem, results: Sequence[Result]) -> Findings:
    """Ranks the models and tests their differences."""
    metric = f"ndcg@{max(problem.cutoffs)}"
    done = [s for s in summarize(results) if metric in s.mean]
    done.sort(key=lambda summary: -summary.mean[metric])
    rows = tuple(map(_row, done))
    competing = [row.model for row in rows if row.model != ORACLE]
    best = competing[0] if competing else None
    baseline = next((name for name in BASELINES if name in competing), None)
    measured = {row.model: row.evaluation for row in rows if row.model in competing}
    to_baseline = _compared(measured, baseline, metric)
    to_best = _compared(measured, best, metric) if best != baseline else to_baseline
    return Findings(
        metric=metric,
        rows=rows,
        missing=tuple(r for r in results if r.evaluation is None),
        best=best,
        baseline=baseline,
        to_baseline=to_baseline,
        to_best=to_best,
    )


def _row(summary: Summary) -> Row:
    done = [r for r in summary.results if r.evaluation is not None]
    shapes = [result.shape for result in done]
    return Row(
        summary=summary,
        evaluation=mean_over_seeds([r.evaluation for r in done if r.evaluation]),
        seconds=float(np.mean([result.fit_seconds for result in done])),
        epochs=float(np.mean([result.epochs for result in done])),
        parameters=done[0].parameters,
        shape={
            name: float(np.mean([shape[name] for shape in shapes]))
            for name in shapes[0]
            if all(name in shape for shape in shapes)
        },
        curve=done[0].curve,
        lists=done[0].lists,
    )


def _compared(
    evaluations: Mapping[str, Evaluation], with_: str | None, metric: str
) -> dict[str, Comparison]:
    """Each other model beside one; nothing where there are too few users to test."""
    if with_ is None or len(evaluations[with_].user_ids) < 2:
        return {}
    other = evaluations[with_]
    draws = num_draws(len(other.user_ids))
    tests = {
        model: evaluation.compare(other, metric, num_resamples=draws)
        for model, evaluation in evaluations.items()
        if model != with_
    }
    adjusted = holm([test.p_value for test in tests.values()])
    return {
        model: Comparison(test, float(p))
        for (model, test), p in zip(tests.items(), adjusted, strict=True)
    }


def num_draws(num_users: int) -> int:
    """As many as p values need, which are multiples of 1 / draws, and time allows."""
    return max(1000, min(4000, 10**8 // num_users))
