"""What fitting a baseline gives, or raises."""

from dataclasses import dataclass

from tfrecs._base.types import Scorer


class BaselineError(RuntimeError):
    """A baseline cannot run here: not installed, crashed, or too large a catalogue."""


@dataclass(frozen=True)
class Fitted:
    """A baseline that is ready to be evaluated.

    Args:
        score_users: takes user ids `[users]`, gives scores `[users, num_items]`.
        fit_seconds: wall-clock time of the fit alone.
        epochs: passes over the interactions.
        parameters: numbers that it learned.
    """

    score_users: Scorer
    fit_seconds: float
    epochs: int
    parameters: int
