"""Callbacks of the bench's trainings: logs, progress and a limit of time."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
from keras import ops
from keras.callbacks import Callback, LambdaCallback
from keras.optimizers.schedules import CosineDecay

from tfrecs.bench.problem import Problem
from tfrecs.bench.result import Progress
from tfrecs.callbacks import Snapshots, TensorBoard
from tfrecs.data.interactions import Interactions


def board(
    logdir: Path,
    problem: Problem,
    part: Interactions,
    held: Interactions | None,
    every: int,
) -> TensorBoard:
    """Returns the callback that logs a training on a part of the data."""
    return TensorBoard(
        logdir,
        part,
        held,
        validate_every=every,
        card={"data set": problem.dataset.name, "protocol": problem.in_one_line},
        snapshots=Snapshots(
            k=max(problem.cutoffs), example_users=problem.example_users
        ),
    )


def reporting(progress: Progress, steps: int) -> Callback:
    """Returns a callback that shows the current validation step, and the last NDCG."""
    last = ""

    def begin(step: int, logs: dict[str, Any] | None) -> None:
        progress(f"training, {step + 1} of at most {steps}{last}")

    def end(step: int, logs: dict[str, Any]) -> None:
        nonlocal last
        found = (f", {x:.4f} {name}" for name, x in logs.items() if "ndcg" in name)
        last = "".join(found)

    return LambdaCallback(on_epoch_begin=begin, on_epoch_end=end)


class TimeLimit(Callback):
    """Stops a training at a deadline, between two executions of steps.

    Args:
        deadline: when the training must end, on the clock; None for no limit.
        learning_rate: first learning rate of a training that decays it along a cosine:
            it then reaches 0 at the deadline if this comes before the last planned
            step, since a decay that is cut off costs quality. None for other trainings.
        clock: returns the seconds now.

    Attributes:
        done: share of the planned steps that were made; 1 without a deadline.
        timed_out: whether the deadline came before the last of them.
    """

    def __init__(
        self,
        deadline: float | None,
        learning_rate: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.deadline = deadline
        self.learning_rate = learning_rate
        self.done, self.timed_out = 1.0, False
        self.async_safe = deadline is None  # Keras need not wait for it then
        self._clock = clock

    def note(self, epochs: int) -> str:
        """Returns how many of the planned epochs were made; empty if all were."""
        done = f"{self.done * epochs:.1f} of {epochs}"
        return f"stopped after {done} epochs" if self.timed_out else ""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Replaces the decay by one that follows the time as well."""
        self._per_epoch = self.params["steps"]
        self._planned = self._per_epoch * self.params["epochs"]
        self._before = 0
        self._began: float | None = None
        if self.deadline is not None and self.learning_rate is not None:
            self._decay = TimedDecay(self.learning_rate, self._planned)
            self.model.optimizer.learning_rate = self._decay

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Counts the steps of earlier epochs."""
        self._before = epoch * self._per_epoch

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Counts the steps, and stops the training at the deadline."""
        if self.deadline is None:
            return
        made = min(batch + 1, self._per_epoch)  # Keras counts a whole execution
        self.done = (self._before + made) / self._planned
        now = self._clock()
        if self._began is None:  # the first execution compiles the step
            self._began = now
        if now >= self.deadline:
            self.timed_out = self.done < 1
            self.model.stop_training = True
        elif self.learning_rate is not None:
            elapsed = (now - self._began) / (self.deadline - self._began)
            self._decay.elapsed.assign(elapsed)


class TimedDecay(CosineDecay):
    """A cosine decay by the steps or by the time, whichever is further.

    Attributes:
        elapsed: share of the time that has elapsed; at 0 the steps alone count.
    """

    def __init__(self, learning_rate: float, steps: int) -> None:
        super().__init__(learning_rate, steps)
        self.elapsed = keras.Variable(0.0, trainable=False, dtype="float32")

    def __call__(self, step: Any) -> Any:
        """Returns the learning rate at a step."""
        by_time = self.elapsed * self.decay_steps
        return super().__call__(ops.maximum(ops.cast(step, "float32"), by_time))
