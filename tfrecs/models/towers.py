"""What towers are made of: embeddings of ids, and biases."""

from typing import Any

import keras
from keras import ops

from tfrecs.models.layers import Dropout, Embedding


def user_input() -> Any:
    """User ids `[batch]`."""
    return keras.Input((), dtype="int32", name="user_id")


def item_input() -> Any:
    """Item ids `[batch, n]`."""
    return keras.Input((None,), dtype="int32", name="item_id")


def embed(
    ids: Any,
    size: int,
    dim: int,
    *,
    std: float,
    dropout: float,
    l2: float = 0.0,
    name: str,
) -> Any:
    """Rows of a `[size, dim]` table drawn from N(0, std^2): `ids`' shape + `[dim]`."""
    initializer = keras.initializers.RandomNormal(stddev=std)
    table = Embedding(size, dim, embeddings_initializer=initializer, l2=l2, name=name)
    rows = table(ids)
    return Dropout(dropout, name=f"{name}_dropout")(rows) if dropout else rows


def embed_bias(ids: Any, size: int, *, name: str) -> Any:
    """One number for each id, zero at first: `ids`' shape."""
    table = Embedding(size, 1, embeddings_initializer="zeros", name=name)
    return ops.squeeze(table(ids), -1)
