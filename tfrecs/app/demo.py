"""Trains two small models, for the app without bundles."""

from typing import Any

from tfrecs.app.models import Progress
from tfrecs.data.datasets import load_dataset
from tfrecs.data.features import FeatureEncoder
from tfrecs.data.interactions import Interactions
from tfrecs.inference.recommender import Recommender

EPOCHS, EVERY = 64, 8
"""Epochs of a training, and epochs between two reports of progress."""


def train_demo(progress: Progress) -> dict[str, Recommender]:
    """Trains matrix factorization and a hybrid on MovieLens 100K, in seconds.

    Raises:
        FileNotFoundError: if the data are missing and cannot be downloaded.
    """
    progress(0.0, "Fetching MovieLens 100K")
    train = load_dataset("ml-100k").interactions.at_least(3.0)
    people: Any = train.user_features
    films: Any = train.item_features
    of_people = FeatureEncoder(categorical=["age_group", "gender", "occupation"])
    of_films = FeatureEncoder(categorical=["decade"], multi_hot=["genres"])
    settings: dict[str, dict[str, Any]] = {
        "mf": {},
        "hybrid": {
            "user_features": of_people.fit_transform(people),
            "item_features": of_films.fit_transform(films),
        },
    }
    return {
        name: _train(name, train, features, progress, place / 2)
        for place, (name, features) in enumerate(settings.items())
    }


def _train(
    name: str,
    train: Interactions,
    features: dict[str, Any],
    progress: Progress,
    start: float,
) -> Recommender:
    """Trains one of the two, whose progress begins at `start`."""
    import keras

    from tfrecs.models import MODELS
    from tfrecs.training.fit import fit

    def report(step: int, logs: object) -> None:
        epoch = (step + 1) * EVERY
        share = start + epoch / EPOCHS / 2
        progress(share, f"Training {name}, epoch {epoch} of {EPOCHS}")

    progress(start, f"Building {name}")
    keras.utils.set_random_seed(0)
    model = MODELS[name](
        train.num_users, train.num_items, embedding_dim=64, dropout=0.5, **features
    )
    callback = keras.callbacks.LambdaCallback(on_epoch_end=report)
    fit(
        model,
        train,
        seed=0,
        epochs=EPOCHS,
        callbacks=[callback],
        validate_every=EVERY,
        verbose=False,
    )
    return Recommender(model, train)
