"""Parts of builders of models of histories."""

from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

import keras
from keras import layers, ops

from tfrecs._base.checks import check_fraction, check_positive
from tfrecs._base.indices import PADDING
from tfrecs.models.cosine import checked_temperature, directions
from tfrecs.models.history_towers import (
    BESIDE,
    DIRECTION,
    ENCODER,
    Direction,
    HistoryTowers,
    beside_of,
)
from tfrecs.models.interaction import Interaction
from tfrecs.models.layers.feature_dense import as_features
from tfrecs.models.towers import Ids, embed, embed_bias, over_features, wide_dtype


def history_towers(
    encode: Callable[[Any, Any], Any],
    num_items: int,
    *,
    embedding_dim: int,
    max_length: int,
    dropout: float,
    init_std: float,
    use_bias: bool,
    cosine: bool,
    temperature: float | None,
    item_features: Any,
    num_users: int | None,
    user_features: Any,
    name: str,
) -> HistoryTowers:
    """Builds the model from what makes a history's item vectors a user's vector.

    Args:
        encode: from histories `[batch, max_length]` and the vectors of their items, 0
            where they are padded, to the vector of the user after each position, both
            `[batch, max_length, embedding_dim]`.
        num_items: as of `build_history_mean`, like all others.
    """
    check_positive(
        num_items=num_items, embedding_dim=embedding_dim, max_length=max_length
    )
    check_fraction(dropout=dropout)
    scale = checked_temperature(temperature, num_items) if cosine else None
    items = _item_tower(
        num_items, embedding_dim, init_std, use_bias, scale, item_features
    )
    history = keras.Input((max_length,), dtype="int32", name="history")
    vectors = items(ops.maximum(history, 0))["factors"]
    known = ops.cast(history > PADDING, vectors.dtype)
    vectors = encode(history, vectors * ops.expand_dims(known, -1))
    encoder = keras.Model(history, vectors, name=ENCODER)

    size, beside = _beside(num_users, user_features, embedding_dim, dropout)
    return HistoryTowers(
        _user_tower(encoder, beside, scale),
        Interaction(use_bias=False),
        num_items=num_items,
        num_users=size,
        name=name,
    )


def _user_tower(
    encoder: keras.Model, beside: keras.Model | None, temperature: float | None
) -> keras.Model:
    """Returns the user after the last position, from a history and perhaps an id."""
    history = keras.Input(encoder.input.shape[1:], dtype="int32", name="history")
    inputs, p = history, encoder(history)[:, -1]
    if beside is not None:
        user_id = keras.Input((), dtype="int32", name="user_id")
        inputs, p = [history, user_id], p + beside_of(beside, user_id[:, None])[:, 0]
    p = Direction(temperature, dtype=wide_dtype(), name=DIRECTION)(p)
    return keras.Model(inputs, {"factors": p}, name="user_tower")


def _item_tower(
    num_items: int,
    dim: int,
    std: float,
    use_bias: bool,
    temperature: float | None,
    features: Any,
) -> keras.Model:
    """Returns the tower that both read, from ids `[batch, n]`.

    It adds a vector and a bias from the features of an item to its own, as in
    `build_hybrid`. With a temperature its vectors all have one length, as in
    `build_cosine`.
    """
    ids = Ids("item", num_items, keras.Input((None,), dtype="int32", name="item_id"))
    output = {"factors": embed(ids, dim, std=std)}
    if use_bias:
        output["bias"] = embed_bias(ids)
    if features is not None:
        more = over_features(ids, features, (dim + use_bias,))
        output["factors"] = output["factors"] + more[..., :dim]
        if use_bias:
            output["bias"] = output["bias"] + more[..., dim]
    if temperature is not None:
        output["factors"] = directions(output["factors"], temperature, "item_direction")
    return keras.Model(ids.ids, output, name="item_tower")


def _beside(
    num_users: int | None, features: Any, dim: int, dropout: float
) -> tuple[int | None, keras.Model | None]:
    """Returns the number of user ids, and their vectors: 0 before training."""
    size = num_users
    if features is not None:
        features = as_features(features, num_users, "user_features")
        size = features.shape[0]
    if size is None:
        return None, None
    check_positive(num_users=size)
    ids = Ids("user", size, keras.Input((None,), dtype="int32", name="user_id"))
    parts = []
    if num_users is not None:
        parts.append(embed(ids, dim, std=0.0, dropout=dropout))
    if features is not None:
        parts.append(over_features(ids, features, (dim,)))
    return size, keras.Model(ids.ids, {"factors": reduce(add, parts)}, name=BESIDE)


@keras.saving.register_keras_serializable("tfrecs")
class Seen(layers.Layer):
    """Marks the positions that each position of a row sees.

    A position sees itself and the items before it, back to the nearest padding. From
    `[batch, length]` item ids to `[batch, length, length]` bool.
    """

    def call(self, history: Any) -> Any:
        """Returns which columns (last axis) each column sees."""
        is_padding = history == PADDING
        part = ops.cumsum(ops.cast(is_padding, "int32"), axis=1)
        place = ops.arange(history.shape[1])
        earlier = place[:, None] > place
        seen = (part[:, :, None] == part[:, None]) & earlier & ~is_padding[:, None]
        return seen | (place[:, None] == place)
