"""Models whose user tower reads a history: they know users by what these did.

A row of histories is `[length]` item ids, the latest last, with `PADDING` before them.
Padding ends whatever is before it: several histories that share a row, with one padding
between two of them, do not see each other. Training makes full use of a row this way.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from tfrecs._base.checks import check_fraction, check_positive
from tfrecs._base.forks import check_not_forked
from tfrecs._base.indices import PADDING
from tfrecs._base.types import AnyArray, IntArray
from tfrecs.models.cosine import checked_temperature, directions
from tfrecs.models.interaction import Interaction, TowerOutput
from tfrecs.models.towers import Ids, embed, embed_bias
from tfrecs.models.two_tower import TwoTower

ENCODER = "history_encoder"
"""The part of the user tower that has a vector for every position of a row."""


READ_AT_ONCE = 2**24
"""Pairs of positions that the user tower reads at once: 64 MiB of float32."""


@keras.saving.register_keras_serializable("tfrecs")
class HistoryTowers(TwoTower):
    """A two-tower model that reads `{"history": [batch, max_length], "item_id"}`.

    Wherever a `TwoTower` takes user ids, it takes histories, `[users, max_length]`.
    Both towers share the item vectors.

    Args:
        user_tower: from histories to output `[batch, ...]`, the last column's of a
            layer `ENCODER`, which calls the item tower.
        interaction: as of `TwoTower`.
        num_items: item ids are from 0 to `num_items - 1`.
        name: the model's name.
    """

    def __init__(
        self,
        user_tower: keras.Model,
        interaction: Interaction,
        *,
        num_items: int,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        encoder = user_tower.get_layer(ENCODER)
        super().__init__(
            user_tower,
            encoder.get_layer("item_tower"),
            interaction,
            num_users=None,  # type: ignore[arg-type]  # it serves any user
            num_items=num_items,
            name=name,
            **kwargs,
        )
        self.encoder = encoder
        self.max_length = int(user_tower.inputs[0].shape[1])

    def users_of(self, inputs: dict[str, Any], training: Any) -> TowerOutput:
        """Returns the output at every position of a batch: `[batch * length, ...]`."""
        vectors = self.encoder(inputs["history"], training=training)
        return {"factors": ops.reshape(vectors, (-1, vectors.shape[-1]))}

    def read_users(self, users: IntArray) -> TowerOutput:
        """Returns the user tower's output, computed in blocks of bounded memory."""
        check_not_forked()
        height = max(1, READ_AT_ONCE // self.user_tower.inputs[0].shape[1] ** 2)
        blocks = [
            self.user_tower(users[start : start + height])["factors"]
            for start in range(0, max(1, len(users)), height)
        ]
        return {"factors": ops.concatenate(blocks)}

    def as_users(self, users: AnyArray) -> IntArray:
        """Returns histories as int32.

        Raises:
            TypeError: if they are not whole numbers.
            ValueError: if the shape is not `[users, max_length]`, or an id is neither
                an item's nor `PADDING`.
        """
        histories = np.asarray(users)
        if histories.ndim != 2 or histories.shape[1] != self.max_length:
            raise ValueError(
                f"`users` must be histories [users, {self.max_length}], such as from "
                f"train.histories({self.max_length}). Received: shape "
                f"{list(histories.shape)}"
            )
        if histories.dtype.kind not in "iu":
            raise TypeError(f"Item ids must be ints. Received: {histories.dtype}")
        if histories.size and not (
            PADDING <= histories.min() <= histories.max() < self.num_items
        ):
            raise ValueError(
                f"Item ids must be from 0 to {self.num_items - 1}, and {PADDING} "
                f"before them. Received: {histories.min()} to {histories.max()}"
            )
        return histories.astype(np.int32)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        config = super().get_config()
        return {x: y for x, y in config.items() if x not in ("item_tower", "num_users")}


def history_towers(
    history: Any,
    vectors: Any,
    num_items: int,
    temperature: float | None,
    name: str,
) -> HistoryTowers:
    """Builds the model from the vector of every position of a row.

    Args:
        history: the input, `[batch, max_length]` item ids.
        vectors: `[batch, max_length, dim]`, of the user after each position.
        num_items: size of the catalogue.
        temperature: of cosines; None for dot products.
        name: the model's name.
    """
    if temperature is not None:
        # Not UnitNormalization: its gradient is NaN under XLA where nothing is seen.
        square = ops.sum(vectors * vectors, axis=-1, keepdims=True)
        vectors = vectors * ops.rsqrt(temperature * (square + 1e-6))
    encoder = keras.Model(history, vectors, name=ENCODER)
    whole = keras.Input(history.shape[1:], dtype="int32", name="history")
    user_tower = keras.Model(
        whole, {"factors": encoder(whole)[:, -1]}, name="user_tower"
    )
    return HistoryTowers(
        user_tower, Interaction(use_bias=False), num_items=num_items, name=name
    )


def scale_of(cosine: bool, temperature: float | None, num_items: int) -> float | None:
    """Returns the temperature of cosines, by default `build_cosine`'s, or else None."""
    return checked_temperature(temperature, num_items) if cosine else None


def check_history_sizes(dropout: float, **sizes: int) -> None:
    """Raises ValueError for a size below 1 or a dropout outside [0, 1)."""
    check_positive(**sizes)
    check_fraction(dropout=dropout)


def item_vectors(
    num_items: int,
    max_length: int,
    dim: int,
    *,
    std: float,
    use_bias: bool,
    temperature: float | None,
) -> tuple[Any, Any]:
    """Returns a history input and the vectors of its items, 0 where it is padded.

    With a temperature they all have one length, as in `build_cosine`.

    Returns:
        The input `[batch, max_length]`, and `[batch, max_length, dim]`.
    """
    ids = Ids("item", num_items, keras.Input((None,), dtype="int32", name="item_id"))
    output = {"factors": embed(ids, dim, std=std)}
    if temperature is not None:
        output["factors"] = directions(output["factors"], temperature, "item_direction")
    if use_bias:
        output["bias"] = embed_bias(ids)
    item_tower = keras.Model(ids.ids, output, name="item_tower")
    history = keras.Input((max_length,), dtype="int32", name="history")
    vectors = item_tower(ops.maximum(history, 0))["factors"]
    known = ops.cast(history > PADDING, vectors.dtype)
    return history, vectors * ops.expand_dims(known, -1)


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
