"""Matrix factorization by alternating least squares, as the `implicit` package does it.

Its process keeps BLAS to one thread, which `implicit` wants and this process may not.
"""

from tfrecs.bench.baselines._fitted import Fitted
from tfrecs.bench.baselines._worker import fit_apart
from tfrecs.data.interactions import Interactions


def fit_implicit_als(
    train: Interactions,
    seed: int,
    *,
    factors: int = 32,
    regularization: float = 5.0,
    alpha: float = 2.0,
    iterations: int = 15,
    worker: str = "tfrecs.bench.baselines._implicit_worker",
) -> Fitted:
    """Fits the users' factors to the items' and back, by least squares.

    The arguments are implicit's, the defaults those of the published reference on
    ML-100K. Weights of `train` are not used.

    Args:
        train: the interactions.
        seed: implicit's `random_state`.
        factors: length of the embeddings.
        regularization: L2 penalty.
        alpha: weight of an interaction; every other pair weighs 1.
        iterations: passes over both sides.
        worker: the module that fits, run with `python -m`.

    Raises:
        BaselineError: if implicit is not installed, or its process fails.

    References:
        Hu et al. 2008, "Collaborative Filtering for Implicit Feedback Datasets";
        Takacs et al. 2011, "Applications of the Conjugate Gradient Method for Implicit
        Feedback Collaborative Filtering", for the solver.
    """
    settings = {
        "factors": factors,
        "regularization": regularization,
        "alpha": alpha,
        "iterations": iterations,
        "seed": seed,
    }
    return fit_apart(
        worker,
        train,
        settings,
        epochs=iterations,
        packages=["implicit"],
        environment={"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    )
