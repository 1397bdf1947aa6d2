"""The file of a study: a line of JSON for each change, so that a kill loses nothing."""

from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, TrialState


def open_study(name: str, path: Path | None, about: str) -> optuna.Study:
    """Opens the study in a file, or starts one; without a file it is in memory.

    A trial that was interrupted is queued once more, with the same values.

    Args:
        name: name of the study.
        path: the file; its folder is created.
        about: a text about data, space and seed, that a study must keep.

    Raises:
        ValueError: if the file holds no study, or a study of something else.
    """
    try:
        storage = None if path is None else _storage(path)
        study = optuna.create_study(
            storage=storage, study_name=name, direction="maximize", load_if_exists=True
        )
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
        raise ValueError(
            f"{path}: must be a journal of Optuna. Received: {error!r}. Remove it to "
            "start anew."
        ) from error
    known = study.user_attrs.get("about")
    if known is None:
        study.set_user_attr("about", about)
    elif known != about:
        raise ValueError(
            f"{path}: must be of the same data, space and seed to go on. Received: "
            f"{known} in place of {about}. Name another folder to start anew."
        )
    for trial in study.get_trials(states=[TrialState.RUNNING]):
        _queue_again(study, trial)
    return study


def _queue_again(study: optuna.Study, trial: FrozenTrial) -> None:
    """Ends an interrupted trial; the first time it is queued once more."""
    study.tell(trial.number, state=TrialState.FAIL)
    if not trial.user_attrs["again"]:
        again = {**trial.user_attrs, "again": True}
        point = {**trial.system_attrs.get("fixed_params", {}), **trial.params}
        study.enqueue_trial(point, user_attrs=again)


def _storage(path: Path) -> JournalStorage:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        _drop_torn_line(path)
    lock = JournalFileOpenLock(str(path))
    return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))


def _drop_torn_line(path: Path) -> None:
    """Removes a last line without an end, which a killed process was writing."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)
