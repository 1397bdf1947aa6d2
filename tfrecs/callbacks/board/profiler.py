"""A trace of some batches, for TensorBoard's Profile tab."""

from pathlib import Path

import keras

TRACERS = ("tensorflow", "jax")


def check_profile(profile: tuple[int, int] | None) -> None:
    """Raises ValueError if these are not batches, or Keras's backend has no tracer."""
    if profile is None:
        return
    whole = len(profile) == 2 and all(isinstance(number, int) for number in profile)
    if not whole or not 1 <= profile[0] <= profile[1]:
        raise ValueError(
            "`profile` must be the first and the last batch, counted from 1, such as "
            f"(20, 40). Received: {profile!r}"
        )
    if keras.backend.backend() not in TRACERS:
        raise ValueError(
            f"`profile` needs the backend {' or '.join(TRACERS)}. Received: "
            f"{keras.backend.backend()}"
        )


class Profiler:
    """Traces from one batch to another, counted over all epochs.

    Where several batches are run at once, it traces whole runs: from the first that
    starts at or after `first` to the first that ends at or after `last`.

    Args:
        folder: of the run.
        first: batch, from 1.
        last: batch.
    """

    def __init__(self, folder: Path, first: int, last: int) -> None:
        self.folder = folder
        self.first = first
        self.last = last
        self._is_tracing = self._is_done = False
        self._epochs = self._batches = 0

    def before(self, batch: int) -> None:
        """Starts if it is time; batches of an epoch are numbered from 0."""
        if batch == 0:
            self._epochs = self._batches
        if not self._is_done and self._epochs + batch + 1 >= self.first:
            self._is_done = self._is_tracing = True
            _start(str(self.folder))

    def after(self, batch: int) -> None:
        """Stops if it is time."""
        self._batches = self._epochs + batch + 1
        if self._batches >= self.last:
            self.stop()

    def stop(self) -> None:
        """Stops if it has not."""
        if self._is_tracing:
            self._is_tracing = False
            _stop()


def _start(folder: str) -> None:
    if keras.backend.backend() == "jax":
        import jax

        jax.profiler.start_trace(folder)
    else:
        import tensorflow as tf

        tf.profiler.experimental.start(folder)


def _stop() -> None:
    if keras.backend.backend() == "jax":
        import jax

        jax.profiler.stop_trace()
    else:
        import tensorflow as tf

        tf.profiler.experimental.stop()
