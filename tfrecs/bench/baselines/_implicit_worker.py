"""The process of `fit_implicit_als`."""

import time
from typing import Any

import scipy.sparse as sp

from tfrecs.bench.baselines._worker import serve


def fit(
    train: sp.csr_array,
    *,
    factors: int,
    regularization: float,
    alpha: float,
    iterations: int,
    seed: int,
) -> dict[str, Any]:
    """Fits on the CPU, on all its threads: each row is solved apart."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=factors,
        regularization=regularization,
        alpha=alpha,
        iterations=iterations,
        random_state=seed,
    )
    matrix = sp.csr_matrix(train)
    start = time.perf_counter()
    model.fit(matrix, show_progress=False)
    seconds = time.perf_counter() - start
    return {
        "users": model.user_factors,
        "items": model.item_factors,
        "seconds": seconds,
    }


if __name__ == "__main__":
    serve(fit)
