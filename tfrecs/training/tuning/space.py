"""The values that a search may try for one setting."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class Range:
    """All numbers between two ends.

    Args:
        low: lower end.
        high: upper end.
        log: whether equal ratios, and not equal differences, are equally likely.
        whole: whether to try whole numbers alone.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def including(self, value: float) -> "Range":
        """Returns the range, widened to a value outside."""
        return replace(self, low=min(self.low, value), high=max(self.high, value))

    def suggest(self, trial: "optuna.Trial", name: str) -> float:
        """Returns the value of a trial."""
        if self.whole:
            low, high = int(self.low), int(self.high)
            return trial.suggest_int(name, low, high, log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)

    def stored(self, value: Any) -> Any:
        """Returns a value as Optuna stores it."""
        return value

    def loaded(self, value: Any) -> Any:
        """Returns a stored value as it is used."""
        return value


@dataclass(frozen=True)
class Choice:
    """A few values, in no order; Optuna stores them as text.

    Args:
        values: numbers, texts or tuples.
    """

    values: tuple[Any, ...]

    def including(self, value: Any) -> "Choice":
        """Returns the choice, with a value added if it is missing."""
        return self if value in self.values else Choice((*self.values, value))

    def suggest(self, trial: "optuna.Trial", name: str) -> Any:
        """Returns the value of a trial."""
        texts = [self.stored(value) for value in self.values]
        return self.loaded(trial.suggest_categorical(name, texts))

    def stored(self, value: Any) -> str:
        """Returns a value as Optuna stores it."""
        return str(value)

    def loaded(self, value: str) -> Any:
        """Returns a stored value as it is used."""
        return next(x for x in self.values if self.stored(x) == value)


Space: TypeAlias = Mapping[str, Range | Choice]
"""What to try, by the name of the setting."""


def including(space: Space, point: Mapping[str, Any]) -> dict[str, Range | Choice]:
    """Returns the space of a point's settings, widened to contain the point."""
    return {name: space[name].including(x) for name, x in point.items()}
