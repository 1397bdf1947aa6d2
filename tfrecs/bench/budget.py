"""The time that the rows of a run share."""

import math
import time
from collections.abc import Callable, Sequence

from tfrecs.bench.baselines.fitted import OutOfTime

LARGE_DATA_MINUTES = 10.0
"""Minutes of all rows on large data, unless others are asked for."""

FOR_REPORT = 0.05
"""Share of the time that is kept for the report."""

FIRST_EVALUATION = 0.2
"""Share of a row's time that is kept for its evaluation while none was measured."""

SLOWER = 1.5
"""An evaluation may take as much longer than the quickest one before, of popularity."""


class Budget:
    """Divides the time of a run among its rows, in the order in which they run.

    A row gets its part of what is left, by its weight among the rows that are still to
    run: what quick rows do not use goes to the rows after them.

    Args:
        minutes: minutes of all rows together; None for no limit.
        weights: weight of each row.
        began: when the run began, on the clock.
        clock: returns the seconds now.
    """

    def __init__(
        self,
        minutes: float | None,
        weights: Sequence[float],
        *,
        began: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.minutes = minutes
        self._weights = list(weights)
        self._clock = clock
        self._end = began + 60 * (minutes or 0.0) * (1 - FOR_REPORT)
        self._evaluation = math.inf

    def next_deadline(self) -> float | None:
        """Starts the next row; returns when its training must end, on the clock.

        Time for its evaluation is kept. None for no limit.

        Raises:
            OutOfTime: if no time is left for a training.
        """
        weight, total = self._weights[0], sum(self._weights)
        del self._weights[0]
        if self.minutes is None:
            return None
        now = self._clock()
        share = (self._end - now) * weight / total
        reserved = SLOWER * self._evaluation
        if math.isinf(reserved):
            reserved = FIRST_EVALUATION * share
        if share <= reserved:
            raise OutOfTime("out of time before it began")
        return now + share - reserved

    def evaluated(self, seconds: float) -> None:
        """Remembers the time that an evaluation took."""
        self._evaluation = min(self._evaluation, seconds)
