"""Metrics of the server, for Prometheus."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import generate_latest as _as_text


class Metrics:
    """Counts requests, batches, unknown users and loaded bundles.

    Args:
        waiting: returns the number of questions in the queue.
    """

    def __init__(self, waiting: Callable[[], int]) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "tfrecs_requests", "Requests.", ("route", "status"), registry=registry
        )
        self.seconds = Histogram(
            "tfrecs_request_seconds", "Time of requests.", ("route",), registry=registry
        )
        self.batch = Histogram(
            "tfrecs_batch_questions",
            "Questions answered at once.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128),
            registry=registry,
        )
        self.unknown = Counter(
            "tfrecs_unknown_users", "Unknown users.", registry=registry
        )
        Gauge("tfrecs_waiting", "Questions that wait.", registry=registry).set_function(
            waiting
        )

    def text(self) -> bytes:
        """Returns the metrics in the format of Prometheus."""
        return _as_text(self._registry)
