"""A search for the best values of settings, by trials with Optuna."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import optuna
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState

from tfrecs.training.tuning.journal import open_study
from tfrecs.training.tuning.space import Space
from tfrecs.training.tuning.trials import (
    INTERRUPTED,
    OK,
    OUT_OF_TIME,
    PRUNED,
    Trial,
    Tuned,
)

Progress: TypeAlias = Callable[[str], None]

RANDOM = 5
"""Trials at random, the default point included, before the sampler has a model."""

RIVALS = 3
"""Trials at a rung from which their median is a bar."""

MOST_FAILURES = 5
"""Failures in a row after which a search ends: what fails is not the point."""

ENOUGH = 5
"""Finished trials from which importances are more than noise."""


class Stopped(Exception):
    """Ends a trial; the argument is its status."""


class Report:
    """Takes the scores of a trial at its rungs, and ends it if it is behind or late.

    Args:
        study: the study.
        trial: the trial.
        deadline: when the trial must end, by `time.monotonic`; None for no limit.
        progress: is called with what the trial does.
    """

    def __init__(
        self,
        study: optuna.Study,
        trial: optuna.Trial,
        deadline: float | None,
        progress: Progress,
    ) -> None:
        self.deadline = deadline
        self._study = study
        self._trial = trial
        self._progress = progress

    def __call__(self, passes: int, score: float) -> None:
        """Reports the score after a number of passes.

        Raises:
            Stopped: if the trial has to end.
        """
        self._trial.report(score, passes)
        self._progress(f"trial {self._trial.number}: {score:.4f} at epoch {passes}")
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise Stopped(OUT_OF_TIME)
        if _is_behind(self._study, self._trial.number, passes, score):
            raise Stopped(PRUNED)


@dataclass(frozen=True)
class Subject:
    """A model to tune, as a search sees it.

    Args:
        name: name of the model.
        space: what to try for each setting.
        default: the value of each setting in the first trial.
        run: takes the values and where to report rungs; returns the score, the higher
            the better, and the number of epochs or None.
        about: the data and everything else that the scores depend on.
    """

    name: str
    space: Space
    default: Mapping[str, Any]
    run: Callable[[Mapping[str, Any], Report], tuple[float, int | None]]
    about: str


@dataclass(frozen=True)
class Limits:
    """The end of a search: a time, a number of trials, or whichever comes first.

    A trial that would probably not end in time is not started.

    Args:
        minutes: minutes of all trials together; None for no limit.
        trials: number of trials; None for no limit.
    """

    minutes: float | None = None
    trials: int | None = None

    def allow(self, trials: list[Trial]) -> bool:
        """Returns whether there is another trial after these."""
        if not trials:
            return True
        usual = float(np.median([trial.seconds for trial in trials]))
        last = [trial.status not in (OK, PRUNED, OUT_OF_TIME) for trial in trials]
        return (
            (self.trials is None or len(trials) < self.trials)
            and self.seconds_left(trials) >= usual
            and not (len(last) >= MOST_FAILURES and all(last[-MOST_FAILURES:]))
        )

    def seconds_left(self, trials: list[Trial]) -> float:
        """Returns the seconds that these trials have left."""
        if self.minutes is None:
            return float("inf")
        return 60 * self.minutes - sum(trial.seconds for trial in trials)


def search(
    subject: Subject,
    limits: Limits,
    seed: int,
    journal: Path | None = None,
    finished: Callable[[Trial], None] = lambda trial: None,
    progress: Progress = lambda what: None,
) -> Tuned:
    """Searches the space of a subject; the default point is the first trial.

    The sampler is a tree-structured Parzen estimator, seeded anew for each trial, so
    that a search that was resumed tries the same points. A trial is pruned if its score
    is below the median of the trials with as many epochs after the same passes. A trial
    that raises an error is kept with its status.

    Args:
        subject: what to tune.
        limits: when to end.
        seed: seed of the sampler.
        journal: file of the study, which continues if it exists; None to keep nothing.
        finished: is called with each trial that ended.
        progress: is called with what a trial does: when it begins, and at each rung.

    Raises:
        ValueError: if the file holds no study, or a study of something else.
    """
    about = f"seed {seed}, {subject.about}, {dict(subject.space)}"
    with _quiet():
        study = open_study(subject.name, journal, about)
        while limits.allow(found := _counted(study, subject)):
            seconds = limits.seconds_left(found)
            finished(_one(study, subject, seconds, seed, progress))
        trials = tuple(_trial(t, subject) for t in study.get_trials(deepcopy=False))
        return Tuned(subject.name, trials, _importances(study))


def _one(
    study: optuna.Study,
    subject: Subject,
    seconds: float,
    seed: int,
    progress: Progress,
) -> Trial:
    """Runs the next trial."""
    trial = _next(study, subject, seed)
    progress(f"trial {trial.number}")
    values = {name: x.suggest(trial, name) for name, x in subject.space.items()}
    is_default = trial.user_attrs["index"] == 0
    limited = not is_default and seconds < float("inf")
    deadline = time.monotonic() + seconds if limited else None
    report = Report(study, trial, deadline, progress)
    score: float | None = None
    state = TrialState.FAIL
    try:
        score, epochs = subject.run(values, report)
        if not np.isfinite(score):
            raise ValueError(f"the score must be finite. Received: {score}")
        trial.set_user_attr("epochs", epochs)
        state, status = TrialState.COMPLETE, OK
    except Stopped as stop:
        state, status = TrialState.PRUNED, str(stop)
    except Exception as error:  # one trial's failure must not end the search
        score, first_line = None, str(error).strip().partition("\n")[0]
        status = f"failed: {type(error).__name__}: {first_line}"
    trial.set_user_attr("status", status)
    return _trial(study.tell(trial, score, state=state), subject)


def _next(study: optuna.Study, subject: Subject, seed: int) -> optuna.Trial:
    """Starts the trial that waits, or a new one: the default point, or the sampler's.

    The sampler's seed depends on the number of points before, so that a search goes on
    after a kill as it would have without.
    """
    trials = study.get_trials(deepcopy=False)
    waiting = [trial for trial in trials if trial.state == TrialState.WAITING]
    if waiting:
        index = waiting[0].user_attrs["index"]
    else:
        index = 1 + max((trial.user_attrs["index"] for trial in trials), default=-1)
        default = {k: subject.space[k].stored(x) for k, x in subject.default.items()}
        study.enqueue_trial(
            {} if index else default, user_attrs={"index": index, "again": False}
        )
    [number] = np.random.SeedSequence([seed, index]).generate_state(1)
    study.sampler = TPESampler(seed=int(number), n_startup_trials=RANDOM)
    return study.ask()


def _is_behind(study: optuna.Study, number: int, passes: int, score: float) -> bool:
    """Returns whether a trial is below the median of equal plans at a rung.

    A planned decay of the learning rate makes scores comparable only between trials
    with as many epochs.
    """
    trials = study.get_trials(deepcopy=False)
    plan = trials[number].params.get("epochs")
    rivals = [
        trial.intermediate_values[passes]
        for trial in trials
        if trial.number != number
        and trial.params.get("epochs") == plan
        and passes in trial.intermediate_values
    ]
    return len(rivals) >= RIVALS and score < float(np.median(rivals))


def _counted(study: optuna.Study, subject: Subject) -> list[Trial]:
    """Returns the trials that ended, without the interrupted ones."""
    ended = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
    found = [_trial(t, subject) for t in study.get_trials(deepcopy=False, states=ended)]
    return [trial for trial in found if trial.status != INTERRUPTED]


def _trial(frozen: FrozenTrial, subject: Subject) -> Trial:
    status = frozen.user_attrs.get("status", INTERRUPTED)
    steps = frozen.intermediate_values
    last = steps[max(steps)] if steps else None
    duration = frozen.duration if status != INTERRUPTED else None
    values = {
        name: space.loaded(frozen.params[name])
        for name, space in subject.space.items()
        if name in frozen.params
    }
    return Trial(
        number=frozen.number,
        index=frozen.user_attrs["index"],
        values=values,
        status=status,
        score=frozen.value if status == OK else last,
        epochs=frozen.user_attrs.get("epochs"),
        seconds=0.0 if duration is None else duration.total_seconds(),
    )


def _importances(study: optuna.Study) -> dict[str, float]:
    """Returns the share of each setting, the largest first; {} for too few trials."""
    if len(study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])) < ENOUGH:
        return {}
    return get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps Optuna from reporting each trial, as the caller does."""
    logger = logging.getLogger("optuna")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
