"""The check that the loss of a training is finite."""

import math
from typing import Any

import keras

from tfrecs._base.finite import NotFinite


class FiniteLoss(keras.callbacks.Callback):
    """Raises an error when the loss is NaN or infinite, for the end of a list.

    It reads the loss that Keras reports for each execution of steps. If a callback
    before it has stopped the training, such as `TerminateOnNaN`, it does nothing.

    Args:
        every: epochs in one Keras epoch.
    """

    async_safe = True  # Keras need not wait for it

    def __init__(self, every: int = 1) -> None:
        super().__init__()
        self.every = every

    def set_model(self, model: keras.Model) -> None:
        """Keeps the model: `self.model` would fetch the weights of JAX."""
        super().set_model(model)
        self._trained = model

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Counts the epochs."""
        self._before = epoch * self.every

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Checks the loss.

        Raises:
            NotFinite: if it is NaN or infinite.
        """
        loss = (logs or {}).get("loss", 0.0)
        if math.isfinite(loss) or self._trained.stop_training:
            return
        steps = self.params["steps"]
        epoch = self._before + min(batch, steps - 1) * self.every // steps + 1
        raise NotFinite(
            f"The loss must be finite. Received: {loss} in epoch {epoch} of "
            f"{self.params['epochs'] * self.every}. The weights stay as they are"
        )
