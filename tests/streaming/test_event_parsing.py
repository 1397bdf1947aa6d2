"""Events of lines, and lines that are none."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecs.data.readers import read_interactions
from tfrecs.data.vocabulary import Vocabulary, from_json, to_json
from tfrecs.streaming import Event, IncrementalRecommender, Popular, events_of
from tfrecs.streaming.sources import FAULTS, CsvEvents, JsonEvents, MalformedError


def fault_of(parse, line):
    with pytest.raises(MalformedError) as raised:
        parse(line)
    assert str(raised.value) == f"{raised.value.fault}. {FAULTS[raised.value.fault]}"
    return raised.value.fault


# JSON


def test_a_whole_object():
    line = (
        b'{"user": "ann", "item": 7, "rating": 4, "weight": 0.5, "time": 12, "a": []}'
    )
    assert JsonEvents()(line) == Event("ann", 7, 4.0, 0.5, 12.0)


@pytest.mark.parametrize("ending", [b"", b"\r", b" \t"])
def test_what_is_not_said_is_as_in_an_event(ending):
    assert JsonEvents()(b'{"user":1,"item":"1"}' + ending) == Event(1, "1")
    line = b'{"user":1,"item":"1","rating":null,"weight":null,"time":null}'
    assert JsonEvents()(line + ending) == Event(1, "1")


def test_keys_may_be_others():
    parse = JsonEvents("who", "what", rating="stars", weight=None, time="at")
    line = b'{"who":"a","what":"b","stars":2,"weight":9,"at":-3,"rating":"?"}'
    assert parse(line) == Event("a", "b", 2.0, None, -3.0)


def test_ids_keep_their_kind():
    line = '{"user": "7", "item": 123456789012345678901234567890}'
    assert JsonEvents()(line.encode()) == Event("7", 123456789012345678901234567890)
    assert JsonEvents()('{"user": "ä\\u0000", "item": 7}'.encode()).user == "ä\0"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"", "not JSON"),
        (b"Heat!", "not JSON"),
        (b'["ann", "Heat"]', "not JSON"),
        (b'{"user": "a", "item": "b"', "not JSON"),
        (b'{"user": "a", "item": "b"} {}', "not JSON"),
        (b"[" * 50_000, "not JSON"),
        (b'{"a":' * 50_000, "not JSON"),
        (b'{"user": ' + b"9" * 5000 + b', "item": 1}', "not JSON"),
        (b'{"user": "\xff", "item": 1}', "not text"),
        ('{"user": 1, "item": 1}'.encode("utf-16"), "not text"),
        (b'{"user": "a"}', "missing key"),
        (b'{"item": "a", "rating": 1}', "missing key"),
        (b'{"user": null, "item": 1}', "bad id"),
        (b'{"user": "", "item": 1}', "bad id"),
        (b'{"user": [1], "item": 1}', "bad id"),
        (b'{"user": {"id": 1}, "item": 1}', "bad id"),
        (b'{"user": true, "item": 1}', "bad id"),
        (b'{"user": 1.5, "item": 1}', "bad id"),
        (b'{"user": 1, "item": NaN}', "bad id"),
        (b'{"user": "\\ud83d", "item": 1}', "bad id"),
        (b'{"user": "a", "item": "b\\ude00c"}', "bad id"),
        (b'{"user": 9007199254740992.0, "item": 1}', "bad id"),
        (b'{"user": 1' + b"0" * 300 + b', "item": 1}', "bad id"),
        (b'{"user": 1, "item": 1, "rating": NaN}', "bad rating"),
        (b'{"user": 1, "item": 1, "rating": Infinity}', "bad rating"),
        (b'{"user": 1, "item": 1, "rating": -0.5}', "bad rating"),
        (b'{"user": 1, "item": 1, "rating": 1000001}', "bad rating"),
        (b'{"user": 1, "item": 1, "rating": 1e999}', "bad rating"),
        (b'{"user": 1, "item": 1, "rating": "4"}', "bad rating"),
        (b'{"user": 1, "item": 1, "rating": true}', "bad rating"),
        (b'{"user": 1, "item": 1, "weight": -1}', "bad weight"),
        (b'{"user": 1, "item": 1, "weight": [2]}', "bad weight"),
        (b'{"user": 1, "item": 1, "time": "noon"}', "bad time"),
        (b'{"user": 1, "item": 1, "time": -Infinity}', "bad time"),
        (b'{"user": 1, "item": 1, "time": 1' + b"0" * 400 + b"}", "bad time"),
    ],
)
def test_what_is_no_event_raises_its_fault(line, fault):
    assert fault_of(JsonEvents(), line) == fault


def test_how_much_a_rating_may_be_is_an_argument():
    line = b'{"user": 1, "item": 1, "rating": 5, "weight": 5}'
    assert JsonEvents(largest=5)(line).rating == 5
    assert fault_of(JsonEvents(largest=4.9), line) == "bad rating"
    assert fault_of(JsonEvents(largest=4.9, rating=None), line) == "bad weight"


@pytest.mark.parametrize("time", [b"8", b"1e300"])
def test_how_late_a_time_may_be_is_an_argument(time):
    line = b'{"user": 1, "item": 1, "time": %s}' % time
    assert JsonEvents()(line).time == float(time)
    assert fault_of(JsonEvents(latest=7.5), line) == "bad time"
    assert fault_of(CsvEvents(latest=7.5), b"1,1,," + time) == "bad time"


# CSV


def test_fields_in_their_order():
    assert CsvEvents()(b"ann,Heat,4,12") == Event("ann", "Heat", 4.0, None, 12.0)
    assert CsvEvents()(b'7,"Heat, ""1995""",,\r') == Event("7", 'Heat, "1995"')
    parse = CsvEvents(("item", None, "user", "weight"), "|")
    assert parse(b"Heat|?|ann|0.5") == Event("ann", "Heat", None, 0.5)


