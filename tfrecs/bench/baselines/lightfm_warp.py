"""LightFM's matrix factorization with the WARP loss, in a process of its own.

LightFM is compiled code that has been seen to end its process without a word: there, a
crash is a message here.
"""

from tfrecs.bench.baselines._fitted import Fitted
from tfrecs.bench.baselines._worker import fit_apart
from tfrecs.data.interactions import Interactions


def fit_lightfm(
    train: Interactions,
    seed: int,
    *,
    no_components: int = 10,
    epochs: int = 10,
    learning_rate: float = 0.05,
    alpha: float = 0.0,
    worker: str = "tfrecs.bench.baselines._lightfm_worker",
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
    settings = {
        "no_components": no_components,
        "epochs": epochs,
        "learning_rate": learning_rate,
        "alpha": alpha,
        "seed": seed,
    }
    return fit_apart(worker, train, settings, epochs=epochs, packages=["lightfm"])
