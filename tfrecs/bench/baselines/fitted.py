"""A fitted baseline, and the error of one that cannot run."""

from dataclasses import dataclass

from tfrecs._base.types import Scorer


class BaselineError(RuntimeError):
    """A baseline cannot run here: not installed, crashed, or too large a catalogue."""


class OutOfTime(BaselineError):
    """A row used up its share of the time."""


@dataclass(frozen=True)
class Fitted:
    """A baseline that is ready to be evaluated.

    Args:
        score_users: takes user ids `[users]`, returns scores `[users, num_items]`.
        fit_seconds: seconds of the fit only.
        epochs: number of epochs.
        parameters: number of fitted parameters.
    """

    score_users: Scorer
    fit_seconds: float
    epochs: int
    parameters: int
