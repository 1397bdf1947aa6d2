"""A run in TensorBoard: curves, throughput, hyperparameters and final metrics."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras


class TensorBoard(keras.callbacks.TensorBoard):
    """Keras's TensorBoard callback with scalars alone, and the throughput.

    Histograms of embedding tables each epoch slow small models several times, so there
    are none. Put it after `RankingMetrics`, whose metrics it then shows beside the loss
    and the learning rate.

    Args:
        log_dir: folder of the run.
        interactions_per_epoch: positives that an epoch goes over, to show
            `interactions_per_second`, without the time that other callbacks take.
    """

    def __init__(self, log_dir: str | Path, *, interactions_per_epoch: int) -> None:
        super().__init__(str(log_dir), write_graph=False)
        self.interactions_per_epoch = interactions_per_epoch
        self._start = self._end = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Starts the clock."""
        super().on_epoch_begin(epoch, logs)
        self._start = time.perf_counter()

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Notes the time: the last one ends the epoch's training."""
        super().on_train_batch_end(batch, logs)
        self._end = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the scalars."""
        rate = self.interactions_per_epoch / (self._end - self._start)
        super().on_epoch_end(epoch, {**(logs or {}), "interactions_per_second": rate})


def log_result(
    log_dir: str | Path, hparams: Mapping[str, Any], metrics: Mapping[str, float]
) -> None:
    """Writes a finished run's hyperparameters and metrics, for the HParams tab.

    Args:
        log_dir: folder of the run, which is made if it is not there.
        hparams: the run's settings: numbers, strings or bools.
        metrics: what came out, shown as scalars under these names.
    """
    import tensorflow as tf
    from tensorboard.plugins.hparams import api

    writer = tf.summary.create_file_writer(str(log_dir))
    with writer.as_default(step=0):
        api.hparams(dict(hparams), trial_id=Path(log_dir).name)
        for name, value in metrics.items():
            tf.summary.scalar(name, value)
    writer.close()
