"""Logs of one JSON object a line, without ids of users or items."""

import json
import logging
import sys
import time
from typing import Any

LOGGER = logging.getLogger("tfrecs.serve")


def log(event: str, **values: Any) -> None:
    """Logs an event and its values."""
    LOGGER.info(json.dumps({"time": round(time.time(), 3), "event": event, **values}))


def log_to_stderr() -> None:
    """Writes the log to stderr, which the command line does."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
