"""Learning from a source: what is counted, and runs that stop and go on."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from tfrecs.streaming import (
    Event,
    Forgetting,
    IncrementalRecommender,
    Isgd,
    ItemItem,
    Popular,
    Ridge,
    load,
    save,
)
from tfrecs.streaming.sources import Counts, FileSource, StandardInput, learn_from
from tfrecs.streaming.sources.interrupts import held_interrupts
from tfrecs.streaming.sources.progress import Progress

BAD = ["", "Heat!", '{"user": 1}', '{"user": 1, "item": 1, "rating": NaN}']


def lines(size, seed=0):
    """Lines of a stream with all that may come: new, repeated, late and bad ones."""
    rng = np.random.default_rng(seed)
    users = rng.integers(0, 1 + np.arange(size) // 4, size).tolist()
    items, late = rng.integers(0, 40, size).tolist(), rng.integers(0, 9, size).tolist()
    made = []
    for at, (user, item) in enumerate(zip(users, items, strict=True)):
        if late[at] == 8:
            made.append(BAD[at % len(BAD)])
        event = {"user": f"u{user}", "item": item, "rating": 1 + item % 5}
        made.append(json.dumps({**event, "time": at - 2 * late[at]}))
    return "".join(f"{line}\n" for line in made).encode()


def make():
    return IncrementalRecommender(
        Ridge(embedding_dim=4),
        confidence="log",
        forgetting=Forgetting(by="time", half_life=200),
    )


def source_of(data, **settings):
    return StandardInput(stream=io.BufferedReader(io.BytesIO(data)), **settings)


def assert_same(one, other):
    """To the bit, and on the same ids."""
    assert (one.users, one.items) == (other.users, other.items)
    states = one.state(), other.state()
    assert states[0].keys() == states[1].keys()
    for name, array in states[0].items():
        np.testing.assert_array_equal(array, states[1][name], err_msg=name)


# Counts


def test_what_comes_is_learned_and_counted():
    events = [
        {"user": "ann", "item": "Heat", "time": 5},
        {"user": "bob", "item": "Heat", "time": 7},
        {"user": "ann", "item": "Heat", "time": 6},  # repeated, and back
        {"user": "ann", "item": "Tron", "time": 6},  # still before 7
        {"user": "ann", "item": "Jaws", "time": 7},  # as late as the latest
        {"user": "bob", "item": "Jaws", "time": 8, "rating": -1},
        {"user": "eve", "item": None},
    ]
    data = "".join(f"{json.dumps(event)}\n" for event in events)
    data += "Heat!\n\n" + "x" * 200 + "\n" + '{"user"'
    recommender = IncrementalRecommender(Popular())
    seen = []
    counts = learn_from(
        source_of(data.encode(), max_bytes=150),
        recommender,
        progress=lambda counts: seen.append(counts.events),
    )
    assert counts == Counts(
        events=5,
        malformed={"bad rating": 1, "bad id": 1, "not JSON": 2, "too long": 1},
        repeated=1,
        new_users=2,
        new_items=3,
        times_back=2,
        latest_time=7.0,
        is_unfinished=True,
        is_stopped=False,
    )
    assert seen == [1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5]
    expected = IncrementalRecommender(Popular())
    for event in events[:5]:
        expected.partial_fit(**event)
    assert_same(recommender, expected)


def test_the_same_item_of_another_user_is_not_repeated():
    recommender = IncrementalRecommender(Popular())
    recommender.partial_fit("ann", "Heat")
    assert recommender.had("ann", "Heat")
    recommender.partial_fit("bob", "Tron")
    for pair in [("ann", "Tron"), ("bob", "Heat"), ("eve", "Heat"), ("ann", "Jaws")]:
        assert not recommender.had(*pair)


def test_a_malformed_line_is_an_error_if_asked(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"user":1,"item":2}\n{"user":1,"item":[]}\n')
    recommender = IncrementalRecommender(Popular())
    message = r"events\.jsonl, line 2: An id must be.*Received: one that is 'bad id'"
    with pytest.raises(ValueError, match=message):
        learn_from(FileSource(path), recommender, on_malformed="error")
    assert recommender.log.num_events == 1
    path.write_bytes(b'{"user":1,"item":2}\n{"user":1')  # unfinished is not malformed
    assert learn_from(FileSource(path), make(), on_malformed="error").is_unfinished


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"`every` must be.*every=0"):
        learn_from(source_of(b""), make(), every=0)
    with pytest.raises(ValueError, match=r"`on_malformed` must be one.*'pass'"):
        learn_from(source_of(b""), make(), on_malformed="pass")


# Going on


@pytest.mark.parametrize("every", [1, 7, 1000])
def test_a_file_that_grew_is_learned_from_where_it_stood(tmp_path, every):
    data, path, checkpoint = lines(120), tmp_path / "e.jsonl", tmp_path / "c.npz"
    unbroken = make()
    expected = learn_from(source_of(data), unbroken)
    for end in (0, 500, 501, 4000, len(data) - 1, len(data)):
        path.write_bytes(data[:end])
        resumed = make()
        counts = learn_from(
            FileSource(path), resumed, checkpoint=checkpoint, every=every
        )
    assert counts == expected
    assert counts.events == 120
    assert_same(resumed, unbroken)
    assert_same(load(checkpoint), unbroken)  # it is a file of a recommender as well


def test_a_stop_anywhere_between_two_checkpoints(tmp_path):
    """Whatever was not written is learned again, from a recommender that forgot it."""
    data, checkpoint = lines(60), tmp_path / "c.npz"
    unbroken, seen = make(), []
    expected = learn_from(source_of(data), unbroken)

    def stop(counts):
        seen.append(counts.events)
        if len(seen) == 30:
            raise RuntimeError("the power is out")

    with pytest.raises(RuntimeError, match="out"):
        learn_from(
            source_of(data), make(), checkpoint=checkpoint, every=8, progress=stop
        )
    assert load(checkpoint).log.num_events == seen[3 * 8 - 1]  # the last eighth line
    resumed = make()
    assert learn_from(source_of(data), resumed, checkpoint=checkpoint) == expected
    assert_same(resumed, unbroken)


def test_what_was_known_before_the_stream_stays(tmp_path):
    data, checkpoint = lines(40), tmp_path / "c.npz"
    first = IncrementalRecommender(ItemItem())
    first.partial_fit("someone", "something")
    whole = learn_from(source_of(data), first, checkpoint=checkpoint)
    again = IncrementalRecommender(ItemItem())
    assert learn_from(source_of(data), again, checkpoint=checkpoint) == whole
    assert_same(first, again)
    assert again.users[0] == "someone"


class Other(StandardInput):
    name = "kafka events"


@pytest.mark.parametrize(
    ("source", "made", "message"),
    [
        (
            source_of(b""),
            Popular(),
            r"c\.npz: must be of the same settings: learner 'p",
        ),
        (source_of(b""), None, r"the stream: must have the .* bytes"),
        (source_of(lines(9, seed=1) * 2), None, "be the ones that were learned"),
        (Other(), None, r"must be of the source 'kafka events'\. Received: 'lines'"),
    ],
)
def test_checkpoints_that_do_not_fit(tmp_path, source, made, message):
    checkpoint = tmp_path / "c.npz"
    learn_from(source_of(lines(9)), make(), checkpoint=checkpoint)
    recommender = make() if made is None else IncrementalRecommender(made)
    with pytest.raises(ValueError, match=message):
        learn_from(source, recommender, checkpoint=checkpoint)


def test_a_file_of_a_recommender_is_no_checkpoint(tmp_path):
    save(make(), tmp_path / "c.npz")
    message = r"c\.npz: must be a checkpoint of `learn_from`.*without 'source'"
    with pytest.raises(ValueError, match=message):
        learn_from(source_of(b""), make(), checkpoint=tmp_path / "c.npz")


# Ctrl-C


@pytest.mark.parametrize("place", [0, 17])
def test_ctrl_c_while_it_learns_ends_after_the_event(tmp_path, place, monkeypatch):
    data, checkpoint = lines(60), tmp_path / "c.npz"
    unbroken, stopped, resumed = make(), make(), make()
    expected = learn_from(source_of(data), unbroken)
    learn = stopped.partial_fit

    def interrupted(*event):
        signal.raise_signal(signal.SIGINT)
        learn(*event)

    def show(counts):
        if counts.events == place:
            stopped.partial_fit = interrupted

    if place == 0:
        stopped.partial_fit = interrupted
    counts = learn_from(source_of(data), stopped, checkpoint=checkpoint, progress=show)
    assert (counts.events, counts.is_stopped) == (place + 1, True)
    assert learn_from(source_of(data), resumed, checkpoint=checkpoint) == expected
    assert_same(resumed, unbroken)


def test_ctrl_c_while_it_waits(tmp_path):
    path, checkpoint = tmp_path / "e.jsonl", tmp_path / "c.npz"
    path.write_bytes(lines(20))

    def show(counts):
        if counts.events == 20:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()

    before = signal.getsignal(signal.SIGINT)
    counts = learn_from(
        FileSource(path, follow=True), make(), checkpoint=checkpoint, progress=show
    )
    assert (counts.events, counts.is_stopped) == (20, True)
    assert signal.getsignal(signal.SIGINT) is before
    again = learn_from(FileSource(path), make(), checkpoint=checkpoint)
    assert (again.events, again.is_stopped) == (20, False)


def test_ctrl_c_at_the_very_end_changes_nothing(tmp_path, monkeypatch):
    write = Progress.write

    def interrupted(progress, path):
        signal.raise_signal(signal.SIGINT)
        write(progress, path)

    monkeypatch.setattr(Progress, "write", interrupted)
    counts = learn_from(source_of(lines(9)), make(), checkpoint=tmp_path / "c.npz")
    assert (counts.events, counts.is_stopped) == (9, False)
    assert load(tmp_path / "c.npz").log.num_events == 9


@pytest.fixture
def python_s_own_ctrl_c():
    """What Python does on Ctrl-C, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("python_s_own_ctrl_c")
