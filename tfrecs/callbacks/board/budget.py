"""Whether there is time for another look at a model in training."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Budget:
    """Keeps what looks take within a share of the training time.

    Args:
        share: of the training time until now, from 0 to 1.
        clock: gives seconds.

    Attributes:
        trained: seconds of training.
        spent: seconds of all else: making the callback, looks, files.
    """

    def __init__(
        self, share: float, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.share = share
        self.clock = clock
        self.trained = self.spent = 0.0
        self._last_look = 0.0

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Counts the time of what is done inside."""
        began = self.clock()
        try:
            yield
        finally:
            self.spent += self.clock() - began

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Counts the time of a look, which the next one is expected to take too."""
        before = self.spent
        with self.spending():
            yield
        self._last_look = self.spent - before

    def allows_a_look(self) -> bool:
        """Whether a look now, and what comes at the end, would stay within the share.

        The end, a look and files of vectors, is taken to be as long as two looks.
        """
        return self.spent + 3 * self._last_look <= self.share * self.trained