def test_separators_and_encodings_are_those_of_the_readers():
    found = Event("ann", "Heat", 4.0, None, 12.0)
    assert CsvEvents(separator="::")(b"ann::Heat::4::12\r") == found
    pairs = CsvEvents(("user", "item"), "::")
    assert pairs(b"ann::Heat\r") == Event("ann", "Heat")
    assert CsvEvents(separator=" ")(b"  ann\tHeat   4 12 ") == found
    assert CsvEvents(separator="tab")(b"ann\tHeat\t4\t12") == found
    line = "José,café,,".encode("latin-1")
    assert CsvEvents(encoding="latin-1")(line) == Event("José", "café")
    assert fault_of(CsvEvents(), line) == "not text"
    assert fault_of(CsvEvents(encoding="cp1252"), b"ann,\x81,4,12") == "not text"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"", "not CSV"),
        (b"ann,Heat,4", "not CSV"),
        (b"ann,Heat,4,12,", "not CSV"),
        (b'ann,"Heat,4,12', "not CSV"),
        (b'ann,"Heat"s,4,12', "not CSV"),
        (b"ann,\xff,4,12", "not text"),
        (b",Heat,4,12", "bad id"),
        (b"user,item,rating,time", "bad rating"),
        (b"ann,Heat,nan,12", "bad rating"),
        (b"ann,Heat,-1,12", "bad rating"),
        (b"ann,Heat,4,inf", "bad time"),
        (b"ann,Heat,4,noon", "bad time"),
    ],
)
def test_fields_that_are_no_event(line, fault):
    assert fault_of(CsvEvents(), line) == fault


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"columns": ("user", "rating")}, r"`columns` must be.*\('user', 'rating'\)"),
        ({"columns": ("user", "item", "stars")}, "`columns` must be user, item.*stars"),
        ({"columns": ("user", "item", "item")}, "each once.*'item', 'item'"),
        ({"separator": ";;"}, "`separator` must be one character.*';;'"),
        ({"separator": '"'}, "`separator` must be one character.*Received: '\"'"),
        ({"encoding": "utf-16"}, "`encoding` must be.*newline.*Received: 'utf-16'"),
        ({"encoding": "nothing"}, "`encoding` must be one of Python.*'nothing'"),
    ],
)
def test_columns_and_separators_that_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        CsvEvents(**arguments)


# Times


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1970-01-01", 0),
        ("1970-01-02T00:00:01", 86401),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01 00:00:00.25Z", 0.25),
        ("1969-12-31T23:59:59-00:00", -1),
    ],
)
def test_iso_dates_are_seconds_as_in_files(tmp_path, written, seconds):
    assert CsvEvents()(f"ann,Heat,4,{written}".encode()).time == seconds
    line = json.dumps({"user": "ann", "item": "Heat", "time": written})
    assert JsonEvents()(line.encode()).time == seconds
    path = tmp_path / "log.csv"
    path.write_text(f"user,item,time\nann,Heat,{written}\n")
    [event] = events_of(read_interactions(path))
    assert event.time == seconds


@pytest.mark.parametrize("written", ["1970-01-02", "9999-12-31T23:59:59-23:59"])
def test_dates_have_a_maximum_and_are_no_ratings(written):
    line = json.dumps({"user": 1, "item": 1, "time": written}).encode()
    assert fault_of(JsonEvents(latest=86399), line) == "bad time"
    line = json.dumps({"user": 1, "item": 1, "rating": written}).encode()
    assert fault_of(JsonEvents(), line) == "bad rating"
    assert fault_of(CsvEvents(), f"1,1,{written},".encode()) == "bad rating"
    for wrong in ("1970-01-32", "", "1970-01-01T25:00"):
        line = json.dumps({"user": 1, "item": 1, "time": wrong}).encode()
        assert fault_of(JsonEvents(), line) == "bad time"


# Any bytes

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)
OBJECTS = st.fixed_dictionaries(
    {"user": VALUES, "item": VALUES},
    optional={name: VALUES for name in ("rating", "weight", "time")},
)


@given(OBJECTS | VALUES)
def test_any_json_is_an_event_or_malformed(value):
    """What is taken can be learned, and is what was written."""
    try:
        event = JsonEvents()(json.dumps(value).encode())
    except MalformedError as error:
        assert error.fault in FAULTS
        return
    made = IncrementalRecommender(Popular(), confidence="log")
    made.partial_fit(*event)
    for ids in (made.users, made.items):
        assert from_json(to_json(Vocabulary(ids))).ids.tolist() == ids
    assert (event.user, event.item) == (value["user"], value["item"])
    assert event.rating == value.get("rating")
    assert event.time == (value.get("time") or 0)


@given(st.binary(max_size=60), st.sampled_from([JsonEvents(), CsvEvents()]))
def test_any_bytes_are_an_event_or_malformed(line, parse):
    try:
        event = parse(line.replace(b"\n", b""))
    except MalformedError as error:
        assert error.fault in FAULTS
    else:
        assert event.user
        assert math.isfinite(event.time)
