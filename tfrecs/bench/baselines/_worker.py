"""Both ends of a baseline that is fitted in a process of its own.

Compiled code that ends its process without a word, and packages that want another Keras
or other threads than this process has, are there to be a message here. What comes back
are factors: the scores are dot products, plus biases where a model has them.
"""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.bench.baselines._fitted import BaselineError, Fitted
from tfrecs.data.interactions import Interactions

ENVIRONMENT = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
"""Of every worker: the CPU, since this process may hold all of a GPU; and no notes."""


def fit_apart(
    worker: str,
    train: Interactions,
    settings: Mapping[str, float],
    *,
    epochs: int,
    packages: Sequence[str],
    environment: Mapping[str, str] | None = None,
) -> Fitted:
    """Fits in a process of its own, which must end well.

    Args:
        worker: the module that fits, run with `python -m`; it calls `serve`.
        train: the interactions; weights are not used.
        settings: arguments of the worker's function.
        epochs: what `Fitted` is to tell.
        packages: the modules that the worker imports.
        environment: variables of the process besides those of `ENVIRONMENT`.

    Raises:
        BaselineError: if a package is not installed, or the process fails.
    """
    if any(importlib.util.find_spec(package) is None for package in packages):
        raise BaselineError("not installed: pip install 'tfrecs[bench]'")
    with tempfile.TemporaryDirectory() as folder:
        sp.save_npz(Path(folder) / "train.npz", train.matrix)
        done = subprocess.run(
            [sys.executable, "-m", worker, folder, json.dumps(dict(settings))],
            capture_output=True,
            text=True,
            env={**os.environ, **ENVIRONMENT, **(environment or {})},
        )
        if done.returncode:
            raise BaselineError(_reason(done.returncode, done.stderr))
        with np.load(Path(folder) / "fitted.npz", allow_pickle=False) as file:
            arrays = dict(file)
    return _fitted(arrays, epochs)


def serve(fit: Callable[..., dict[str, Any]]) -> None:
    """Is the worker's `main`: reads what `fit_apart` wrote, fits, writes the factors.

    Args:
        fit: takes the matrix of train and the settings; gives `users` and `items`
            `[number, dim]`, `seconds` of the fit alone and, if the model has them,
            `user_bias` and `item_bias` `[number]`.
    """
    folder, settings = sys.argv[1:]
    train = sp.load_npz(Path(folder) / "train.npz")
    np.savez(Path(folder) / "fitted.npz", **fit(train, **json.loads(settings)))


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
