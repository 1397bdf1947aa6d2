"""Runs the command line of `tfrecs.bench`."""

import logging
import os
import signal
import sys
from types import FrameType

from tfrecs._base.command_line import INTERRUPTED

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up notes
if sys.argv[1:2] == ["stream"]:
    # One event's products are so small that a second thread is only waited for.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if sys.stderr.isatty():  # progress of downloads
    logger = logging.getLogger("tfrecs.data")
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)


def end(number: int, frame: FrameType | None) -> None:
    """Ends a run that the system asks to end as Ctrl-C does: with its report."""
    ask = signal.getsignal(signal.SIGINT)  # which is ignored in the background
    (ask if callable(ask) else signal.default_int_handler)(number, frame)


signal.signal(signal.SIGTERM, end)
try:
    from tfrecs.bench.cli import main

    sys.exit(main(sys.argv[1:]))
except KeyboardInterrupt:
    print("tfrecs.bench: interrupted; nothing was run", file=sys.stderr)
    sys.exit(INTERRUPTED)
