"""Values of the days of a server's log, and their events for TensorBoard."""

import json
import math
from datetime import UTC, date, datetime

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

import tfrecs
from tfrecs.callbacks.board.events import last_scalars
from tfrecs.serve import monitoring

TRAIN = tfrecs.Interactions.from_arrays(
    ["ann", "ann", "bob", "cat"], ["x", "y", "x", "z"]
)
# Rows: ann, bob, cat; columns: x, y, z. The best of unseen items are 1, 2 and 3.
SCORES = np.array([[9.0, 9.0, 1.0], [9.0, 2.0, 0.0], [3.0, 0.0, 9.0]])
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()
DAY = date(2026, 3, 1)
STEP = 20_513  # days from 1970 to 1 March 2026: 56 * 365 + 14 leap days + 31 + 28


def line(time=NOON, **values):
    sums = {"answers": 20, "unknown_users": 5, "scored": 15, "best_scores": 45.0}
    return json.dumps({"time": time, "event": "answers", **sums, "items": [], **values})


LINES = [
    line(items=[["x", 20], ["y", 10]]),
    "WARNING of something",
    '{"event": "request", "route": "/answers", "status": 200}',
    line(answers=30, scored=25, best_scores=75.0, items=[["x", 10], ["old", 10]]),
    line(NOON + 86_400, unknown_users=20, scored=0, best_scores=0.0),
]


def test_sums_of_a_log_become_values():
    recommender = tfrecs.Recommender(SCORES, TRAIN)
    days = monitoring.days_of(LINES)
    assert list(days) == [DAY, date(2026, 3, 2)]
    mean, deviation = expected = monitoring.best_scores(recommender)
    assert mean == 2  # of 1, 2 and 3
    assert deviation == pytest.approx(math.sqrt(2 / 3))
    first, second = (monitoring.scalars_of(d, recommender, expected)
                     for d in days.values())  # fmt: skip
    assert first == {
        "number": 50,
        "unknown users": 10 / 50,
        "unknown items": 10 / 50,  # "old", of 20 + 10 + 10 + 10 places
        "coverage": 2 / 3,  # x and y
        "popularity": (30 * 2 + 10 * 1) / 40,
        "best score": 120 / 40,
        "score drift": pytest.approx((3 - 2) / math.sqrt(2 / 3)),
    }
    assert second == {"number": 20, "unknown users": 1, "coverage": 0}


def test_equal_best_scores_have_no_drift():
    recommender = tfrecs.Recommender(np.ones((3, 3)), TRAIN)
    expected = monitoring.best_scores(recommender)
    assert expected == (1, 0)
    [day, _] = monitoring.days_of(LINES).values()
    found = monitoring.scalars_of(day, recommender, expected)
    assert "score drift" not in found
    assert found["best score"] == 3


def test_days_are_written_once_and_again_when_they_change(tmp_path):
    values = {DAY: {"number": 50.0, "coverage": 0.1}}
    assert monitoring.write(tmp_path, values) == [DAY]
    [path] = tmp_path.iterdir()
    *_, event = EventFileLoader(str(path)).Load()
    assert (event.step, event.wall_time) == (STEP, NOON - 12 * 3600)
    assert last_scalars(tmp_path)[STEP] == {
        "answers/number": 50,
        "answers/coverage": pytest.approx(0.1),
    }
    assert monitoring.write(tmp_path, values) == []
    later = {DAY: {"number": 60.0}, date(2026, 3, 2): {"number": 1.0}}
    assert monitoring.write(tmp_path, later) == list(later)
    assert last_scalars(tmp_path)[STEP] == {"answers/number": 60}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (line(items=[["x", -1]]), "another kind: -1"),
        (line(items=[["x", True]]), "another kind: True"),
        (line(items=[[["x"], 1]]), r"another kind: \['x'\]"),
        (line(items=[["x"]]), "lacks sums"),
        (line(answers=1.5), "another kind: 1.5"),
        (line(best_scores="9"), "another kind: '9'"),
        (line(best_scores=math.nan), "finite"),
        (line(time="now"), "str"),
        (line(time=1e30), "Line 2 of the log"),
        ('{"event": "answers", "time": 1}', "lacks sums of answers: KeyError"),
        ('{"event": "answers"', "Line 2 of the log"),
        ('"answers"' + "[" * 100_000, "Line 2 of the log"),
    ],
)
def test_lines_that_no_server_wrote_are_refused(text, message):
    with pytest.raises(ValueError, match=message) as error:
        monitoring.days_of([LINES[0], text])
    assert str(error.value).startswith("Line 2 of the log: ")


def test_the_command(tmp_path, capsys):
    model = tfrecs.build_mf(3, 3, embedding_dim=2)
    tfrecs.Recommender(model, TRAIN).save(tmp_path / "bundle", durable=False)
    log = tmp_path / "serve.log"
    log.write_text("\n".join(LINES), encoding="utf-8")
    given = ["--bundle", str(tmp_path / "bundle"), "--logdir", str(tmp_path / "run")]
    assert monitoring.main(["--log", str(log), *given]) == 0
    out = capsys.readouterr().out
    assert "2026-03-01  number 50  unknown users 0.2  " in out
    assert out.endswith("run: 2 of 2 days are new\n")
    assert len(last_scalars(tmp_path / "run")) == 2
    assert monitoring.main(["--log", "nowhere", *given]) == 2
    assert capsys.readouterr().err.startswith("tfrecs.serve.monitoring: ")
