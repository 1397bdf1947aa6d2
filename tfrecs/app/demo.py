"""Two small models to look at where no bundle is given."""

from typing import Any

from tfrecs.app.loading import Tell
from tfrecs.data.datasets import load_dataset
from tfrecs.data.features import encode_features
from tfrecs.data.interactions import Interactions
from tfrecs.inference.recommender import Recommender

EPOCHS, EVERY = 64, 8
"""Epochs of a training, and those between two reports of progress."""


def train_demo(tell: Tell) -> dict[str, Recommender]:
    """Trains matrix factorization and a hybrid on MovieLens 100K, in seconds.

    Raises:
        FileNotFoundError: if the data are not here and cannot be fetched.
    """
    tell(0.0, "Fetching MovieLens 100K")
    dataset = load_dataset("ml-100k")
    train = dataset.interactions.at_least(3.0)
    people: Any = train.user_features
    films: Any = train.item_features
    users, _ = encode_features(
        people, categorical=["age_group", "gender", "occupation"]
    )
    items, _ = encode_features(films, categorical=["decade"], multi_hot=["genres"])
    features = {"user_features": users, "item_features": items}
    return {
        "mf": _train("mf", train, {}, lambda done, text: tell(done / 2, text)),
        "hybrid": _train(
            "hybrid", train, features, lambda done, text: tell(0.5 + done / 2, text)
        ),
    }


def _train(
    name: str, train: Interactions, features: dict[str, Any], tell: Tell
) -> Recommender:
    import keras

    from tfrecs.models import MODELS
    from tfrecs.training.fit import fit

    tell(0.0, f"Building {name}")
    told = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: tell(
            (epoch + 1) * EVERY / EPOCHS,
            f"Training {name}, epoch {(epoch + 1) * EVERY} of {EPOCHS}",
        )
    )
    keras.utils.set_random_seed(0)
    model = MODELS[name](
        train.num_users, train.num_items, embedding_dim=64, dropout=0.5, **features
    )
    fit(model, train, seed=0, epochs=EPOCHS, validate_every=EVERY, callbacks=[told])
    return Recommender(model, train)
