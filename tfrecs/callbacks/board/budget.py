"""The time that snapshots of a model in training may take."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Budget:
    """Keeps the time of snapshots within a share, from 0 to 1, of the training time.

    Attributes:
        trained: seconds of training.
        spent: seconds of all else: building the callback, snapshots, files.
    """

    def __init__(
        self, share: float, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.share = share
        self.clock = clock
        self.trained = self.spent = 0.0
        self._last_snapshot = 0.0

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Adds the time of the block to `spent`."""
        began = self.clock()
        try:
            yield
        finally:
            self.spent += self.clock() - began

    @contextmanager
    def taking_snapshot(self) -> Iterator[None]:
        """Adds the time of the block, which is the estimate for the next snapshot."""
        before = self.spent
        with self.spending():
            yield
        self._last_snapshot = self.spent - before

    def allows_snapshot(self) -> bool:
        """Returns whether a snapshot now, and the end, would stay within the share.

        The end, a snapshot and files of vectors, counts as two snapshots.
        """
        return self.spent + 3 * self._last_snapshot <= self.share * self.trained
