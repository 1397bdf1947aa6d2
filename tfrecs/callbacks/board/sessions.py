"""A run's hyperparameters, for the HParams tab."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2
from tensorboard.plugins.hparams.summary_v2 import hparams_pb

from tfrecs.callbacks.board.events import Events, scalars


def check_hparams(hparams: Mapping[str, Any]) -> None:
    """Raises TypeError for a value that TensorBoard does not take."""
    for name, value in hparams.items():
        if not isinstance(value, bool | int | float | str | np.generic):
            raise TypeError(
                "`hparams` must be numbers, strings or bools. Received: "
                f"{name}={value!r}, a {type(value).__name__}. Use str(...)."
            )


def session_start(log_dir: Path, hparams: Mapping[str, Any]) -> Summary:
    """Gives the settings; runs in different folders are different trials."""
    return hparams_pb(dict(hparams), trial_id=str(log_dir))


def session_end() -> Summary:
    """Tells that the run has come to its end."""
    told = plugin_data_pb2.SessionEndInfo(status=api_pb2.Status.STATUS_SUCCESS)
    kind = metadata.create_summary_metadata(
        plugin_data_pb2.HParamsPluginData(session_end_info=told)
    )
    summary = Summary()
    summary.value.add(
        tag=metadata.SESSION_END_INFO_TAG, metadata=kind, tensor=metadata.NULL_TENSOR
    )
    return summary


def log_result(
    log_dir: str | Path, hparams: Mapping[str, Any], metrics: Mapping[str, float]
) -> None:
    """Writes a finished run's hyperparameters and metrics, for the HParams tab.

    Args:
        log_dir: folder of the run, which is made if it is not there.
        hparams: the run's settings: numbers, strings or bools.
        metrics: what came out, shown as scalars under these names.

    Raises:
        TypeError: for settings of other types.
    """
    check_hparams(hparams)
    events = Events(Path(log_dir))
    events.write(0, session_start(Path(log_dir), hparams), scalars(metrics))
    events.write(0, session_end())
    events.close()
