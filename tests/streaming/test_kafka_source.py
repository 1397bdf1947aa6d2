"""Events of Apache Kafka: from Kafka itself where it is installed, and from the broker
that librdkafka has for tests, which speaks Kafka's protocol on loopback."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import pytest
from test_learn_from import assert_same, lines, make, source_of

from tfrecs.streaming import Event
from tfrecs.streaming.sources import KafkaSource, Position, Positioned, learn_from

kafka = pytest.importorskip(
    "confluent_kafka", reason="confluent-kafka is not installed: pip install .[stream]"
)


def home_of_kafka():
    """The folder of Apache Kafka, by KAFKA_HOME or by where its scripts are."""
    script = shutil.which("kafka-server-start.sh")
    found = os.environ.get("KAFKA_HOME") or (
        script and Path(script).resolve().parents[1]
    )
    return Path(found) if found else None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(servers, broker):
    client = kafka.Producer({"bootstrap.servers": servers, "log_level": 0})
    for _ in range(120):
        try:
            client.list_topics(timeout=1)
            return
        except kafka.KafkaException:
            assert broker.poll() is None, "Kafka ended"
    raise TimeoutError(f"Kafka at {servers} said nothing")


@pytest.fixture(scope="module")
def apache(tmp_path_factory):
    """A broker of Apache Kafka, one node, on loopback."""
    home, folder = home_of_kafka(), tmp_path_factory.mktemp("kafka")
    if home is None or shutil.which("java") is None:
        pytest.skip(
            "Apache Kafka is not installed: it needs Java, and KAFKA_HOME or "
            "kafka-server-start.sh on the path"
        )
    port, controller = free_port(), free_port()
    settings = folder / "server.properties"
    settings.write_text(
        "process.roles=broker,controller\nnode.id=1\n"
        f"controller.quorum.voters=1@127.0.0.1:{controller}\n"
        f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n"
        f"advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n"
        "controller.listener.names=CONTROLLER\n"
        f"log.dirs={folder / 'logs'}\nnum.partitions=4\n"
        "offsets.topic.replication.factor=1\n"
        "transaction.state.log.replication.factor=1\n"
        "transaction.state.log.min.isr=1\n",
        encoding="utf-8",
    )
    scripts, cluster = home / "bin", "MkU3OEVBNTcwNTJENDM2Qg"
    storage = [scripts / "kafka-storage.sh", "format", "-t", cluster, "-c", settings]
    subprocess.run(storage, check=True, capture_output=True)
    command = [scripts / "kafka-server-start.sh", settings]
    with (folder / "out.txt").open("wb") as out:
        broker = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        wait_for(f"127.0.0.1:{port}", broker)
        yield f"127.0.0.1:{port}"
    finally:
        broker.terminate()
        broker.wait()


@pytest.fixture(scope="module")
def emulated():
    """librdkafka's own broker, of four partitions a topic."""
    owner = kafka.Producer(
        {"test.mock.num.brokers": 1, "bootstrap.servers": "none", "log_level": 0}
    )
    [broker] = owner.list_topics(timeout=30).brokers.values()
    yield f"{broker.host}:{broker.port}"
    del owner  # which ends it


@pytest.fixture(params=["apache", "emulated"])
def servers(request):
    return request.getfixturevalue(request.param)


def send(servers, topic, messages, partition=0):
    producer = kafka.Producer({"bootstrap.servers": servers})
    for message in messages:
        producer.produce(topic, value=message, partition=partition)
    assert producer.flush(30) == 0


def source_at(servers, topic, **settings):
    return KafkaSource(topic, {"bootstrap.servers": servers}, **settings)


def user(number):
    return b'{"user":%d,"item":1}' % number


# Events and positions


def test_each_message_has_the_position_after_it(servers):
    send(servers, "positions", [user(0), b"Heat!", None, b"x" * 99, user(1)])
    source = source_at(servers, "positions", max_bytes=50)
    found = list(source.events())
    assert found == [
        Positioned(Position(1), Event(0, 1)),
        Positioned(Position(2), None, "not JSON"),
        Positioned(Position(3), None, "empty"),
        Positioned(Position(4), None, "too long"),
        Positioned(Position(5), Event(1, 1)),
    ]
    assert found[1].position.title() == "partition 0, offset 1"
    assert list(source.events([Position(4)])) == found[4:]
    assert list(source.events([Position(5)])) == []


def test_each_partition_goes_on_from_its_own_position(servers):
    for partition in (0, 2, 3):
        send(
            servers, "several", [user(10 * partition + n) for n in range(5)], partition
        )
    after = [Position(2, 0), Position(5, 3)]
    found = list(source_at(servers, "several").events(after))
    for partition, expected in [(0, [2, 3, 4]), (2, [20, 21, 22, 23, 24]), (3, [])]:
        own = [one for one in found if one.position.partition == partition]
        assert [one.event.user for one in own] == expected
        assert [one.position.offset for one in own] == [n % 10 + 1 for n in expected]


