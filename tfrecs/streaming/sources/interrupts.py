"""Delays Ctrl-C until a step is complete."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Ctrl-C raises KeyboardInterrupt at once or, after `hold`, in `release`.

    It raises once; later ones are held, so that nothing interrupts cleaning up.
    """

    def __init__(self) -> None:
        self._is_held = self._is_asked = False

    def hold(self) -> None:
        """Begins a step."""
        self._is_held = True

    def release(self) -> None:
        """Ends a step; raises KeyboardInterrupt if Ctrl-C came meanwhile."""
        self._is_held = False
        if self._is_asked:
            raise KeyboardInterrupt

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Handles a signal."""
        self._is_asked = True
        if not self._is_held:
            self._is_held = True
            raise KeyboardInterrupt


@contextmanager
def held_interrupts() -> Iterator[Interrupts]:
    """Handles Ctrl-C inside; not in a thread, which does not receive it."""
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = signal.signal(signal.SIGINT, interrupts.ask)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)
