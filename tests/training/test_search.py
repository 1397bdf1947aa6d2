"""Searches with Optuna: the default first, seeds, pruning, failures and kills."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import count

import pytest

from tfrecs.training.tuning.search import Limits, Subject, search
from tfrecs.training.tuning.space import Choice, Range, including
from tfrecs.training.tuning.trials import Trial, Tuned

SPACE = {
    "rate": Range(1e-3, 1.0, log=True),
    "size": Choice((8, 16, (32, 16))),
    "layers": Range(1, 4, whole=True),
}
DEFAULT = {"rate": 0.1, "size": (32, 16), "layers": 2}


def valley(values, report):
    """Is highest at a rate of .01 and the size 8."""
    return 1 - abs(values["rate"] - 0.01) - (values["size"] != 8) / 10, None


SUBJECT = Subject("mf", SPACE, DEFAULT, valley, "the data")


def points(tuned):
    return [trial.values for trial in tuned.trials]


def test_the_default_point_is_the_first_trial_and_the_best_is_found():
    tuned = search(SUBJECT, Limits(trials=30), seed=0)
    assert tuned.trials[0].values == DEFAULT
    assert tuned.default.number == 0
    assert tuned.default.score == pytest.approx(1 - 0.09 - 0.1)
    assert [trial.number for trial in tuned.trials] == list(range(30))
    assert all(tuned.best.score >= trial.score for trial in tuned.trials)
    assert tuned.best.score > 0.97
    assert tuned.best.values["size"] == 8
    assert isinstance(tuned.best.values["layers"], int)
    assert sum(tuned.importances.values()) == pytest.approx(1)
    assert next(iter(tuned.importances)) == "rate"


def test_a_seed_reproduces_the_trials():
    first, again, other = (
        points(search(SUBJECT, Limits(trials=9), seed=seed)) for seed in (3, 3, 4)
    )
    assert first == again
    assert first[0] == other[0]
    assert all(x != y for x, y in zip(first[1:], other[1:], strict=True))
    rates = {point["rate"] for point in first}
    assert len(rates) == 9  # a new seed for each trial


def test_a_search_that_ended_goes_on(tmp_path):
    whole = search(SUBJECT, Limits(trials=9), seed=0)
    path = tmp_path / "new" / "mf.jsonl"
    search(SUBJECT, Limits(trials=4), seed=0, journal=path)
    parts = search(SUBJECT, Limits(trials=9), seed=0, journal=path)
    assert points(parts) == points(whole)
    assert [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    "changes", [{"about": "other data"}, {"space": {**SPACE, "size": Choice((8,))}}]
)
def test_a_study_of_something_else_does_not_go_on(tmp_path, changes):
    path = tmp_path / "mf.jsonl"
    search(SUBJECT, Limits(trials=1), seed=0, journal=path)
    default = {**DEFAULT, "size": 8}
    other = replace(SUBJECT, default=default, **changes)
    with pytest.raises(ValueError, match=r"mf.jsonl: must be of the same data, space"):
        search(other, Limits(trials=2), seed=0, journal=path)
    with pytest.raises(
        ValueError, match=r"Received: seed 0, the data.* of seed 1, the"
    ):
        search(SUBJECT, Limits(trials=2), seed=1, journal=path)


@pytest.mark.parametrize("content", ["no JSON\n", '{"op_code": 0}\n', "3\n", "[]\n"])
def test_a_file_that_is_no_journal_is_refused(tmp_path, content):
    path = tmp_path / "mf.jsonl"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"mf.jsonl: must be a journal of Optuna"):
        search(SUBJECT, Limits(trials=1), seed=0, journal=path)


# Trials that end early


def test_a_trial_that_fails_is_reported_and_survived():
    numbers, reported = count(), []

    def run(values, report):
        number = next(numbers)
        if number == 2:
            raise MemoryError("no room for it\nmore")
        return (float("nan") if number == 4 else valley(values, report)[0]), 7

    subject = replace(SUBJECT, run=run)
    tuned = search(subject, Limits(trials=6), seed=0, finished=reported.append)
    assert [trial.status for trial in tuned.trials] == [
        "ok",
        "ok",
        "failed: MemoryError: no room for it",
        "ok",
        "failed: ValueError: the score must be finite. Received: nan",
        "ok",
    ]
    assert [trial.number for trial in tuned.failures] == [2, 4]
    assert reported == list(tuned.trials)
    assert tuned.trials[2].score is tuned.trials[4].score is None
    assert tuned.best.epochs == 7


def test_a_search_ends_if_everything_fails():
    def run(values, report):
        raise RuntimeError("not installed")

    tuned = search(replace(SUBJECT, run=run), Limits(trials=50), seed=0)
    assert len(tuned.failures) == len(tuned.trials) == 5
    assert tuned.best is tuned.default is None
    assert tuned.importances == {}


def rungs(plans, scores):
    """A subject of planned epochs whose trials report the scores, one pass each."""
    seen = iter(scores)

    def run(values, report):
        for passes, score in enumerate(next(seen), 1):
            report(passes, score)
        return score, passes

    space = {"epochs": Choice(plans), "x": Range(0, 1)}
    return Subject("mf", space, {"epochs": plans[0], "x": 0.5}, run, "the data")


def test_progress_names_trials_and_rungs():
    shown = []
    subject = rungs((2,), [(0.5, 0.25)])
    search(subject, Limits(trials=1), seed=0, progress=shown.append)
    assert shown == [
        *("trial 0", "trial 0: 0.5000 at epoch 1", "trial 0: 0.2500 at epoch 2")
    ]


def test_a_trial_below_the_median_at_a_rung_is_pruned():
    scores = [(4, 9), (6, 9), (5, 9), (4.9, 99), (5, 7), (5, 9.1)]
    tuned = search(rungs((2,), scores), Limits(trials=6), seed=0)
    # The fourth is below the median of 4, 5, 6; the fifth is not, and at its second
    # pass it is below the median of 9, 9, 9.
    assert [trial.status for trial in tuned.trials] == [
        *("ok", "ok", "ok", "pruned", "pruned", "ok")
    ]
    assert [trial.score for trial in tuned.trials] == [9, 9, 9, 4.9, 7, 9.1]
    assert tuned.best.number == 5


def test_trials_of_other_plans_are_no_bar():
    scores = [(9, 9)] * 3 + [(1, 1)] * 9
    tuned = search(rungs((2, 3, 4), scores), Limits(trials=12), seed=0)
    pruned = [trial for trial in tuned.trials if trial.status == "pruned"]
    by_plan = {}
    for trial in tuned.trials:
        earlier = by_plan.setdefault(trial.values["epochs"], [])
        bar = len(earlier) >= 3 and sorted(earlier)[len(earlier) // 2] > trial.score
        assert (trial in pruned) == bool(bar)
        earlier.append(trial.score)


class Late(Limits):
    """Allows three trials after the time is up."""

    def allow(self, trials):
        return len(trials) < 3

    def seconds_left(self, trials):
        return -1.0


def test_a_trial_ends_when_the_time_is_up_and_the_default_does_not():
    def run(values, report):
        report(1, 0.5)
        return 1.0, 1

    tuned = search(replace(SUBJECT, run=run), Late(), seed=0)
    late = ("out of time", 0.5)
    found = [(trial.status, trial.score) for trial in tuned.trials]
    assert found == [("ok", 1.0), late, late]


def test_minutes_end_a_search():
    done = [Trial(n, n, {}, "ok", 1.0, None, s) for n, s in enumerate((1.0, 2.0, 9.0))]
    limits = Limits(minutes=14 / 60)
    assert limits.seconds_left(done) == pytest.approx(2.0)
    assert Limits(minutes=14.1 / 60).allow(done)
    assert not Limits(minutes=13.9 / 60).allow(done)  # the next would take 2 s too
    assert not Limits(trials=3).allow(done)
    assert Limits(trials=4).allow(done)
    assert Limits().allow(done)
    assert Limits(minutes=0.0).allow([])  # the default point, whatever it takes


def test_an_unknown_interruption_passes():
    def run(values, report):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(replace(SUBJECT, run=run), Limits(trials=3), seed=0)


# A kill

KILLED = """
import sys, time
from pathlib import Path
from test_search import SUBJECT, Limits, replace, search, valley

