"""A trace of some batches, for TensorBoard's Profile tab."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

BACKENDS = ("tensorflow", "jax")


def check_profile(profile: tuple[int, int] | None) -> None:
    """Raises ValueError for other than two batches, or a backend without a tracer."""
    if profile is None:
        return
    are_integers = all(isinstance(number, int) for number in profile)
    if len(profile) != 2 or not are_integers or not 1 <= profile[0] <= profile[1]:
        raise ValueError(
            "`profile` must be the first and the last batch, counted from 1, such as "
            f"(20, 40). Received: {profile!r}"
        )
    if keras.backend.backend() not in BACKENDS:
        raise ValueError(
            f"`profile` needs the backend {' or '.join(BACKENDS)}. Received: "
            f"{keras.backend.backend()}"
        )


class Profiler:
    """Traces a range of batches, counted over all epochs.

    Where one call trains several batches, it traces whole calls: from the first that
    starts at or after `first` to the first that ends at or after `last`, from 1.
    """

    def __init__(self, folder: Path, first: int, last: int) -> None:
        self.folder = folder
        self.first = first
        self.last = last
        self._is_tracing = self._is_done = False
        self._before_epoch = self._batches = 0

    def before(self, batch: int) -> None:
        """Starts the trace if it is due; batches count from 0 in each epoch."""
        if batch == 0:
            self._before_epoch = self._batches
        if not self._is_done and self._before_epoch + batch + 1 >= self.first:
            self._is_done = self._is_tracing = True
            start, _ = tracer()
            start(str(self.folder))

    def after(self, batch: int) -> None:
        """Stops the trace if it is due."""
        self._batches = self._before_epoch + batch + 1
        if self._batches >= self.last:
            self.stop()

    def stop(self) -> None:
        """Stops the trace if one is running."""
        if self._is_tracing:
            self._is_tracing = False
            _, stop = tracer()
            stop()


def tracer() -> tuple[Callable[[str], Any], Callable[[], Any]]:
    """Returns the backend's functions that start and stop a trace."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.profiler.start_trace, jax.profiler.stop_trace
    import tensorflow as tf

    return tf.profiler.experimental.start, tf.profiler.experimental.stop
