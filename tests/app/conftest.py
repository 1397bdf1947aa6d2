"""Small bundles of models that learned nothing, with titles that are hard to show."""

import keras
import numpy as np
import pandas as pd
import pytest

import tfrecs

TITLES = [
    '<b>Bold</b> & "quoted"',
    "*Stars* _and_ `ticks` [a](b) :red[c] $x$",
    "מלחמת הכוכבים",
    "Film 🎬",
    "Same",
    "Same",
    *(f"Title {number}" for number in range(6, 20)),
]
GENRES = ["Drama|War", "Comedy", "Drama", "", "War", "Comedy|Drama"]


def interactions(shift=0):
    """Six people with six titles each, of twenty."""
    rng = np.random.default_rng(shift)
    users = np.repeat([f"person {u}" for u in range(6)], 6)
    items = np.concatenate([rng.choice(20, 6, replace=False) for _ in range(6)])
    features = pd.DataFrame(
        {
            "title": TITLES,
            "genres": [GENRES[i % 6] for i in range(20)],
            "year": [1990 + i for i in range(20)],
        },
        index=np.arange(20) + shift,
    )
    return tfrecs.Interactions.from_arrays(
        users,
        items + shift,
        item_vocabulary=tfrecs.data.interactions.Vocabulary(
            np.arange(20) + shift, "items"
        ),
        item_features=features,
    )


def recommender(seed=0, shift=0, **told):
    keras.utils.set_random_seed(seed)
    model = tfrecs.build_mf(6, 20, embedding_dim=4, init_std=1.0)
    return tfrecs.Recommender(model, interactions(shift), **told)


@pytest.fixture(scope="session")
def bundles(tmp_path_factory):
    """A folder of two bundles, `one` and `two`, and a third of another catalogue."""
    folder = tmp_path_factory.mktemp("models")
    metrics = {"test_ndcg@5": 0.125, "val_ndcg@5": 0.25, "note": "<i>none</i>"}
    recommender(1, metrics=metrics).save(folder / "run" / "one")
    recommender(2).save(folder / "run" / "two")
    recommender(3, shift=100).save(folder / "elsewhere" / "two")
    return folder
