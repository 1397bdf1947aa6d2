"""Fits LightFM on `train.npz` of a folder and writes `fitted.npz` beside it."""

import sys
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp


def main(folder: str, *settings: str) -> None:
    """Reads, fits and writes; `settings` are those of `fit_lightfm`, in its order."""
    from lightfm import LightFM

    no_components, epochs, learning_rate, alpha, seed = map(float, settings)
    train = sp.load_npz(Path(folder) / "train.npz")
    model = LightFM(
        no_components=int(no_components),
        learning_rate=learning_rate,
        loss="warp",
        user_alpha=alpha,
        item_alpha=alpha,
        random_state=int(seed),
    )
    start = time.perf_counter()
    model.fit(train, epochs=int(epochs), num_threads=1)
    seconds = time.perf_counter() - start
    user_bias, users = model.get_user_representations()
    item_bias, items = model.get_item_representations()
    np.savez(
        Path(folder) / "fitted.npz",
        users=users,
        user_bias=user_bias,
        items=items,
        item_bias=item_bias,
        seconds=seconds,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
