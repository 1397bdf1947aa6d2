"""Trainings that a deadline ends, with a clock that ticks at every execution."""

import math
from itertools import count

import keras
import numpy as np
import pytest

from tfrecs.bench.callbacks import TimedDecay, TimeLimit

STEPS = 10


def trained(limit, epochs=2, optimizer=None):
    """Trains for 10 steps an epoch, one an execution; returns the rates they had."""
    model = keras.Sequential([keras.layers.Dense(1, use_bias=False)])
    model.compile(optimizer or keras.optimizers.SGD(0.1), loss="mse")
    rates = []

    def note(batch, logs):  # the rate of the next step
        rates.append(float(model.optimizer.learning_rate))

    after = keras.callbacks.LambdaCallback(on_train_batch_end=note)
    x = np.ones((STEPS, 1), np.float32)
    model.fit(x, x, batch_size=1, epochs=epochs, callbacks=[limit, after], verbose=0)
    return rates


def ticking():
    """Returns a clock of which every call is a second later: 0, 1, 2, ..."""
    seconds = count()
    return lambda: float(next(seconds))


def test_a_training_stops_within_an_epoch_at_its_deadline():
    limit = TimeLimit(13.0, clock=ticking())  # reached after the 14th step
    assert len(trained(limit)) == 14
    assert limit.timed_out
    assert limit.done == 14 / 20
    assert limit.note(epochs=2) == "stopped after 1.4 of 2 epochs"


@pytest.mark.parametrize("deadline", [None, 19.0, 100.0])
def test_a_training_within_its_deadline_has_no_note(deadline):
    limit = TimeLimit(deadline, clock=ticking())
    assert len(trained(limit)) == 20
    assert (limit.done, limit.timed_out, limit.note(epochs=2)) == (1, False, "")


def test_a_deadline_that_is_over_still_trains_the_first_execution():
    limit = TimeLimit(-5.0, 0.1, clock=ticking())
    assert len(trained(limit)) == 1


def cosine(share):
    return 0.1 * (1 + math.cos(math.pi * share)) / 2


def test_a_decay_reaches_0_at_the_deadline():
    # The first execution, at second 0, does not count: 10 s for 20 steps.
    rates = trained(TimeLimit(10.0, 0.1, clock=ticking()))
    expected = [max(step / 20, (step - 1) / 10) for step in range(1, 11)]
    assert rates[:10] == pytest.approx([cosine(share) for share in expected], abs=1e-7)
    assert len(rates) == 11


def test_a_decay_is_by_the_steps_if_these_fit():
    planned = keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 20))
    alone = trained(TimeLimit(None, 0.1), optimizer=planned)
    assert trained(TimeLimit(100.0, 0.1, clock=ticking())) == alone


def test_the_later_of_steps_and_time_counts():
    decay = TimedDecay(0.1, 20)
    decay.elapsed.assign(0.5)
    found = [float(decay(step)) for step in (0, 9, 15, 30)]
    expected = [cosine(0.5), cosine(0.5), cosine(0.75), 0]
    assert found == pytest.approx(expected, abs=1e-7)
