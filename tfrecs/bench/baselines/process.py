"""Fits a baseline in a process of its own.

A crash of compiled code becomes a message, and packages can use another Keras or other
threads than this process. The result is factors: scores are dot products, plus biases.
"""

import importlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.bench.baselines.fitted import BaselineError, Fitted, OutOfTime
from tfrecs.data.interactions import Interactions

ENVIRONMENT = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
"""Variables of every process: the CPU, since this process may hold all of a GPU."""

DEADLINE: ContextVar[float | None] = ContextVar("DEADLINE", default=None)
"""When processes must have ended, by `time.monotonic`; None for no limit."""

CODE = f"from {__name__} import main; main()"


def fit_apart(
    module: str,
    train: Interactions,
    settings: Mapping[str, float],
    *,
    epochs: int,
    packages: Sequence[str],
    environment: Mapping[str, str] | None = None,
) -> Fitted:
    """Fits with the function `fit` of a module.

    Args:
        module: name of the module. Its `fit` takes the matrix of `train` and the
            settings by keyword, and returns arrays by name: `users` and `items`
            `[number, dim]`, `seconds` of the fit only, and `user_bias` and `item_bias`
            `[number]` if the model has them.
        train: the interactions; weights are not used.
        settings: the settings.
        epochs: number of epochs.
        packages: modules that `fit` imports.
        environment: variables of the process besides `ENVIRONMENT`.

    Raises:
        BaselineError: if a package is not installed, or the process fails.
        OutOfTime: at the deadline of `ends_by`.
    """
    if any(importlib.util.find_spec(package) is None for package in packages):
        raise BaselineError("not installed: pip install 'tfrecs[bench]'")
    with tempfile.TemporaryDirectory() as folder:
        sp.save_npz(Path(folder) / "train.npz", train.matrix)
        status, errors = _run(
            [sys.executable, "-c", CODE, module, folder, json.dumps(dict(settings))],
            {**os.environ, **ENVIRONMENT, **(environment or {})},
        )
        if status:
            raise BaselineError(_reason(status, errors))
        with np.load(Path(folder) / "fitted.npz", allow_pickle=False) as file:
            arrays = dict(file)
    return _fitted(arrays, epochs)


@contextmanager
def ends_by(deadline: float | None) -> Iterator[None]:
    """Sets a deadline for the processes of the block, by `time.monotonic`."""
    token = DEADLINE.set(deadline)
    try:
        yield
    finally:
        DEADLINE.reset(token)


def check_time() -> None:
    """Raises OutOfTime after the deadline of `ends_by`, in fits of this process."""
    deadline = DEADLINE.get()
    if deadline is not None and time.monotonic() > deadline:
        raise OutOfTime("out of time")


def _run(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Runs a command; returns its exit status and what it wrote to stderr.

    Whatever ends the wait, such as Ctrl-C, ends the process and all that it started.

    Raises:
        OutOfTime: at the deadline.
    """
    began, deadline = time.monotonic(), DEADLINE.get()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        process_group=0,
    )
    try:
        left = None if deadline is None else max(0.0, deadline - began)
        _, errors = process.communicate(timeout=left)
    except subprocess.TimeoutExpired:
        seconds = time.monotonic() - began
        raise OutOfTime(f"out of time after {seconds:.0f} s") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return process.returncode, errors


def main() -> None:
    """Runs in the process: reads the matrix, fits, and writes the factors."""
    module, folder, settings = sys.argv[1:]
    train = sp.load_npz(Path(folder) / "train.npz")
    arrays = importlib.import_module(module).fit(train, **json.loads(settings))
    np.savez(Path(folder) / "fitted.npz", **arrays)


def _fitted(arrays: dict[str, AnyArray], epochs: int) -> Fitted:
    seconds = float(arrays.pop("seconds"))
    users, items = arrays["users"], arrays["items"]
    user_bias = arrays.get("user_bias", np.zeros(len(users), users.dtype))
    item_bias = arrays.get("item_bias", np.zeros(len(items), items.dtype))

    def score_users(user_ids: IntArray) -> FloatArray:
        return users[user_ids] @ items.T + user_bias[user_ids, None] + item_bias

    return Fitted(score_users, seconds, epochs, sum(a.size for a in arrays.values()))


def _reason(status: int, stderr: str) -> str:
    if status < 0:
        return f"crashed: {signal.Signals(-status).name}"
    last = stderr.strip().splitlines()[-1:] or [f"exit status {status}"]
    return f"failed: {last[0]}"
