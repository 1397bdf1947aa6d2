"""The trials of a search, and its outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OK = "ok"
PRUNED = "pruned"
OUT_OF_TIME = "out of time"
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Trial:
    """One point of a search.

    Args:
        number: from 0.
        index: number of its point, from 0, the default one. A trial that was
            interrupted has another one with the same point.
        values: value of each setting.
        status: "ok"; "pruned", if it was behind others at the same number of passes;
            "out of time"; "interrupted"; or "failed" and the error.
        score: NDCG on the validation data; of a pruned trial, when it ended; None if it
            was never measured.
        epochs: number of epochs of the score; None if the model has none.
        seconds: time that it took.
    """

    number: int
    index: int
    values: Mapping[str, Any]
    status: str
    score: float | None
    epochs: int | None
    seconds: float

    @property
    def in_one_line(self) -> str:
        """The number, status, score and time, for progress."""
        score = "" if self.score is None else f", validation NDCG {self.score:.4f}"
        return f"trial {self.number}: {self.status}{score}, {self.seconds:.0f} s"


@dataclass(frozen=True)
class Tuned:
    """The outcome of a search.

    Args:
        name: name of the model.
        trials: all trials, in the order of their numbers.
        importances: share of each setting in the differences between the trials, adding
            up to 1, by PED-ANOVA; empty if there were too few trials.
    """

    name: str
    trials: tuple[Trial, ...]
    importances: Mapping[str, float] = field(default_factory=dict)

    @property
    def done(self) -> list[Trial]:
        """The trials that ran to their end, with the default first."""
        return [trial for trial in self.trials if trial.status == OK]

    @property
    def default(self) -> Trial | None:
        """The trial of the default point; None if it failed."""
        return next((trial for trial in self.done if trial.index == 0), None)

    @property
    def best(self) -> Trial | None:
        """The first trial with the highest score; None if all failed."""
        return max(self.done, key=lambda trial: trial.score or 0.0, default=None)

    def count(self, status: str) -> int:
        """Returns the number of trials of a status."""
        return sum(trial.status == status for trial in self.trials)

    @property
    def failures(self) -> list[Trial]:
        """The trials that raised an error."""
        known = (OK, PRUNED, OUT_OF_TIME, INTERRUPTED)
        return [trial for trial in self.trials if trial.status not in known]