def run(values, report):
    if len(list(Path(sys.argv[1]).parent.glob("trial-*"))) == 3:
        print("at work", flush=True)
        time.sleep(600)
    Path(sys.argv[1]).with_name(f"trial-{values['rate']}").touch()
    return valley(values, report)

search(replace(SUBJECT, run=run), Limits(trials=9), seed=0, journal=Path(sys.argv[1]))
"""


def test_a_search_goes_on_after_a_kill(tmp_path):
    journal = tmp_path / "mf.jsonl"
    here = os.path.dirname(__file__)
    path = os.pathsep.join([here, *filter(None, sys.path)])
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(journal)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    with process:
        assert process.stdout.readline() == b"at work\n"
        process.send_signal(signal.SIGKILL)
    with journal.open("ab") as file:
        file.write(b'{"op_code": 5, "trial_id')  # as if the kill had torn a line
    tuned = search(SUBJECT, Limits(trials=9), seed=0, journal=journal)
    assert [trial.status for trial in tuned.trials] == [
        *["ok"] * 3,
        "interrupted",
        *["ok"] * 6,
    ]
    assert tuned.trials[4].values == tuned.trials[3].values
    found = [trial.values for trial in tuned.done]
    assert found == points(search(SUBJECT, Limits(trials=9), seed=0))


def test_an_interrupted_default_is_tried_again(tmp_path):
    """A study whose first trial was started, and has one value of three."""
    path = tmp_path / "mf.jsonl"

    def run(values, report):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(replace(SUBJECT, run=run), Limits(trials=1), seed=0, journal=path)
    lines = path.read_text().splitlines(keepends=True)
    first = next(n for n, line in enumerate(lines) if "param_name" in line)
    path.write_text("".join(lines[: first + 1]))
    tuned = search(SUBJECT, Limits(trials=2), seed=0, journal=path)
    assert [(t.index, t.status) for t in tuned.trials] == [
        *((0, "interrupted"), (0, "ok"), (1, "ok"))
    ]
    assert set(tuned.trials[0].values) == {"rate"}
    assert tuned.trials[1].values == DEFAULT
    assert tuned.default.number == 1


# Spaces


def test_a_space_is_widened_to_a_point():
    point = {"rate": 2.0, "size": 24}
    found = including(SPACE, point)
    assert list(found) == ["rate", "size"]
    assert found["rate"] == Range(1e-3, 2.0, log=True)
    assert found["size"].values == (8, 16, (32, 16), 24)
    assert including(SPACE, DEFAULT) == SPACE


def test_the_first_of_equal_trials_is_the_best():
    trials = [
        Trial(n, n, {"x": n}, "ok", s, None, 0.0) for n, s in enumerate((1, 2, 2))
    ]
    assert Tuned("mf", tuple(trials)).best.number == 1
    assert Tuned("mf", ()).best is Tuned("mf", ()).default is None
