"""What tutorials write: the models, the pipeline and `fit`, all at their defaults."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tfrecs import Interactions


def plain_mf(num_users: int, num_items: int, *, embedding_dim: int) -> keras.Model:
    """Matrix factorization with biases: four embeddings and a dot product."""
    user, item = _ids()
    dot = layers.Dot(1)(
        [_embed(user, num_users, embedding_dim), _embed(item, num_items, embedding_dim)]
    )
    bias = [_embed(user, num_users, 1), _embed(item, num_items, 1)]
    score = layers.Activation("sigmoid")(layers.Add()([dot, *bias]))
    return _compiled([user, item], score)


def plain_neumf(
    num_users: int,
    num_items: int,
    *,
    embedding_dim: int,
    mlp_embedding_dim: int,
    hidden_units: Sequence[int],
) -> keras.Model:
    """NeuMF: four embeddings, two branches, one output."""
    user, item = _ids()
    gmf = layers.Multiply()(
        [_embed(user, num_users, embedding_dim), _embed(item, num_items, embedding_dim)]
    )
    mlp = layers.Concatenate()(
        [
            _embed(user, num_users, mlp_embedding_dim),
            _embed(item, num_items, mlp_embedding_dim),
        ]
    )
    for units in hidden_units:
        mlp = layers.Dense(units, activation="relu")(mlp)
    score = layers.Dense(1, activation="sigmoid")(layers.Concatenate()([gmf, mlp]))
    return _compiled([user, item], score)


def plain_pairs(train: Interactions, num_negatives: int, seed: int) -> tf.data.Dataset:
    """Pairs of `train` and drawn ones, one by one, shuffled: `((user, item), label)`.

    They are drawn once, ahead of time, so that training does not pay for it.
    """
    drawn = np.random.default_rng(seed).integers(
        train.num_items, size=(len(train), num_negatives), dtype=np.int32
    )
    items = np.column_stack([train.item_ids, drawn])
    labels = np.zeros(items.shape, np.float32)
    labels[:, 0] = 1
    users = np.repeat(train.user_ids, 1 + num_negatives)
    pairs = ((users, items.ravel()), labels.ravel())
    return tf.data.Dataset.from_tensor_slices(pairs).shuffle(len(users))


def _ids() -> tuple[Any, Any]:
    return tuple(
        keras.Input((1,), dtype="int32", name=name) for name in ("user_id", "item_id")
    )


def _embed(ids: Any, size: int, dim: int) -> Any:
    return layers.Flatten()(layers.Embedding(size, dim)(ids))


def _compiled(inputs: list[Any], score: Any) -> keras.Model:
    model = keras.Model(inputs, score)
    model.compile("adam", loss="binary_crossentropy")
    return model
