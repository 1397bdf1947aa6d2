"""What the tests of models share: a tiny model of each family, and its weights."""

import inspect

import numpy as np
import pytest

NUM_USERS, NUM_ITEMS = 7, 9

# Values that are not the defaults, features with rows that are all different.
ARGUMENTS = {
    "embedding_dim": 4,
    "mlp_embedding_dim": 5,
    "hidden_units": (6, 4),
    "user_hidden_units": (6, 4),
    "item_hidden_units": (4,),
    "feature_units": (3,),
    "temperature": 0.3,
    "radius": 2.0,
    "dropout": 0.3,
    "hidden_dropout": 0.2,
    "init_std": 0.5,
    "user_features": np.array([2, 0, 1, 1, 2, 0, 0]),
    "item_features": 0.3 * np.random.default_rng(7).normal(size=(NUM_ITEMS, 4)),
    "max_length": 4,
    "units": 5,
    "item_buckets": np.array([0, 1, 2, 0, 1, 2, 0, 3, 1]),
}


def pytest_make_parametrize_id(config, val, argname):
    """Writes long tuples of hidden units, and the like, as they are in the test."""
    return repr(val) if isinstance(val, tuple) else None


@pytest.fixture(scope="session")
def build():
    """Builds a model by name with arguments that are not its defaults."""
    import keras

    from tfrecs.models import HISTORY_MODELS, MODELS

    def build(name, num_users=NUM_USERS, num_items=NUM_ITEMS, *, seed=0, **arguments):
        keras.utils.set_random_seed(seed)
        builder = {**MODELS, **HISTORY_MODELS}[name]
        options = inspect.signature(builder).parameters
        ours = {key: value for key, value in ARGUMENTS.items() if key in options}
        arguments = {**ours, "name": f"my_{name}", **arguments}
        sizes = (num_items,) if name in HISTORY_MODELS else (num_users, num_items)
        return builder(*sizes, **arguments)

    return build


@pytest.fixture(scope="session")
def users_of():
    """Returns what a model reads of users: user ids, or a history for each."""

    def users_of(model, user_ids):
        if model.max_length is None:
            return {"user_id": user_ids}
        rows = np.array([[3, 4, 5, 8], [-1, -1, -1, 7], [-1, 6, 1, 6], [0, 2, 0, 1]])
        beside = {"user_id": user_ids} if "user_id" in model.input else {}
        return {"history": rows[user_ids % 4].astype(np.int32), **beside}

    return users_of


@pytest.fixture(scope="session")
def weights():
    """Returns a model's trainable weights as float64 arrays, by path."""

    def weights(model):
        found = {
            variable.path: variable.numpy().astype(np.float64)
            for variable in model.trainable_variables
        }
        assert len(found) == len(model.trainable_variables)
        return found

    return weights


@pytest.fixture(scope="session")
def assign():
    """Sets every trainable weight of a model, by path, for sums done by hand."""

    def assign(model, values):
        assert sorted(values) == sorted(v.path for v in model.trainable_variables)
        for variable in model.trainable_variables:
            variable.assign(values[variable.path])
        return model

    return assign


@pytest.fixture(scope="session")
def rows():
    """Ids: users `[6]` and items `[6, 3]`, with both ends of each range."""
    return {
        "user_id": np.array([0, 6, 3, 3, 1, 5], dtype=np.int32),
        "item_id": np.array(
            [[0, 8, 3], [8, 2, 2], [1, 7, 0], [4, 5, 6], [3, 0, 8], [6, 1, 4]],
            dtype=np.int32,
        ),
    }


@pytest.fixture(scope="session")
def everything():
    """Ids: each user, and with each user the whole catalogue."""
    items = np.arange(NUM_ITEMS, dtype=np.int32)
    return {
        "user_id": np.arange(NUM_USERS, dtype=np.int32),
        "item_id": np.tile(items, (NUM_USERS, 1)),
    }


@pytest.fixture(scope="session")
def gradients():
    """Returns the gradient of `score(model)` with respect to each weight, by path."""
    import tensorflow as tf

    def gradients(model, score):
        with tf.GradientTape() as tape:
            value = score()
        found = tape.gradient(
            value, [variable.value for variable in model.trainable_variables]
        )
        return {
            variable.path: None
            if gradient is None
            else tf.convert_to_tensor(gradient).numpy()
            for variable, gradient in zip(model.trainable_variables, found, strict=True)
        }

    return gradients
