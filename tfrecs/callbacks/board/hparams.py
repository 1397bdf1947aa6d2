"""A run's hyperparameters, for the HParams tab."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2
from tensorboard.plugins.hparams.summary import session_end_pb
from tensorboard.plugins.hparams.summary_v2 import hparams_pb

from tfrecs.callbacks.board.events import EventWriter, scalars


def check_hparams(hparams: Mapping[str, Any]) -> None:
    """Raises TypeError for a value that TensorBoard does not take."""
    for name, value in hparams.items():
        if not isinstance(value, bool | int | float | str | np.generic):
            raise TypeError(
                "`hparams` must be numbers, strings or bools. Received: "
                f"{name}={value!r}, a {type(value).__name__}. Use str(...)."
            )


def session_start(log_dir: Path, hparams: Mapping[str, Any]) -> Summary:
    """Returns the settings; runs in different folders are different trials."""
    return hparams_pb(dict(hparams), trial_id=str(log_dir))


def session_end() -> Summary:
    """Returns the mark of a finished run."""
    return session_end_pb(api_pb2.Status.STATUS_SUCCESS)


def log_result(
    log_dir: str | Path, hparams: Mapping[str, Any], metrics: Mapping[str, float]
) -> None:
    """Writes a finished run's hyperparameters and metrics, for the HParams tab.

    Args:
        log_dir: folder of the run, created if it is missing.
        hparams: the run's settings: numbers, strings or bools.
        metrics: scalars, by their tags.

    Raises:
        TypeError: for settings of other types.
    """
    check_hparams(hparams)
    events = EventWriter(Path(log_dir))
    events.write(0, session_start(Path(log_dir), hparams), scalars(metrics))
    events.write(0, session_end())
