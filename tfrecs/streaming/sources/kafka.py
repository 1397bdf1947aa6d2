"""Events from the messages of a topic of Apache Kafka."""

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
    "enable.auto.commit": False,  # offsets are kept with what was learned, not here
    "enable.partition.eof": True,  # tells the end of what there is
    "auto.offset.reset": "error",  # never passes over messages unasked
}
"""Settings of the client that the positions depend on."""

POLL = 0.2
"""Seconds after which a wait for a message looks up."""


@dataclass(frozen=True)
class KafkaSource:
    """Gives the events of a topic's messages, each partition in its order.

    Between partitions they come as the brokers send them, and so in another order each
    time: to get the same recommender again, use one partition. Partitions that are
    added while it runs are read from the next start on. It joins no group, and commits
    nothing to Kafka: a position is where the caller keeps it.

    Args:
        topic: its name.
        client: settings of librdkafka, such as {"bootstrap.servers": "localhost:9092"}.
        parse: makes an event of a message's value, such as `JsonEvents()`.
        follow: whether to wait for more, until Ctrl-C; else it ends where each
            partition has no more.
        patience: seconds after which a broker that says nothing is an error: at the
            start and, unless `follow`, at any time.
        max_bytes: length above which a message is malformed.

    Raises:
        ValueError: if there are no servers among the settings, or one of `OWN`.
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
        """The topic."""
        return f"kafka {self.topic}"

    @property
    def title(self) -> str:
        """The topic."""
        return f"topic {self.topic!r}"

    def events(
        self, after: Iterable[Position] = ()
    ) -> Generator[Positioned, None, None]:
        """Gives what comes after these positions, and all of other partitions.

        Raises:
            ImportError: if confluent-kafka is not installed.
            ConnectionError: if the brokers cannot be reached, or refuse.
            ValueError: if there is no such topic, or messages that come next are there
                no more.
        """
        kafka = _client()
        starts = {position.partition: position.offset for position in after}
        consumer = kafka.Consumer({"group.id": "tfrecs", **self.client, **OWN})
        try:
            partitions = self._partitions(consumer, starts)
            consumer.assign(
                [
                    kafka.TopicPartition(
                        self.topic, number, starts.get(number, kafka.OFFSET_BEGINNING)
                    )
                    for number in partitions
                ]
            )
            yield from self._read(consumer, len(partitions))
        except kafka.KafkaException as error:
            raise ConnectionError(self._unreachable(str(error))) from error
        finally:
            consumer.close()

    def _partitions(self, consumer: "Consumer", starts: Mapping[int, int]) -> list[int]:
        """Partitions of the topic, whose next messages are there."""
        found = consumer.list_topics(timeout=self.patience).topics.get(self.topic)
        if found is None or not found.partitions:
            raise ValueError(
                f"{self.title}: must be there. Received: no such topic. Create it, or "
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
            f"{self.title}: the brokers at {servers} must be reached, and let it be "
            f"read. Received: {received}. Check that they run, and the settings."
        )

    def _gone(self, partition: int, received: str) -> str:
        return (
            f"{self.title}, partition {partition}: must have the messages that come "
            f"next. Received: {received}; they were deleted, or the topic was made "
            "anew. Begin another checkpoint, from what `load` gives of this one."
        )


def _client() -> "ModuleType":
    """The client, which only those who read from Kafka need."""
    try:
        import confluent_kafka
    except ImportError as error:
        raise ImportError(
            "Events from Kafka need its client, confluent-kafka. Received: none "
            "installed. Run: pip install 'tfrecs[stream]'"
        ) from error
    return confluent_kafka
