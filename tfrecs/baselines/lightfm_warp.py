"""LightFM's matrix factorization with the WARP loss, in a process of its own.

LightFM is compiled code that has been seen to end its process without a word: there, a
crash is a message here.
"""

import importlib.util
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from tfrecs._types import FloatArray, IntArray
from tfrecs.baselines._fitted import BaselineError, Fitted
from tfrecs.interactions import Interactions


def fit_lightfm(
    train: Interactions,
    seed: int,
    *,
    no_components: int = 10,
    epochs: int = 10,
    learning_rate: float = 0.05,
    alpha: float = 0.0,
    worker: str = "tfrecs.baselines._lightfm_worker",
) -> Fitted:
    """Fits LightFM with WARP on one thread, which makes a seed give the same numbers.

    The arguments are LightFM's, and so are the defaults (its examples train for 10
    epochs); `alpha` is for users and items. Weights of `train` are not used.

    Args:
        train: the interactions.
        seed: LightFM's `random_state`.
        no_components: length of the embeddings.
        epochs: passes over the interactions.
        learning_rate: of its Adagrad.
        alpha: L2 penalty.
        worker: the module that fits, run with `python -m`.

    Raises:
        BaselineError: if LightFM is not installed, or its process fails.

    References:
        Kula 2015, "Metadata Embeddings for User and Item Cold-start Recommendations";
        Weston et al. 2011, "WSABIE", for WARP.
    """
    if importlib.util.find_spec("lightfm") is None:
        raise BaselineError("not installed: pip install 'tfrecs[bench]'")
    with tempfile.TemporaryDirectory() as folder:
        sp.save_npz(Path(folder) / "train.npz", sp.coo_matrix(train.matrix))
        settings = [no_components, epochs, learning_rate, alpha, seed]
        done = subprocess.run(
            [sys.executable, "-m", worker, folder, *map(str, settings)],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise BaselineError(_reason(done.returncode, done.stderr))
        with np.load(Path(folder) / "fitted.npz", allow_pickle=False) as fitted:
            users, user_bias = fitted["users"], fitted["user_bias"]
            items, item_bias = fitted["items"], fitted["item_bias"]
            seconds = float(fitted["seconds"])

    def score_users(user_ids: IntArray) -> FloatArray:
        return users[user_ids] @ items.T + user_bias[user_ids, None] + item_bias

    parameters = users.size + user_bias.size + items.size + item_bias.size
    return Fitted(score_users, seconds, epochs, parameters)


def _reason(status: int, stderr: str) -> str:
    if status < 0:
        return f"crashed: {signal.Signals(-status).name}"
    last = stderr.strip().splitlines()[-1:] or [f"exit status {status}"]
    return f"failed: {last[0]}"