def test_ctrl_c_is_held_and_then_raised():
    with held_interrupts() as interrupts:
        interrupts.hold()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            interrupts.release()
    with held_interrupts():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)  # impatience changes nothing
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_another_thread_leaves_ctrl_c_alone():
    before, found = signal.getsignal(signal.SIGINT), []

    def run():
        recommender = IncrementalRecommender(Popular())
        found.append(learn_from(source_of(lines(9)), recommender).events)
        found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [9, before]


# SIGKILL, while another process writes

LEARN = """
import sys
sys.path.insert(0, sys.argv[3])
from test_learn_from import make
from tfrecs.streaming.sources import FileSource, learn_from

source = FileSource(sys.argv[1], follow=True, wait=0.002)
show = lambda counts: print(counts.events, flush=True)
learn_from(source, make(), checkpoint=sys.argv[2], every=7, progress=show)
"""
WRITE = """
import sys, time
import numpy as np
sys.path.insert(0, sys.argv[2])
from test_learn_from import lines

data, rng = lines(400), np.random.default_rng(3)
with open(sys.argv[1], "ab", buffering=0) as file:
    while data:
        size = rng.integers(1, 400)
        file.write(data[:size])
        data = data[size:]
        time.sleep(0.015)
"""
KILLS = 3


def test_killed_runs_miss_nothing_and_learn_nothing_twice(tmp_path):
    """While a writer appends pieces of lines, the learner is killed again and again."""
    path, checkpoint = tmp_path / "e.jsonl", tmp_path / "c.npz"
    path.touch()
    here, rng = os.path.dirname(__file__), np.random.default_rng(7)
    writer = subprocess.Popen([sys.executable, "-c", WRITE, str(path), here])
    command = [sys.executable, "-c", LEARN, str(path), str(checkpoint), here]
    for _ in range(KILLS):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as learner:
            for _ in range(rng.integers(1, 400 // KILLS)):
                assert learner.stdout.readline()
            time.sleep(rng.uniform(0, 0.02))
            learner.send_signal(signal.SIGKILL)
    assert checkpoint.exists()
    assert writer.wait() == 0
    data, unbroken, resumed = lines(400), make(), make()
    assert path.read_bytes() == data
    expected = learn_from(source_of(data), unbroken)
    assert learn_from(FileSource(path), resumed, checkpoint=checkpoint) == expected
    assert expected.events == 400
    assert_same(resumed, unbroken)


def test_events_can_be_scored_before_they_are_learned():
    """A source is the events of `prequential` too, from its beginning."""
    from tfrecs.streaming import prequential

    found = source_of(b'{"user":1,"item":2}\nHeat!\n{"user":3,"item":2}\n').events()
    events = (one.event for one in found if one.event is not None)
    scored = prequential(IncrementalRecommender(Isgd(2)), events)
    np.testing.assert_array_equal(scored.ranks, [0, 1])
    assert Event(1, 2) == Event(user=1, item=2)
