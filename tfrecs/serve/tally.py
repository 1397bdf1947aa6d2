"""Sums of recommendations for the log, which show no single answer."""

import time
from collections import Counter
from typing import Any

from tfrecs.serve.logs import log
from tfrecs.serve.questions import Items

SECONDS, LEAST = 60.0, 20
"""A line of the log sums the answers of a minute, or of longer, until they are 20."""


class Tally:
    """Counts recommended items and sums scores; `monitoring` reads the lines.

    A list of items could be matched to the user that a model makes it for. The log
    therefore has sums of several answers alone.

    Args:
        seconds: least time between two lines.
        least: fewest answers in a line.
    """

    def __init__(self, seconds: float = SECONDS, least: int = LEAST) -> None:
        self._seconds = seconds
        self._least = least
        self._start()

    def add(self, answer: Items) -> None:
        """Counts an answer, and logs the sums when it is time."""
        self._answers += 1
        self._items.update(ranked.item for ranked in answer.items)
        if answer.source == "popularity":
            self._unknown += 1
        elif answer.items:
            self._scored += 1
            self._best_scores += answer.items[0].score
        if time.monotonic() - self._began >= self._seconds:
            self.log()

    def log(self) -> None:
        """Logs the sums so far, of at least the fewest answers, and starts anew."""
        if self._answers >= self._least:
            log(
                "answers",
                answers=self._answers,
                unknown_users=self._unknown,
                scored=self._scored,
                best_scores=self._best_scores,
                items=sorted(self._items.items(), key=str),
            )
            self._start()

    def _start(self) -> None:
        self._answers = self._unknown = self._scored = 0
        self._best_scores = 0.0
        self._items: Counter[Any] = Counter()
        self._began = time.monotonic()
