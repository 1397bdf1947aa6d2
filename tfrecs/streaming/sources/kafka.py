"""Events from the messages of an Apache Kafka topic."""

import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tfrecs._base.checks import check_positive
from tfrecs.streaming.sources.lines import MAX_BYTES
from tfrecs.streaming.sources.parsing import JSON, parsed
from tfrecs.streaming.sources.position import Parse, Position, Positioned

if TYPE_CHECKING:
    from types import ModuleType

    from confluent_kafka import Consumer

OWN = {
    "enable.auto.commit": False,  # offsets are saved with the recommender
    "enable.partition.eof": True,  # reports the end of a partition
    "auto.offset.reset": "error",  # never skips messages
}
"""Settings of the client that the positions depend on."""

POLL = 0.2
"""Seconds of one wait for a message."""


@dataclass(frozen=True)
class KafkaSource:
    """Yields the events of a topic's messages, each partition in its order.

    The order between partitions differs from run to run: use one partition to get the
    same recommender again. Partitions that are added during a run are read from the
    next start on. The source joins no group and commits nothing to Kafka: the caller
    saves the positions.

    Args:
        topic: name of the topic.
        client: settings of librdkafka, such as {"bootstrap.servers": "localhost:9092"}.
        parse: parses the value of a message, such as `JsonEvents()`.
        follow: whether to wait for more messages, until Ctrl-C.
        patience: seconds after which a silent broker is an error: at the start and,
            unless `follow`, at any time.
        max_bytes: maximum length of a message; longer ones are malformed.

    Raises:
        ValueError: if the settings lack the servers, or contain one of `OWN`.
    """

    topic: str
    client: Mapping[str, Any]
    parse: Parse = JSON
    follow: bool = False
    patience: float = 30.0
    max_bytes: int = MAX_BYTES

    def __post_init__(self) -> None:
        """Checks the settings."""
        check_positive(max_bytes=self.max_bytes)
        if "bootstrap.servers" not in self.client:
            raise ValueError(
                "`client` must have 'bootstrap.servers', such as 'localhost:9092'. "
                f"Received: {sorted(self.client)}"
            )
        if taken := sorted(OWN.keys() & self.client.keys()):
            raise ValueError(
                f"`client` must leave {', '.join(OWN)} alone, on which positions "
                f"depend. Received: {', '.join(taken)}"
            )

    @property
    def name(self) -> str:
        """Identity of the stream."""
        return f"kafka {self.topic}"

    @property
    def title(self) -> str:
        """Name of the stream for messages."""
        return f"topic {self.topic!r}"

    def events(
        self, after: Iterable[Position] = ()
    ) -> Generator[Positioned, None, None]:
        """Yields what comes after these positions, and all of other partitions.

        Raises:
            ImportError: if confluent-kafka is not installed.
            ConnectionError: if the brokers cannot be reached, or refuse.
            ValueError: if the topic or the next messages are missing.
        """
        kafka = _client()
        starts = {position.partition: position.offset for position in after}
        consumer = kafka.Consumer({"group.id": "tfrecs", **self.client, **OWN})
        try:
            partitions = self._partitions(consumer, starts)
            begin = {number: kafka.OFFSET_BEGINNING for number in partitions}
            places = {**begin, **starts}.items()
            consumer.assign([kafka.TopicPartition(self.topic, *p) for p in places])
            yield from self._read(consumer, len(partitions))
        except kafka.KafkaException as error:
            raise ConnectionError(self._unreachable(str(error))) from error
        finally:
            consumer.close()

    def _partitions(self, consumer: "Consumer", starts: Mapping[int, int]) -> list[int]:
        """Returns the partitions, once their next messages are known to exist."""
        found = consumer.list_topics(timeout=self.patience).topics.get(self.topic)
        if found is None or not found.partitions:
            raise ValueError(
                f"{self.title}: must exist. Received: no such topic. Create it, or "
                "check its name."
            )
        partitions = sorted(found.partitions)
        if gone := sorted(starts.keys() - set(partitions)):
            raise ValueError(self._gone(gone[0], f"{len(partitions)} partitions"))
        for number, offset in starts.items():
            place = _client().TopicPartition(self.topic, number)
            first, end = consumer.get_watermark_offsets(place, timeout=self.patience)
            if not first <= offset <= end:
                raise ValueError(
                    self._gone(number, f"messages {first} to {end - 1}, not {offset}")
                )
        return partitions

    def _read(
        self, consumer: "Consumer", num_partitions: int
    ) -> Generator[Positioned, None, None]:
        ended: set[int | None] = set()
        heard = time.monotonic()
        while self.follow or len(ended) < num_partitions:
            message = consumer.poll(POLL)
            if message is None:
                if not self.follow and time.monotonic() > heard + self.patience:
                    raise ConnectionError(
                        self._unreachable(f"nothing for {self.patience} s")
                    )
                continue
            error = message.error()
            if error is None:
                place = Position(message.offset() + 1, message.partition())
                yield parsed(place, message.value(), self.parse, self.max_bytes)
            elif error.code() == _client().KafkaError._PARTITION_EOF:
                ended.add(message.partition())
            else:
                raise ConnectionError(self._unreachable(error.str()))
            heard = time.monotonic()  # after the caller had the message

    def _unreachable(self, received: str) -> str:
        servers = self.client["bootstrap.servers"]
        return (
            f"{self.title}: the brokers at {servers} must be reachable, and allow "
            f"reading. Received: {received}. Check that they run, and the settings."
        )

    def _gone(self, partition: int, received: str) -> str:
        return (
            f"{self.title}, partition {partition}: must have the next messages. "
            f"Received: {received}; they were deleted, or the topic was created again. "
            "Start another checkpoint from what `load` returns of this one."
        )


def _client() -> "ModuleType":
    """Returns the client, an optional dependency."""
    try:
        import confluent_kafka
    except ImportError as error:
        raise ImportError(
            "Events from Kafka need its client, confluent-kafka. Received: none "
            "installed. Run: pip install 'tfrecs[stream]'"
        ) from error
    return confluent_kafka
