"""Ctrl-C that waits until what is begun is done."""

import signal
import threading
from types import FrameType, TracebackType


class Interrupts:
    """Keeps Ctrl-C away from what must not be half done.

    While it is entered, Ctrl-C raises KeyboardInterrupt at once, unless `hold` was
    called: then `release` raises it. It does so once; what follows is held. In a thread
    that is not the main one, which Ctrl-C does not reach, nothing changes.
    """

    def __init__(self) -> None:
        self._is_held = False
        self._is_asked = False

    def __enter__(self) -> "Interrupts":
        """Takes Ctrl-C over."""
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
        """Gives Ctrl-C back."""
        if self._is_main:
            signal.signal(signal.SIGINT, self._before)

    def hold(self) -> None:
        """Begins what must not be half done."""
        self._is_held = True

    def release(self) -> None:
        """Ends it.

        Raises:
            KeyboardInterrupt: if Ctrl-C came meanwhile.
        """
        self._is_held = False
        if self._is_asked:
            raise KeyboardInterrupt

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._is_asked = True
        if not self._is_held:
            self._is_held = True  # what follows the first is not for the second
            raise KeyboardInterrupt
