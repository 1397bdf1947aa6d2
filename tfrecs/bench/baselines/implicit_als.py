"""Matrix factorization by alternating least squares, of the package `implicit`."""

import time
from typing import Any

import scipy.sparse as sp

from tfrecs.bench.baselines.fitted import Fitted
from tfrecs.bench.baselines.process import fit_apart
from tfrecs.data.interactions import Interactions

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Variables that keep BLAS to one thread, as `implicit` recommends."""


def fit_implicit_als(
    train: Interactions,
    seed: int,
    *,
    factors: int = 128,
    shrinkage: float = 0.4,
    alpha: float = 10.0,
    iterations: int = 15,
) -> Fitted:
    """Fits the factors of users and items in turn, by least squares.

    Other arguments are named as in `implicit`. Weights of `train` are not used.

    Formula:
        regularization = shrinkage * alpha * (sqrt(n / num_users) + sqrt(n / num_items))
        for n interactions: about the largest singular value of as many random pairs,
        below which a factor is noise, and which a shrinkage of 1 shrinks to 0

    Args:
        train: the interactions.
        seed: `random_state`.
        factors: length of the embeddings. The defaults suit validation parts of data
            sets of different shape; see `benchmarks/README.md`.
        shrinkage: strength of the L2 penalty.
        alpha: weight of an interaction; every other pair weighs 1.
        iterations: epochs over both sides.

    Raises:
        BaselineError: if implicit is not installed, or its process fails.

    References:
        Hu et al. 2008, "Collaborative Filtering for Implicit Feedback Datasets";
        Takacs et al. 2011, "Applications of the Conjugate Gradient Method for Implicit
        Feedback Collaborative Filtering", for the solver.
    """
    noise = (len(train) / train.num_users) ** 0.5
    noise += (len(train) / train.num_items) ** 0.5
    settings = {
        "factors": factors,
        "regularization": shrinkage * alpha * noise,
        "alpha": alpha,
        "iterations": iterations,
        "random_state": seed,
    }
    return fit_apart(
        __name__,
        train,
        settings,
        epochs=iterations,
        packages=["implicit"],
        environment=ONE_THREAD,
    )


def fit(train: sp.csr_array, **settings: Any) -> dict[str, Any]:
    """Fits on the CPU, on all its threads; see `tfrecs.bench.baselines.process`."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(**settings)
    matrix = sp.csr_matrix(train)
    start = time.perf_counter()
    model.fit(matrix, show_progress=False)
    seconds = time.perf_counter() - start
    return {
        "users": model.user_factors,
        "items": model.item_factors,
        "seconds": seconds,
    }
