"""The time that rows share, with a clock of its own."""

import pytest

from tfrecs.bench.baselines.fitted import OutOfTime
from tfrecs.bench.budget import Budget


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_rows_share_what_is_left_by_their_weights(clock):
    # 10 minutes are 600 s, of which 5% are for the report: 570 s.
    budget = Budget(10, [1, 3, 1], began=1000.0, clock=clock)
    # A fifth of 570 s; and a fifth of that is kept, since no evaluation was measured.
    assert budget.next_deadline() == pytest.approx(1000 + 114 - 22.8)
    clock.now += 50
    budget.evaluated(20)
    # Three quarters of the other 520 s, without 1.5 times an evaluation.
    assert budget.next_deadline() == pytest.approx(1050 + 390 - 30)
    clock.now += 400
    budget.evaluated(60)  # the quickest one counts
    assert budget.next_deadline() == pytest.approx(1450 + 120 - 30)


def test_time_before_the_first_row_counts(clock):
    budget = Budget(10, [1], began=900.0, clock=clock)
    assert budget.next_deadline() == pytest.approx(1000 + 0.8 * 470)


def test_without_time_for_an_evaluation_a_row_does_not_begin(clock):
    budget = Budget(1, [1, 1, 1], began=1000.0, clock=clock)
    budget.next_deadline()
    clock.now += 40  # of 57
    budget.evaluated(8)
    with pytest.raises(OutOfTime, match="out of time before it began"):
        budget.next_deadline()  # half of 17 s is less than 12 s
    assert budget.next_deadline() == pytest.approx(1040 + 17 - 12)  # the last row


def test_without_a_limit_there_is_no_deadline(clock):
    budget = Budget(None, [1, 1], began=1000.0, clock=clock)
    assert [budget.next_deadline(), budget.next_deadline()] == [None, None]
