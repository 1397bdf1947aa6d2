"""SASRec as examples teach it: padded sequences, a drawn negative each, `fit`."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tfrecs import Interactions


def plain_sasrec(
    num_items: int,
    *,
    embedding_dim: int,
    num_blocks: int,
    max_length: int,
    dropout: float,
) -> keras.Model:
    """Kang and McAuley's model of items 1, 2, ..., compiled with Adam; 0 is padding."""
    names = ("sequence", "positive", "negative")
    given = {x: keras.Input((max_length,), dtype="int32", name=x) for x in names}
    items = layers.Embedding(num_items + 1, embedding_dim)
    is_item = ops.not_equal(given["sequence"], 0)
    places = layers.Embedding(max_length, embedding_dim)(ops.arange(max_length))
    x = layers.Dropout(dropout)(items(given["sequence"]) + places)
    for _ in range(num_blocks):
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        attend = layers.MultiHeadAttention(1, embedding_dim, dropout=dropout)
        y = attend(y, y, attention_mask=is_item[:, None], use_causal_mask=True)
        x = x + layers.Dropout(dropout)(y)
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        y = layers.Dense(embedding_dim, activation="relu")(y)
        y = layers.Dense(embedding_dim)(layers.Dropout(dropout)(y))
        x = x + layers.Dropout(dropout)(y)
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    scores = [ops.sum(x * items(given[name]), axis=-1) for name in names[1:]]
    model = keras.Model(given, ops.stack(scores, axis=-1))  # [batch, max_length, 2]
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss=loss)
    return model


def plain_sequences(
    train: Interactions, max_length: int, batch_size: int, seed: int
) -> tuple[tf.data.Dataset, int]:
    """A row for each user, and the number of positions; negatives are drawn once."""
    histories = train.histories(max_length + 1) + 1
    sequence, positive = histories[:, :-1], histories[:, 1:]
    weights = (sequence > 0).astype(np.float32)
    negative = np.random.default_rng(seed).integers(
        1, train.num_items + 1, sequence.shape, np.int32
    )
    inputs = {"sequence": sequence, "positive": positive, "negative": negative}
    labels = np.tile(np.float32([1, 0]), (*sequence.shape, 1))
    rows: Any = (inputs, labels, weights)
    data = tf.data.Dataset.from_tensor_slices(rows).shuffle(len(sequence))
    return data.batch(batch_size).prefetch(2), int(weights.sum())
