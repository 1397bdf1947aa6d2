"""The best model of a run, the differences to it, and their tests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tfrecs.bench.problem import Problem
from tfrecs.bench.result import ORACLE, Result, Summary, summarize
from tfrecs.evaluation.significance import PairedTest, holm
from tfrecs.reporting.plots.colours import BASELINES, FEW

FEW_USERS = 30
"""With fewer users the intervals are too narrow."""

ALPHA = 0.05
"""A difference is significant if its corrected p value is at most this."""


@dataclass(frozen=True)
class Findings:
    """The comparisons of a run.

    Args:
        metric: ranks and tests the models: NDCG at the largest k.
        rows: models with numbers, best first.
        missing: results without numbers.
    """

    metric: str
    rows: tuple[Summary, ...]
    missing: tuple[Result, ...]

    @property
    def best(self) -> str | None:
        """The best model; None if no model has numbers."""
        return self.competing[0].model if self.competing else None

    @property
    def baseline(self) -> str | None:
        """LightFM, or else popularity; None if neither has numbers."""
        known = [row.model for row in self.competing]
        return next((name for name in BASELINES if name in known), None)

    @cached_property
    def to_baseline(self) -> dict[str, PairedTest]:
        """Other models against the baseline, with Holm's correction."""
        return self._compared(self.baseline)

    @cached_property
    def to_best(self) -> dict[str, PairedTest]:
        """Other models against the best one, with Holm's correction."""
        if self.best == self.baseline:
            return self.to_baseline
        return self._compared(self.best)

    def _compared(self, base: str | None) -> dict[str, PairedTest]:
        """Tests all other models against one; empty with fewer than two users."""
        if base is None or self.num_users < 2:
            return {}
        draws = num_draws(self.num_users)
        other = self.row(base).evaluation
        tests = {
            row.model: row.evaluation.compare(other, self.metric, num_resamples=draws)
            for row in self.competing
            if row.model != base
        }
        adjusted = holm([test.p_value for test in tests.values()])
        return {
            model: replace(test, p_value=float(p))
            for (model, test), p in zip(tests.items(), adjusted, strict=True)
        }

    def row(self, model: str) -> Summary:
        """Returns the row of a model."""
        return next(row for row in self.rows if row.model == model)

    def mean(self, model: str) -> float:
        """Returns a model's value of the metric."""
        return self.row(model).mean[self.metric]

    @property
    def competing(self) -> list[Summary]:
        """All rows but the oracle's."""
        return [row for row in self.rows if row.model != ORACLE]

    @property
    def best_together(self) -> list[str]:
        """The best model, and models with an identical value."""
        top = max((self.mean(row.model) for row in self.competing), default=None)
        return [row.model for row in self.competing if self.mean(row.model) == top]

    @property
    def num_users(self) -> int:
        """The number of tested users; 0 without rows."""
        return len(self.rows[0].evaluation.user_ids) if self.rows else 0

    @property
    def chose_epochs(self) -> bool:
        """True if any model's number of epochs was chosen on validation data."""
        return any(row.first.curve for row in self.rows)

    @property
    def missing_by_reason(self) -> dict[tuple[str, str], list[str]]:
        """The seeds without numbers of each model and reason."""
        seeds: dict[tuple[str, str], list[str]] = {}
        for result in self.missing:
            seeds.setdefault((result.model, result.status), []).append(f"{result.seed}")
        return seeds

    @property
    def models_to_repeat(self) -> list[str]:
        """The models to run again with more seeds, at least two if there are."""
        named = [self.best, self.fastest, self.baseline]
        if len(set(named)) == 1:  # one model alone cannot be compared
            named += [row.model for row in self.competing[:2]]
        return list(dict.fromkeys(filter(None, named)))

    @property
    def exact(self) -> set[bool]:
        """The kinds of the tests: True for exact ones, False for random draws."""
        tests = (*self.to_baseline.values(), *self.to_best.values())
        return {test.exact for test in tests}

    @property
    def level_with_best(self) -> list[str]:
        """Models whose difference to the best one is not significant."""
        return [model for model, test in self.to_best.items() if test.p_value > ALPHA]

    @property
    def highlighted(self) -> list[str]:
        """The best model, the fastest one level with it, and the baselines.

        All models if there are few.
        """
        named = [self.best, self.fastest, *BASELINES]
        known = [row.model for row in self.rows]
        if len(known) <= FEW:
            named += known
        return [model for model in dict.fromkeys(named) if model in known and model]

    @property
    def fastest(self) -> str | None:
        """The fastest to train of the best model and those level with it."""
        if self.best is None:
            return None
        level = [self.best, *self.level_with_best]
        return min(level, key=lambda model: self.row(model).seconds)


def find(problem: Problem, results: Sequence[Result]) -> Findings:
    """Ranks the models by NDCG at the largest k."""
    metric = f"ndcg@{max(problem.cutoffs)}"
    done = [summary for summary in summarize(results) if metric in summary.mean]
    rows = tuple(sorted(done, key=lambda summary: -summary.mean[metric]))
    return Findings(metric, rows, tuple(r for r in results if r.evaluation is None))


def num_draws(num_users: int) -> int:
    """Returns the draws of a test: p values are multiples of 1 / draws."""
    return max(1000, min(4000, 10**8 // num_users))
