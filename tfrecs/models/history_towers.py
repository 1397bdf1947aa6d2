"""Models whose user tower reads a history: they know users by what these did.

A row of histories is `[length]` item ids, the latest last, with `PADDING` before them.
Padding ends whatever is before it: several histories that share a row, with one padding
between two of them, do not see each other. Training makes full use of a row this way.

A model may read user ids beside the histories: the vector of a user, from the id, from
features or from both, is added to the history's, before the cosine. Unknown users have
the id `UNKNOWN`, and no such vector.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from tfrecs._base.forks import check_not_forked
from tfrecs._base.indices import PADDING
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.models.interaction import Interaction, TowerOutput, as_arrays
from tfrecs.models.two_tower import TwoTower

ENCODER = "history_encoder"
"""The part of the user tower that has a vector for every position of a row."""

BESIDE = "beside_history"
"""The part of the user tower that has a vector for every user id, if there is one."""

DIRECTION = "user_direction"
"""The last layer of the user tower, which scales the sum of both."""

UNKNOWN = -1
"""The id of a user that the model does not know."""

READ_AT_ONCE = 2**24
"""Pairs of positions that the user tower reads at once: 64 MiB of float32."""


@keras.saving.register_keras_serializable("tfrecs")
class HistoryTowers(TwoTower):
    """A two-tower model that reads `{"history": [batch, max_length], "item_id"}`.

    Wherever a `TwoTower` takes user ids, it takes histories, `[users, max_length]`.
    Both towers share the item vectors. With user ids beside the histories there is an
    input "user_id" too, and a column of user ids before each history.

    Args:
        user_tower: from histories to output `[batch, ...]`: the last column's of a
            layer `ENCODER`, which calls the item tower, plus that of a layer `BESIDE`,
            through a layer `DIRECTION`.
        interaction: as of `TwoTower`.
        num_items: item ids are from 0 to `num_items - 1`.
        num_users: user ids are from 0 to `num_users - 1`; None for no user ids.
        name: the model's name.
    """

    max_length: int

    def __init__(
        self,
        user_tower: keras.Model,
        interaction: Interaction,
        *,
        num_items: int,
        num_users: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        encoder = user_tower.get_layer(ENCODER)
        super().__init__(
            user_tower,
            encoder.get_layer("item_tower"),
            interaction,
            num_users=num_users,  # type: ignore[arg-type]  # None: it serves any user
            num_items=num_items,
            name=name,
            **kwargs,
        )
        self.encoder = encoder
        self.beside = None if num_users is None else user_tower.get_layer(BESIDE)
        self.direction = user_tower.get_layer(DIRECTION)
        self.max_length = int(encoder.inputs[0].shape[1])

    def users_of(self, inputs: dict[str, Any], training: Any) -> TowerOutput:
        """Returns the output at every position of a batch: `[batch * length, ...]`.

        User ids are of every position too, `[batch, length]`.
        """
        vectors = self.encoder(inputs["history"], training=training)
        if self.beside is not None:
            vectors = vectors + beside_of(self.beside, inputs["user_id"], training)
        return {
            "factors": ops.reshape(self.direction(vectors), (-1, vectors.shape[-1]))
        }

    def read_users(self, users: IntArray) -> TowerOutput:
        """Returns the user tower's output, computed in blocks of bounded memory."""
        check_not_forked()
        tower = self.user_tower
        return self._in_blocks(
            users, lambda rows: tower(self.user_inputs(users[rows]))["factors"]
        )

    def output_with(self, vectors: FloatArray, histories: IntArray) -> TowerOutput:
        """Returns the output of users with these vectors `[users, dim]` beside.

        Args:
            vectors: of users without an id, such as of their features.
            histories: `[users, max_length]`.

        Raises:
            ValueError: if their numbers differ.
        """
        if len(vectors) != len(histories):
            raise ValueError(
                f"`user_features` must be of each of {len(histories)} histories. "
                f"Received: {len(vectors)} rows"
            )

        def read(rows: slice) -> Any:
            return self.direction(self.encoder(histories[rows])[:, -1] + vectors[rows])

        return as_arrays(self._in_blocks(histories, read))

    def _in_blocks(self, users: IntArray, read: Callable[[slice], Any]) -> TowerOutput:
        if not len(users):  # which a GRU does not take
            return {"factors": ops.zeros((0, self.encoder.output.shape[-1]))}
        height = max(1, READ_AT_ONCE // self.max_length**2)
        starts = range(0, len(users), height)
        blocks = [read(slice(start, start + height)) for start in starts]
        return {"factors": ops.concatenate(blocks)}

    def user_inputs(self, users: Any) -> Any:
        """Returns the inputs of the user tower for users as of `as_users`."""
        history = users[:, -self.max_length :]
        return history if self.beside is None else [history, users[:, 0]]

    def as_users(self, users: AnyArray) -> IntArray:
        """Returns histories as int32, after a column of user ids if it reads these.

        Raises:
            TypeError: if they are not whole numbers.
            ValueError: if the shape is not `[users, max_length]`, or with user ids
                `[users, 1 + max_length]`, or an id is out of range.
        """
        rows = np.asarray(users)
        width = self.max_length + (self.beside is not None)
        if rows.ndim != 2 or rows.shape[1] != width:
            of_histories = f"train.histories({self.max_length})"
            what = f"histories [users, {width}], such as {of_histories}"
            if self.beside is not None:
                what = (
                    f"user ids before histories [users, {width}], such as "
                    f"tfrecs.data.histories.with_ids(model, {of_histories}, user_ids), "
                    "-1 for unknown users"
                )
            raise ValueError(
                f"`users` must be {what}. Received: shape {list(rows.shape)}"
            )
        if rows.dtype.kind not in "iu":
            raise TypeError(f"Item ids must be ints. Received: {rows.dtype}")
        _check_range("Item", rows[:, -self.max_length :], self.num_items, "before them")
        if self.beside is not None:
            _check_range("User", rows[:, 0], self.num_users, "for unknown users")
        return rows.astype(np.int32)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        config = super().get_config()
        return {name: part for name, part in config.items() if name != "item_tower"}


def _check_range(kind: str, ids: IntArray, size: int, lowest: str) -> None:
    """Raises ValueError for an id that is neither from 0 to `size - 1` nor -1."""
    if ids.size and not PADDING <= ids.min() <= ids.max() < size:
        raise ValueError(
            f"{kind} ids must be from 0 to {size - 1}, and {PADDING} {lowest}. "
            f"Received: {ids.min()} to {ids.max()}"
        )


def beside_of(beside: keras.Model, user_id: Any, training: Any = None) -> Any:
    """Returns the vectors of user ids, 0 for `UNKNOWN`: `user_id`'s shape + `[dim]`."""
    vectors = beside(ops.maximum(user_id, 0), training=training)["factors"]
    known = ops.cast(user_id > UNKNOWN, vectors.dtype)
    return vectors * ops.expand_dims(known, -1)


@keras.saving.register_keras_serializable("tfrecs")
class Direction(layers.Layer):
    """Scales vectors to the length that makes inner products cosines / temperature.

    Unlike `keras.layers.UnitNormalization`, whose gradient is NaN there under XLA, it
    takes vectors of zeros, as of empty histories.

    Args:
        temperature: of the cosines; None to return vectors as they are.
    """

    def __init__(self, temperature: float | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.temperature = temperature

    def call(self, vectors: Any) -> Any:
        """Returns vectors `[..., dim]`."""
        if self.temperature is None:
            return vectors
        square = ops.sum(vectors * vectors, axis=-1, keepdims=True)
        return vectors * ops.rsqrt(self.temperature * (square + 1e-6))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "temperature": self.temperature}
