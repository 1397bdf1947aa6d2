"""Progress of a run: a line that lives on a terminal, or plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from rich.console import Console
from rich.markup import escape

from tfrecs.bench.result import Progress

ON_TERMINAL = 1.0
"""Seconds between two changes of the line on a terminal."""

FIRST = 2.0
"""Seconds of a phase before its first plain line."""


class Heartbeat:
    """Shows what a run does and for how long, also while it is busy elsewhere.

    Long steps, such as reading data, compiling and evaluating, report nothing by
    themselves: a thread repeats the last report.

    Args:
        every: seconds between two plain lines.

    Attributes:
        limit: seconds of all rows, if they are limited.
    """

    def __init__(self, every: float = 10.0) -> None:
        self.limit: float | None = None
        self._every = every
        self._console = Console(stderr=True)
        self._began = time.monotonic()
        self._what, self._since = "", self._began

    @contextmanager
    def during(self, what: str) -> Iterator[Progress]:
        """Shows lines during a phase; yields a function that names the next step."""
        self._show(what)
        if not self._console.is_terminal:
            with _repeated(self._print_line, FIRST, self._every):
                yield self._show
            return
        with self._console.status(escape(what)) as status:
            update = lambda: status.update(escape(self._line))  # noqa: E731
            with _repeated(update, ON_TERMINAL, ON_TERMINAL):
                yield self._show

    def report(self, what: str) -> None:
        """Shows a line that stays, at once."""
        line = f"{self._elapsed}: {what}"
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _show(self, what: str) -> None:
        self._what, self._since = what, time.monotonic()

    def _print_line(self) -> None:
        print(self._line, file=sys.stderr, flush=True)

    @property
    def _line(self) -> str:
        return f"{self._elapsed}: {self._what} ({time.monotonic() - self._since:.0f} s)"

    @property
    def _elapsed(self) -> str:
        limit = "" if self.limit is None else f"of {self.limit:.0f} "
        return f"{time.monotonic() - self._began:.0f} {limit}s"


@contextmanager
def _repeated(action: Callable[[], None], first: float, every: float) -> Iterator[None]:
    """Repeats an action on a thread until the block ends."""
    ended = Event()

    def repeat() -> None:
        wait = first
        while not ended.wait(wait):
            action()
            wait = every

    thread = Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
