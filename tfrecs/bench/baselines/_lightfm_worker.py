"""The process of `fit_lightfm`."""

import time
from typing import Any

import scipy.sparse as sp

from tfrecs.bench.baselines._worker import serve


def fit(
    train: sp.csr_array,
    *,
    no_components: int,
    epochs: int,
    learning_rate: float,
    alpha: float,
    seed: int,
) -> dict[str, Any]:
    """Fits WARP on one thread."""
    from lightfm import LightFM

    model = LightFM(
        no_components=no_components,
        learning_rate=learning_rate,
        loss="warp",
        user_alpha=alpha,
        item_alpha=alpha,
        random_state=seed,
    )
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


if __name__ == "__main__":
    serve(fit)
