"""LightFM's matrix factorization with the WARP loss."""

import time
from typing import Any

import scipy.sparse as sp

from tfrecs.bench.baselines.fitted import Fitted
from tfrecs.bench.baselines.process import fit_apart
from tfrecs.data.interactions import Interactions


def fit_lightfm(
    train: Interactions,
    seed: int,
    *,
    no_components: int = 10,
    epochs: int = 10,
    learning_rate: float = 0.05,
    alpha: float = 0.0,
) -> Fitted:
    """Fits LightFM with WARP on one thread, so that a seed reproduces the numbers.

    Arguments and defaults are LightFM's, whose examples train for 10 epochs. Weights of
    `train` are not used.

    Args:
        train: the interactions.
        seed: `random_state`.
        no_components: length of the embeddings.
        epochs: number of epochs.
        learning_rate: learning rate of Adagrad.
        alpha: L2 penalty of users and items.

    Raises:
        BaselineError: if LightFM is not installed, or its process fails.

    References:
        Kula 2015, "Metadata Embeddings for User and Item Cold-start Recommendations";
        Weston et al. 2011, "WSABIE", for WARP.
    """
    settings = {
        "no_components": no_components,
        "learning_rate": learning_rate,
        "user_alpha": alpha,
        "item_alpha": alpha,
        "random_state": seed,
        "epochs": epochs,
    }
    return fit_apart(__name__, train, settings, epochs=epochs, packages=["lightfm"])


def fit(train: sp.csr_array, *, epochs: int, **settings: Any) -> dict[str, Any]:
    """Fits on one thread; see `tfrecs.bench.baselines.process`."""
    from lightfm import LightFM

    model = LightFM(loss="warp", **settings)
    pairs = sp.coo_matrix(train)
    start = time.perf_counter()
    model.fit(pairs, epochs=epochs, num_threads=1)
    seconds = time.perf_counter() - start
    user_bias, users = model.get_user_representations()
    item_bias, items = model.get_item_representations()
    return {
        "users": users,
        "user_bias": user_bias,
        "items": items,
        "item_bias": item_bias,
        "seconds": seconds,
    }