def test_a_follower_waits_for_more(servers):
    send(servers, "followed", [user(0)])
    events = source_at(servers, "followed", follow=True).events()
    assert next(events).event.user == 0
    send(servers, "followed", [user(1), user(2)])
    assert [one.event.user for one in islice(events, 2)] == [1, 2]
    events.close()


# Learning across stops


def test_a_topic_that_grew_is_learned_from_where_it_stood(servers, tmp_path):
    messages = lines(60).split(b"\n")[:-1]
    unbroken, checkpoint = make(), tmp_path / "c.npz"
    expected = learn_from(source_of(lines(60)), unbroken)
    for part in (messages[:25], messages[25:26], [], messages[26:]):
        send(servers, "grown", part)
        resumed = make()
        source = source_at(servers, "grown")
        counts = learn_from(source, resumed, checkpoint=checkpoint, every=7)
    assert counts == expected
    assert_same(resumed, unbroken)


LEARN = """
import sys
sys.path.insert(0, sys.argv[3])
from test_kafka_source import source_at
from test_learn_from import make
from tfrecs.streaming.sources import learn_from

source = source_at(sys.argv[1], "killed", follow=True)
show = lambda counts: print(counts.events, flush=True)
learn_from(source, make(), checkpoint=sys.argv[2], every=7, progress=show)
"""


def test_killed_runs_miss_nothing_and_learn_nothing_twice(servers, tmp_path):
    data, checkpoint = lines(200), tmp_path / "c.npz"
    messages = data.split(b"\n")[:-1]
    here = os.path.dirname(__file__)
    command = [sys.executable, "-c", LEARN, servers, str(checkpoint), here]
    for number in range(3):
        send(servers, "killed", messages[:70])
        messages = messages[70:]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as learner:
            for _ in range(20 + number):
                assert learner.stdout.readline()
            learner.send_signal(signal.SIGKILL)
    send(servers, "killed", messages)
    unbroken, resumed = make(), make()
    expected = learn_from(source_of(data), unbroken)
    source = source_at(servers, "killed")
    assert learn_from(source, resumed, checkpoint=checkpoint) == expected
    assert_same(resumed, unbroken)


# What cannot be read


def test_a_topic_that_is_not_there(servers):
    with pytest.raises(ValueError, match=r"'none': must exist\. Received: no"):
        next(source_at(servers, "none").events())


def test_messages_that_are_gone(servers):
    send(servers, "short", [user(0), user(1)])
    message = r"topic 'short', partition 0: must have the.*messages 0 to 1, not 7; they"
    with pytest.raises(ValueError, match=message):
        next(source_at(servers, "short").events([Position(7)]))
    message = r"topic 'short', partition 9: must have the.*Received: 4 partitions"
    with pytest.raises(ValueError, match=message):
        next(source_at(servers, "short").events([Position(7, 9)]))


def test_brokers_that_are_not_there():
    servers = f"127.0.0.1:{free_port()}"
    source = KafkaSource(
        "events", {"bootstrap.servers": servers, "log_level": 0}, patience=0.5
    )
    message = f"topic 'events': the brokers at {servers} must be reachable.*Check that"
    with pytest.raises(ConnectionError, match=message):
        next(source.events())


def test_a_broker_that_goes_silent():
    owner = kafka.Producer(
        {"test.mock.num.brokers": 1, "bootstrap.servers": "none", "log_level": 0}
    )
    [broker] = owner.list_topics(timeout=30).brokers.values()
    servers = f"{broker.host}:{broker.port}"
    send(servers, "events", [user(0)])
    client = {"bootstrap.servers": servers, "log_level": 0}
    events = KafkaSource("events", client, patience=2).events()
    assert next(events).event.user == 0
    del owner, broker
    time.sleep(0.1)
    with pytest.raises(ConnectionError, match="Received: nothing for 2 s"):
        list(events)


# Arguments


@pytest.mark.parametrize(
    ("client", "message"),
    [
        ({}, r"`client` must have 'bootstrap.servers'.*Received: \[\]"),
        (
            {"bootstrap.servers": "x", "enable.auto.commit": True},
            r"`client` must leave enable.*alone.*Received: enable\.auto\.commit",
        ),
    ],
)
def test_settings_that_cannot_be(client, message):
    with pytest.raises(ValueError, match=message):
        KafkaSource("events", client)
    with pytest.raises(ValueError, match=r"`max_bytes` must be.*max_bytes=0"):
        source_at("x", "events", max_bytes=0)


def test_a_client_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(ImportError, match=r"need its client.*'tfrecs\[stream\]'"):
        next(source_at("x", "events").events())
