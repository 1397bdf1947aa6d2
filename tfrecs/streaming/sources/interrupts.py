"""Delays Ctrl-C until a step is complete."""

import signal
import threading
from types import FrameType, TracebackType


class Interrupts:
    """Context in which steps are not interrupted.

    Ctrl-C raises KeyboardInterrupt at once or, between `hold` and `release`, in
    `release`. It raises once; later ones are held. In other threads than the main one,
    which do not receive Ctrl-C, the context does nothing.
    """

    def __init__(self) -> None:
        self._is_held = False
        self._is_asked = False

    def __enter__(self) -> "Interrupts":
        """Replaces the handler of Ctrl-C."""
        self._is_main = threading.current_thread() is threading.main_thread()
        if self._is_main:
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Restores the handler of Ctrl-C."""
        if self._is_main:
            signal.signal(signal.SIGINT, self._before)

    def hold(self) -> None:
        """Begins a step."""
        self._is_held = True

    def release(self) -> None:
        """Ends a step; raises KeyboardInterrupt if Ctrl-C came meanwhile."""
        self._is_held = False
        if self._is_asked:
            raise KeyboardInterrupt

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._is_asked = True
        if not self._is_held:
            self._is_held = True  # cleaning up must not be interrupted
            raise KeyboardInterrupt
