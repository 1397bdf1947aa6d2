"""Lines about a run that is busy, on a terminal and elsewhere."""

import re
from threading import Event

import pytest
from rich.console import Console

from tfrecs.bench import heartbeat as module
from tfrecs.bench.heartbeat import Heartbeat


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    for name in ("FIRST", "ON_TERMINAL"):
        monkeypatch.setattr(module, name, 0.01)


def wait_for(text, read, pause=0.02):
    """Reads until a text was shown; fails after 10 s."""
    shown = ""
    for _ in range(500):
        shown += read()
        if text in shown:
            return shown
        Event().wait(pause)
    raise AssertionError(shown)


def test_the_latest_step_is_repeated_while_it_lasts(capsys):
    heart = Heartbeat(every=0.01)
    with heart.during("reading [x]") as show:
        lines = wait_for("reading", lambda: capsys.readouterr().err).splitlines()
        assert all(re.fullmatch(r"\d+ s: reading \[x\] \(\d+ s\)", x) for x in lines)
        show("mf: evaluating")
        again = wait_for("evaluating", lambda: capsys.readouterr().err)
        wait_for("mf: evaluating", lambda: capsys.readouterr().err)
        assert "mf: evaluating (0 s)\n" in again
    capsys.readouterr()
    Event().wait(0.05)
    assert capsys.readouterr() == ("", "")  # the phase has ended


def test_a_short_phase_shows_nothing(capsys, monkeypatch):
    monkeypatch.setattr(module, "FIRST", 100.0)
    with Heartbeat().during("reading"):
        pass
    assert capsys.readouterr() == ("", "")


def test_a_line_that_stays_is_shown_at_once_with_the_limit(capsys):
    heart = Heartbeat()
    heart.report("one [red]")
    heart.limit = 600.0
    heart.report("two")
    assert capsys.readouterr().err == "0 s: one [red]\n0 of 600 s: two\n"


def test_a_phase_ends_with_an_error():
    heart = Heartbeat()
    with pytest.raises(ValueError, match="bad"), heart.during("reading"):
        raise ValueError("bad")


def test_on_a_terminal_there_is_one_line_that_changes(monkeypatch):
    heart, out = Heartbeat(), Console(force_terminal=True, record=True, stderr=True)
    shown = []
    monkeypatch.setattr(heart, "_console", out)
    status = out.status

    def watched(text):
        found = status(text)
        update = found.update
        found.update = lambda text: (shown.append(text), update(text))
        return found

    monkeypatch.setattr(out, "status", watched)
    with heart.during("reading [x]") as show:
        wait_for(r"reading \[x]", lambda: "".join(shown))
        show("mf")
        wait_for("mf (0 s)", lambda: "".join(shown))
