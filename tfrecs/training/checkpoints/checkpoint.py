"""Checkpoints of a training, from which a run that was killed goes on.

    epoch-000005/manifest.json   the run, the history, the states of the callbacks
                 state.npz       weights, optimizer, and the seeds of dropout
    finished/                    the same, at the end of the training

A checkpoint has a temporary name until all of it is on the disk. The two latest remain.
"""

import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from tfrecs._base.array_files import read_arrays
from tfrecs._base.folders import folder_when_whole, remove_left
from tfrecs._base.manifest import Kind, read_manifest, write_manifest
from tfrecs.training.checkpoints.callback_states import CallbackStates
from tfrecs.training.checkpoints.run_description import differences
from tfrecs.training.checkpoints.state_arrays import (
    array_of,
    check_arrays,
    is_finite,
    variables_of,
    write_arrays,
)

STATE = "state.npz"
KIND = Kind(
    "checkpoint",
    1,
    (STATE,),
    "Delete this checkpoint: the training then goes on from the one before it, or from "
    "its start.",
)
FINISHED = "finished"
EPOCH = re.compile(r"epoch-(\d{6,})")
KEPT = 2


class Checkpoint(keras.callbacks.History):
    """Writes the state of a training after each Keras epoch, and resumes from it.

    `tfrecs.fit(checkpoint=...)` and `fit_batches(checkpoint=...)` use it. With Keras's
    own `fit`, add it as the last callback, start the data at `epochs_done`, and pass
    `initial_epoch=checkpoint.initial_epoch(epochs)`. It is the training's history,
    with the epochs of all its runs.

    Keras's `BackupAndRestore` keeps neither the seeds of dropout, nor the history, nor
    the states of other callbacks, does not check that a backup is of the same training,
    and deletes it at the end.

    Args:
        folder: folder of the checkpoints of one training; it is created.
        run: whatever the numbers depend on, as JSON, such as the data's name, the seed
            and the batch size.
        callbacks: the training's other callbacks, whose states are kept.
        seconds: least time between two checkpoints.

    Attributes:
        epochs_done: Keras epochs of the checkpoint in the folder, or 0.
        finished: whether the training in the folder has ended.

    Raises:
        ValueError: if `folder` is a file, or its checkpoint is of another run or
            damaged.
    """

    def __init__(
        self,
        folder: str | Path,
        run: Mapping[str, Any],
        *,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        seconds: float = 0.0,
    ) -> None:
        super().__init__()
        self.folder = Path(folder)
        self.seconds = seconds
        self._states = CallbackStates(callbacks)
        self._run = json.loads(json.dumps({**run, "callbacks": self._states.names}))
        self._path = _latest(self.folder)
        self._content = {} if self._path is None else self._read(self._path)
        self._written_at = time.monotonic()
        self.epochs_done = len(self._content.get("epoch", []))
        self.finished = self._path is not None and self._path.name == FINISHED

    def initial_epoch(self, epochs: int) -> int:
        """Returns the epoch to start at, which is `epochs` if nothing is left."""
        return epochs if self.finished else self.epochs_done

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Restores the checkpoint of the folder."""
        super().on_train_begin(logs)
        self.history: dict[str, list[Any]] = {}
        self._states.begin()
        if self._path is not None:
            self._restore(self._path, self._content)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Checks that the training starts where the checkpoint ends."""
        if epoch != len(self.epoch):
            raise ValueError(
                f"`initial_epoch` must be {len(self.epoch)}, where the checkpoint in "
                f"{self.folder} ends. Received: {epoch}. Pass "
                "initial_epoch=checkpoint.initial_epoch(epochs)."
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes a checkpoint, except after the last epoch."""
        super().on_epoch_end(epoch, logs)
        if self.model.stop_training or epoch + 1 >= self.params["epochs"]:
            return  # callbacks may still change the weights
        if time.monotonic() - self._written_at >= self.seconds:
            self._write(f"epoch-{epoch + 1:06d}")
            for path in _epochs(self.folder)[:-KEPT]:
                shutil.rmtree(path, ignore_errors=True)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Writes the last state, and deletes the checkpoints before it."""
        if not self.finished and self._write(FINISHED):
            self.finished = True
            for path in _epochs(self.folder):
                shutil.rmtree(path, ignore_errors=True)

    def _restore(self, path: Path, content: dict[str, Any]) -> None:
        """Sets everything that a checkpoint holds."""
        variables = variables_of(self.model)
        with _naming(path):
            arrays = read_arrays(path / STATE)
            check_arrays(arrays, variables)
            self._states.restore(content["callbacks"], arrays)
        for name, variable in variables.items():
            variable.assign(arrays[name])
        self.epoch = list(content["epoch"])
        self.history = {name: list(x) for name, x in content["history"].items()}

    def _write(self, name: str) -> bool:
        """Writes a checkpoint; returns False for weights that are not finite."""
        arrays = {name: array_of(v) for name, v in variables_of(self.model).items()}
        if not all(map(is_finite, arrays.values())):
            return False
        content = {
            "run": self._run,
            "epoch": self.epoch,
            "history": {k: [_number(x) for x in xs] for k, xs in self.history.items()},
            "callbacks": self._states.pack(arrays),
        }
        remove_left(self.folder)  # by a run that was killed
        with folder_when_whole(self.folder / name) as partial:
            write_arrays(partial / STATE, arrays)
            write_manifest(partial, KIND, content)
        self._written_at = time.monotonic()
        return True

    def _read(self, path: Path) -> dict[str, Any]:
        """Returns the content of a checkpoint of the same run."""
        with _naming(path):
            content = read_manifest(path, KIND)
        differ = [*differences(self._run, content.get("run"))]
        if differ:
            more = f" and {len(differ) - 3} more" if len(differ) > 3 else ""
            raise ValueError(
                f"{path}: must be of the same training. Differences: "
                f"{'; '.join(differ[:3])}{more}. Use the arguments of the training in "
                "the folder to resume it, or name another folder."
            )
        with _naming(path):
            _check_content(content, len(self._states.names))
        return content


def _check_content(content: Mapping[str, Any], num_callbacks: int) -> None:
    """Raises ValueError unless the parts of a checkpoint are there."""
    epoch, history, states = (content[x] for x in ("epoch", "history", "callbacks"))
    whole = (
        epoch == [*range(len(epoch))]
        and all(isinstance(values, list) for values in history.values())
        and len(states) == num_callbacks
        and all(isinstance(state, dict) for state in states)
        and set(content["files"]) == {STATE}
    )
    if not whole:
        raise ValueError("other parts than a checkpoint has")


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turns an error of what a checkpoint contains into one that names it."""
    try:
        yield
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        reason = f"{error!r}" if isinstance(error, LookupError) else f"{error}"
        raise ValueError(
            f"{path}: must be a whole checkpoint. Received: {reason}. {KIND.advice}"
        ) from error


def _latest(folder: Path) -> Path | None:
    """Returns the last checkpoint of a folder, or None."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"`folder` must be a folder. Received: the file {folder}")
    if (folder / FINISHED).is_dir():
        return folder / FINISHED
    return next(reversed(_epochs(folder)), None)


def _epochs(folder: Path) -> list[Path]:
    """Returns the checkpoints before the end, the latest last."""
    found = {
        int(match[1]): path
        for path in folder.glob("epoch-*")
        if (match := EPOCH.fullmatch(path.name))
    }
    return [found[epoch] for epoch in sorted(found)]


def _number(value: Any) -> Any:
    """Returns a logged value as JSON."""
    return value.tolist() if hasattr(value, "tolist") else value
