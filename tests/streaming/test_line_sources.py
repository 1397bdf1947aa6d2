"""Events of files that grow, and of standard input, with their positions."""

import io
import json
import os
import subprocess
import sys
import threading
import time
import zlib
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecs.streaming import Event
from tfrecs.streaming.sources import (
    CsvEvents,
    FileSource,
    JsonEvents,
    Position,
    Positioned,
    StandardInput,
)

ANN, BOB = b'{"user":"ann","item":"Heat"}\n', b'{"user":"bob","item":"Tron"}\n'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.jsonl"


def from_bytes(data, **settings):
    return StandardInput(stream=io.BufferedReader(io.BytesIO(data)), **settings)


# Positions


def test_each_event_has_the_position_after_it(path):
    """29 bytes a line; positions count bytes, lines, and a CRC-32 of all before."""
    path.write_bytes(ANN + b"Heat!\n" + BOB)
    assert len(ANN) == 29
    first = Position(29, 0, 1, zlib.crc32(ANN))
    second = Position(35, 0, 2, zlib.crc32(ANN + b"Heat!\n"))
    third = Position(64, 0, 3, zlib.crc32(ANN + b"Heat!\n" + BOB))
    expected = [
        Positioned(first, Event("ann", "Heat")),
        Positioned(second, None, "not JSON"),
        Positioned(third, Event("bob", "Tron")),
    ]
    for source in (FileSource(path), from_bytes(path.read_bytes())):
        assert list(source.events()) == expected
    assert list(FileSource(path).events([first])) == expected[1:]
    assert list(FileSource(path).events([third])) == []
    assert first.title() == "line 1"


def test_a_line_without_its_newline_is_no_event_yet(path):
    path.write_bytes(ANN + BOB[:-1])
    one, unfinished = FileSource(path).events()
    assert unfinished == Positioned(one.position, None, "unfinished")
    with path.open("ab") as file:
        file.write(b"\n")
    [other] = FileSource(path).events([one.position])
    assert other.event == Event("bob", "Tron")


def test_nothing_at_all(path):
    path.touch()
    assert [*FileSource(path).events(), *from_bytes(b"").events()] == []


def test_other_lines_than_json(path):
    path.write_text("ann::Heat\nann|Heat\n", encoding="utf-8")
    found = FileSource(path, CsvEvents(("user", "item"), "|")).events()
    assert [one.event for one in found] == [None, Event("ann", "Heat")]


@pytest.mark.parametrize("length", [19, 20, 21, 70_000, 300_000])
def test_a_line_that_is_too_long_is_passed_over(path, length):
    """Also one of several chunks; what comes after is read."""
    parse = CsvEvents(("user", "item"))
    path.write_bytes(b"a,b\n" + b"a," + b"b" * (length - 2) + b"\nc,d\n")
    first, long, last = FileSource(path, parse, max_bytes=20).events()
    assert first.event == Event("a", "b")
    assert long.fault == ("too long" if length > 20 else "")
    assert last.event == Event("c", "d")
    assert last.position == Position(
        path.stat().st_size, 0, 3, zlib.crc32(path.read_bytes())
    )
    [again] = FileSource(path, parse, max_bytes=20).events([long.position])
    assert again == last


# Any cut of the bytes into chunks

LINES = st.lists(
    st.sampled_from([ANN, BOB, b"\n", b"Heat!\n", b'{"user":1}\r\n', b"x" * 99 + b"\n"])
    | st.binary(max_size=5).map(lambda line: line + b"\n"),
    max_size=12,
)


def slowly(data, max_bytes):
    """The events of the bytes, line after line, in plain Python."""
    found, begin = [], 0
    while (end := data.find(b"\n", begin)) >= 0:
        line, begin = data[begin:end], end + 1
        fault = "too long" if len(line) > max_bytes else None
        if fault is None:
            try:
                found.append((begin, JsonEvents()(line), ""))
                continue
            except ValueError as error:
                fault = error.fault
        found.append((begin, None, fault))
    return found


class Chunks(io.RawIOBase):
    """A stream that returns one of these chunks for each read."""

    def __init__(self, data, cuts):
        edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
        parts = [data[a:b] for a, b in pairwise(edges)]
        self.parts = [part for part in parts if part]

    def readable(self):
        return True

    def readinto(self, memory):
        part = self.parts.pop(0) if self.parts else b""
        memory[: len(part)] = part
        return len(part)


@given(LINES, st.binary(max_size=8), st.lists(st.integers(0, 500), max_size=9))
def test_any_chunks_of_a_stream_give_the_same_events(lines, rest, cuts):
    data = b"".join(lines) + rest.replace(b"\n", b"")
    source = StandardInput(max_bytes=50, stream=io.BufferedReader(Chunks(data, cuts)))
    found = list(source.events())
    if not data.endswith(b"\n") and data:
        assert found.pop().fault == "unfinished"
    plain = [(one.position.offset, one.event, one.fault) for one in found]
    assert plain == slowly(data, 50)
    assert [one.position.number for one in found] == [*range(1, len(found) + 1)]
    for one in found:
        assert one.position.checksum == zlib.crc32(data[: one.position.offset])


