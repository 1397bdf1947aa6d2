"""A model of another library, whose own evaluation is an oracle."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from tfrecs.data.interactions import Interactions


@pytest.fixture(scope="session")
def lightfm():
    """A trained LightFM, its scores, and what it was trained and is tested on."""
    module = pytest.importorskip("lightfm")
    draws = np.random.default_rng(5).random((15, 40))
    shares = np.random.default_rng(6).random((15, 1)) * 0.5
    train, test = draws > 0.8, draws < shares
    model = module.LightFM(no_components=4, loss="logistic", random_state=3)
    model.fit(sparse.csr_matrix(train), epochs=5, num_threads=1)
    users, items = np.divmod(np.arange(15 * 40, dtype=np.int32), 40)
    scores = model.predict(users, items, num_threads=1).reshape(15, 40)
    assert all(len(np.unique(row.astype(np.float32))) == 40 for row in scores)

    def measure(name: str, masked, **options):
        """What LightFM's function gives, its users without `masked` items."""
        from lightfm import evaluation

        return getattr(evaluation, name)(
            model,
            sparse.csr_matrix(test),
            train_interactions=sparse.csr_matrix(masked),
            num_threads=1,
            **options,
        )

    return SimpleNamespace(
        scores=scores,
        is_train=train,
        is_test=test,
        train=Interactions.from_matrix(train),
        test=Interactions.from_matrix(test),
        measure=measure,
    )
