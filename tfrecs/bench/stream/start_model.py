"""The model that some rows go on from, trained on the batch."""

from typing import TYPE_CHECKING

from tfrecs.bench._quiet import load_tensorflow
from tfrecs.data.interactions import Interactions

if TYPE_CHECKING:
    from tfrecs.models import TwoTower


def train_start(batch: Interactions, seed: int) -> "TwoTower":
    """Trains matrix factorization on the batch.

    The settings were chosen on the first fifth of ML-1M alone, half of it as the batch
    and half as the stream.
    """
    load_tensorflow()
    import keras

    from tfrecs import build_mf, fit

    keras.utils.set_random_seed(seed)
    model = build_mf(batch.num_users, batch.num_items, embedding_dim=32, dropout=0.3)
    fit(
        model,
        batch,
        seed=seed,
        objective="squared-error",
        negatives="all",
        optimizer=keras.optimizers.Adam(0.01),
        epochs=4,
        passes=10,
    )
    return model
