"""Sums of answers in the log."""

import json
import logging

import pytest

pytest.importorskip("pydantic")

from tfrecs.serve.questions import Items, Ranked
from tfrecs.serve.tally import Tally


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "tfrecs.serve")
    return lambda: [json.loads(record.message) for record in caplog.records]


def answer(source, **scores):
    ranked = [Ranked(item=item, score=score) for item, score in scores.items()]
    return Items(items=ranked, source=source)


def test_answers_are_summed(lines):
    tally = Tally(seconds=0, least=4)
    tally.add(answer("model", a=2.5, b=1.0))
    tally.add(answer("popularity", b=7.0))
    tally.add(answer("model"))  # every item was excluded
    assert lines() == []
    tally.add(answer("model", b=0.5))
    [line] = lines()
    assert line.pop("time") > 0
    assert line == {
        "event": "answers",
        "answers": 4,
        "unknown_users": 1,
        "scored": 2,
        "best_scores": 3.0,  # 2.5 + 0.5
        "items": [["a", 1], ["b", 3]],
    }


def test_sums_begin_anew_and_wait_for_time_and_number(lines):
    tally = Tally(seconds=0, least=1)
    tally.add(answer("model", a=1.0))
    tally.add(answer("model", a=2.0))
    assert [line["best_scores"] for line in lines()] == [1, 2]
    slow = Tally(seconds=1000, least=2)
    slow.add(answer("model", a=1.0))
    slow.log()  # too few
    slow.add(answer("model", a=1.0))
    assert len(lines()) == 2
    slow.log()
    assert lines()[2]["items"] == [["a", 2]]


def test_integer_ids_stay_integers(lines):
    tally = Tally(seconds=0, least=1)
    tally.add(Items(items=[Ranked(item=7, score=1.0), Ranked(item="7", score=0.5)]))
    assert sorted(lines()[0]["items"], key=repr) == [["7", 1], [7, 1]]