@given(LINES, st.lists(st.integers(0, 500), max_size=9))
def test_any_writes_to_a_file_give_the_same_events(tmp_path_factory, lines, cuts):
    """Between the writes it is read to its end, and then from there."""
    data, path = b"".join(lines), tmp_path_factory.getbasetemp() / "grown.jsonl"
    path.unlink(missing_ok=True)
    after, found = [], []
    with path.open("ab", buffering=0) as file:
        for part in Chunks(data, cuts).parts or [b""]:
            file.write(part)
            for one in FileSource(path, max_bytes=50).events(after):
                if one.fault != "unfinished":
                    after = [one.position]
                    found.append((one.position.offset, one.event, one.fault))
    assert found == slowly(data, 50)


# Following


def test_a_follower_waits_for_whole_lines(path):
    path.write_bytes(ANN[:10])
    source = FileSource(path, follow=True, wait=0.01)
    parts = [ANN[10:], BOB[:3], BOB[3:-1], b"\n" + ANN]

    def write():
        with path.open("ab", buffering=0) as file:
            for part in parts:
                time.sleep(0.03)
                file.write(part)

    writer = threading.Thread(target=write)
    writer.start()
    events = source.events()
    found = [one.event.user for one in islice(events, 3)]
    events.close()
    writer.join()
    assert found == ["ann", "bob", "ann"]


def test_standard_input_gives_events_as_they_come():
    """Each before the next is sent."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream, os.fdopen(writing, "wb", 0) as sender:
        events = StandardInput(stream=stream).events()
        for line in (ANN, BOB):
            sender.write(line)
            assert next(events).event == JsonEvents()(line)
        sender.close()
        assert list(events) == []


def test_standard_input_itself():
    code = (
        "from tfrecs.streaming.sources import *\n"
        "print([one.event.user for one in StandardInput().events()])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=ANN + BOB, capture_output=True, check=True
    )
    assert json.loads(done.stdout.replace(b"'", b'"')) == ["ann", "bob"]


# What is not the stream that it was


def after_two(path):
    path.write_bytes(ANN + BOB)
    _, last = FileSource(path).events()
    return [last.position]


@pytest.mark.parametrize("follow", [False, True])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (ANN, r"must have the 58 bytes that.*Received: 29 bytes; it was cut short"),
        (BOB + ANN, "the first 58 bytes must be the ones that were learned"),
        (BOB + ANN + ANN, "the first 58 bytes must be the ones that were learned"),
    ],
)
def test_a_file_that_is_cut_short_or_another_since(path, follow, data, message):
    after = after_two(path)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"events\.jsonl: {message}"):
        next(FileSource(path, follow=follow).events(after))


def test_a_sender_that_sends_something_else(path):
    after = after_two(path)
    assert list(from_bytes(ANN + BOB).events(after)) == []
    [more] = from_bytes(ANN + BOB + ANN).events(after)
    assert more.position.number == 3
    with pytest.raises(ValueError, match="the stream: the first 58 bytes must be"):
        next(from_bytes(ANN + ANN).events(after))
    with pytest.raises(ValueError, match=r"the stream: must have the 58.*29 bytes"):
        next(from_bytes(ANN).events(after))


def test_a_file_that_is_cut_short_while_it_is_followed(path):
    path.write_bytes(ANN + BOB)
    events = FileSource(path, follow=True, wait=0).events()
    assert len(list(islice(events, 2))) == 2
    os.truncate(path, 10)
    with pytest.raises(ValueError, match=r"must have the 58 .*Received: 10 bytes"):
        next(events)


@pytest.mark.parametrize("is_new", [False, True])
def test_a_file_that_is_replaced_while_it_is_followed(path, is_new):
    path.write_bytes(ANN)
    events = FileSource(path, follow=True, wait=0).events()
    next(events)
    with path.open("ab") as old:
        old.write(BOB)
    path.rename(path.with_name("old.jsonl"))
    if is_new:
        path.write_bytes(ANN)
    assert next(events).event.user == "bob"  # the old file is read to its end first
    message = r"jsonl: must remain the same file.*another one, or none, after byte"
    with pytest.raises(ValueError, match=f"{message} 58"):
        next(events)


def test_what_cannot_be_read(path):
    with pytest.raises(FileNotFoundError, match=r"events\.jsonl: no such file"):
        next(FileSource(path).events())
    path.touch()
    with pytest.raises(ValueError, match=r"`max_bytes` must be.*max_bytes=0"):
        next(FileSource(path, max_bytes=0).events())
