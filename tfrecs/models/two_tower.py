"""Every model here is one formula: two towers and an interaction.

    score(u, i) = <p_u, q_i> + b_u + b_i + b + g(h_u + h_i)

The user tower maps a user to `factors` p, `bias` b and `hidden` h; the item tower does
so for an item; the interaction turns the two into a logit. A model leaves out the parts
that it does not have. `g` is a multi-layer perceptron without its first layer, which is
linear over the concatenation, W [x_u; x_i] = W_u x_u + W_i x_i, so that each half of it
belongs to a tower. A model of ratings may bend the score into their range at the end.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import keras
import numpy as np
from keras import layers, ops

from tfrecs._base.checks import check_range
from tfrecs._base.types import FloatArray, IntArray
from tfrecs.models.layers import Dropout
from tfrecs.models.views import OverCatalogue, OverSharedNegatives, make_train_function

TowerOutput: TypeAlias = dict[str, Any]
"""What a tower gives: `factors` [..., dim], `bias` [...], `hidden` [..., units]."""

SCORE_BLOCK = 2**24
"""Numbers held at once while scoring the catalogue: 64 MiB of float32."""


@keras.saving.register_keras_serializable("tfrecs")
class Interaction(layers.Layer):
    """Turns a user's and an item's tower output into a logit.

    Args:
        hidden_units: sizes of the layers of `g` after its first, which is in the
            towers. `g` is left out where the towers give no `hidden`.
        activation: of every layer of `g`, the first included.
        dropout: share of each layer of `g` dropped in training.
        use_bias: whether there is a global bias `b`.
        y_range: the lowest and the highest score, such as (1, 5) for stars: scores are
            low + (high - low) * sigmoid(what they would be). None for logits.
        hidden_block: numbers of a layer of `g` that are held at once, where items are
            the same for all users. More are taken in blocks of items, computed again
            for the gradient: memory is this many float32, whatever the catalogue.

    Raises:
        ValueError: if `y_range` does not rise, or an end of it is not finite.
    """

    def __init__(
        self,
        hidden_units: Sequence[int] = (),
        *,
        activation: str = "relu",
        dropout: float = 0.0,
        use_bias: bool = True,
        y_range: tuple[float, float] | None = None,
        hidden_block: int = 2**24,
        name: str = "interaction",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if y_range is not None:
            check_range(y_range=y_range)
        self.hidden_units = tuple(map(int, hidden_units))
        self.activation = activation
        self.dropout = dropout
        self.use_bias = use_bias
        self.y_range = None if y_range is None else (y_range[0], y_range[1])
        self.hidden_block = hidden_block

    def build(self, user_shape: TowerOutput, item_shape: TowerOutput) -> None:
        """Makes the global bias and the layers of `g`, which need the outputs' sizes."""
        if self.use_bias:
            self.global_bias = self.add_weight(
                shape=(), initializer="zeros", name="global_bias"
            )
        if "hidden" in user_shape:
            first = keras.Input((None, user_shape["hidden"][-1]), name="hidden")
            x = layers.Activation(self.activation, name="hidden_0")(first)
            for i, units in enumerate(self.hidden_units, start=1):
                x = Dropout(self.dropout, name=f"dropout_{i}")(x)
                x = layers.Dense(units, self.activation, name=f"hidden_{i}")(x)
            x = layers.Dense(1, use_bias=False, name="output_weights")(x)
            self.g = keras.Model(first, x[..., 0], name="g")

    def call(
        self,
        user: TowerOutput,
        item: TowerOutput,
        catalogue: bool = False,
        training: bool | None = None,
    ) -> Any:
        """Gives scores of `n` items for each user, or of the whole catalogue.

        Args:
            user: output of `batch` users: `[batch, ...]`.
            item: output of `n` items for each user, `[batch, n, ...]`; with
                `catalogue`, of the same `n` items for all users, `[n, ...]`.
            catalogue: whether the items are the same for all users: one matmul.
            training: whether layers of `g` are dropped.

        Returns:
            `[batch, n]` logits, or scores within `y_range`.
        """
        score = self._logits(user, item, catalogue, training)
        if self.y_range is None:
            return score
        low, high = self.y_range
        return low + (high - low) * ops.sigmoid(score)

    def _logits(
        self,
        user: TowerOutput,
        item: TowerOutput,
        catalogue: bool,
        training: bool | None,
    ) -> Any:
        """The sum of what the model has of dot product, biases and `g`."""
        if catalogue and "factors" in user:
            score = self._one_matmul(user, item)
        else:
            score = self._one_by_one(user, item)
        if "hidden" not in user:
            return score
        of_user, of_item = user["hidden"], item["hidden"]
        size = [*of_user.shape, of_item.shape[0]]
        num_blocks = 1
        if catalogue and None not in size:
            num_blocks = math.ceil(math.prod(size) / self.hidden_block)
        if num_blocks > 1:
            return score + self._g_in_blocks(of_user, of_item, num_blocks, training)
        hidden = of_user[:, None] + of_item  # [batch, n, units]
        return score + self.g(hidden, training=training)

    def _one_by_one(self, user: TowerOutput, item: TowerOutput) -> Any:
        """`<p, q>` and the biases of other items for each user: `[batch, n]`."""
        score = 0.0
        if "factors" in user:
            score = ops.einsum("bd,bnd->bn", user["factors"], item["factors"])
        if "bias" in user:
            score = score + user["bias"][:, None]
        if "bias" in item:
            score = score + item["bias"]
        return score + self.global_bias if self.use_bias else score

    def _one_matmul(self, user: TowerOutput, item: TowerOutput) -> Any:
        """The same, of the same items for all: `[batch, n]`."""
        p, q = self.vectors(user, item)
        return ops.matmul(p, ops.transpose(q))

    def vectors(self, user: TowerOutput, item: TowerOutput) -> tuple[Any, Any]:
        """Gives vectors whose inner products are `<p, q>` and all biases.

        They are `[p, b_u + b, 1]` of `batch` users and `[q, 1, b_i]` of `n` items,
        without the places that a model has no use for.
        """
        p, q = [user["factors"]], [item["factors"]]
        if "bias" in user or self.use_bias:
            bias = user["bias"] if "bias" in user else ops.zeros_like(p[0][:, 0])
            bias = bias + self.global_bias if self.use_bias else bias
            p, q = [*p, bias[:, None]], [*q, ops.ones_like(q[0][:, :1])]
        if "bias" in item:
            p, q = [*p, ops.ones_like(p[0][:, :1])], [*q, item["bias"][:, None]]
        return ops.concatenate(p, axis=1), ops.concatenate(q, axis=1)

    def _g_in_blocks(
        self, user: Any, item: Any, num_blocks: int, training: bool | None
    ) -> Any:
        """`g` of all users `[batch, units]` and items `[n, units]`: `[batch, n]`."""
        num_items, units = item.shape
        size = math.ceil(num_items / num_blocks)
        item = ops.pad(item, [[0, num_blocks * size - num_items], [0, 0]])
        # A loop whose steps are computed again can take weights as arguments alone.
        weights = [ops.convert_to_tensor(w) for w in self.g.trainable_variables]
        state = [ops.copy(w) for w in self.g.non_trainable_variables]

        def of_block(number: Any, user: Any, block: Any, *weights: Any) -> Any:
            held = [
                # Other seeds in each block; weights that are frozen stay.
                w
                if keras.backend.is_float_dtype(w.dtype)
                else w + ops.cast(number, w.dtype)
                for w in state
            ]
            hidden = user[:, None] + block
            return self.g.stateless_call(
                list(weights), held, hidden, training=training
            )[0]

        again = keras.remat(of_block)
        scores = ops.map(
            lambda block: again(block[0], user, block[1], *weights),
            (ops.arange(num_blocks), ops.reshape(item, [num_blocks, size, units])),
        )  # [num_blocks, batch, size]
        for layer in self.g.layers:
            if training and isinstance(layer, Dropout):
                layer.seed_generator.next()
        scores = ops.reshape(ops.transpose(scores, (1, 0, 2)), [user.shape[0], -1])
        return scores[:, :num_items]

    def get_config(self) -> dict[str, Any]:
        """Gives the arguments that make the same layer again."""
        return {
            **super().get_config(),
            "hidden_units": self.hidden_units,
            "activation": self.activation,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "y_range": self.y_range,
            "hidden_block": self.hidden_block,
        }


@keras.saving.register_keras_serializable("tfrecs")
class TwoTower(keras.Model):
    """A functional model: `interaction(user_tower(user_id), item_tower(item_id))`.

    Inputs are `{"user_id": [batch], "item_id": [batch] or [batch, n]}`, int32; outputs
    are logits of `item_id`'s shape. Keep to one of the two ranks for each `compile`.

    Args:
        user_tower: takes user ids `[batch]`, gives output `[batch, ...]`.
        item_tower: takes item ids `[batch, n]`, gives output `[batch, n, ...]`.
        interaction: turns both into logits.
        num_users: user ids are from 0 to `num_users - 1`.
        num_items: item ids are from 0 to `num_items - 1`.
        name: the model's name.
    """

    def __init__(
        self,
        user_tower: keras.Model,
        item_tower: keras.Model,
        interaction: Interaction,
        *,
        num_users: int,
        num_items: int,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        user_id = keras.Input((), dtype="int32", name="user_id")
        item_id = keras.Input((None,), dtype="int32", name="item_id")
        super().__init__(
            inputs={"user_id": user_id, "item_id": item_id},
            outputs=interaction(user_tower(user_id), item_tower(item_id)),
            name=name,
            **kwargs,
        )
        self.user_tower = user_tower
        self.item_tower = item_tower
        self.interaction = interaction
        self.num_users = num_users
        self.num_items = num_items

    @property
    def input_spec(self) -> None:
        """None: Keras would hold `item_id` to the rank of the first batch."""
        return None

    def call(
        self, inputs: dict[str, Any], training: Any = None, mask: Any = None
    ) -> Any:
        """Gives logits of `item_id`'s shape."""
        # Of other keys, Keras would take the first in the alphabet for an id.
        ids = {name: inputs[name] for name in ("user_id", "item_id")}
        if len(ids["item_id"].shape) == 2:
            return super().call(ids, training=training, mask=mask)
        ids["item_id"] = ops.expand_dims(ids["item_id"], -1)
        return super().call(ids, training=training, mask=mask)[:, 0]

    def make_train_function(self, force: bool = False) -> None:
        """Makes what `fit` calls; see `train_in_one_call`."""
        make_train_function(self, super(), force)

    def over_catalogue(self) -> OverCatalogue:
        """Gives the model that scores every item, for catalogue-wide objectives."""
        return OverCatalogue(self, name=f"{self.name}_over_catalogue")

    def over_shared_negatives(self, temperature: float = 1.0) -> OverSharedNegatives:
        """Gives the model that scores negatives which a batch's rows share.

        `temperature` is that of a softmax whose correction it is to fit.
        """
        name = f"{self.name}_over_shared_negatives"
        return OverSharedNegatives(self, temperature, name=name)

    def user_output(self, user_ids: IntArray) -> TowerOutput:
        """Gives the user tower's output of `user_ids`: arrays `[users, ...]`."""
        return _to_numpy(self.user_tower(np.asarray(user_ids, np.int32)))

    def item_output(self, item_ids: IntArray | None = None) -> TowerOutput:
        """Gives the item tower's output of `item_ids`, all by default: `[n, ...]`."""
        if item_ids is None:
            item_ids = np.arange(self.num_items, dtype=np.int32)
        output = self.item_tower(np.asarray(item_ids, np.int32)[None])
        return {name: part[0] for name, part in _to_numpy(output).items()}

    def score_users(self, user_ids: IntArray) -> FloatArray:
        """Gives scores of the whole catalogue, as in inference: `[users, num_items]`.

        Each tower runs once; then all pairs are one matmul, and `g` on blocks of pairs.
        """
        return self.score_outputs(self.user_output(user_ids), self.item_output())

    def score_outputs(self, user: TowerOutput, item: TowerOutput) -> FloatArray:
        """Gives scores of all pairs of `[users, ...]` and `[items, ...]` outputs."""
        num_users, num_items = (
            len(next(iter(output.values()))) for output in (user, item)
        )
        width = user["hidden"].shape[-1] if "hidden" in user else 1
        blocks = list(_blocks(num_users, num_items, SCORE_BLOCK // width))
        scores = np.empty((num_users if len(blocks) > 1 else 0, num_items), np.float32)
        for rows, columns in blocks:
            block = self.interaction(
                {name: part[rows] for name, part in user.items()},
                {name: part[columns] for name, part in item.items()},
                catalogue=True,
            )
            if len(blocks) == 1:
                return ops.convert_to_numpy(block)
            scores[rows, columns] = ops.convert_to_numpy(block)
        return scores

    def get_config(self) -> dict[str, Any]:
        """Gives the towers, the interaction and the sizes."""
        serialize = keras.saving.serialize_keras_object
        return {
            "user_tower": serialize(self.user_tower),
            "item_tower": serialize(self.item_tower),
            "interaction": serialize(self.interaction),
            "num_users": self.num_users,
            "num_items": self.num_items,
            "name": self.name,
            "trainable": self.trainable,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "TwoTower":
        """Makes the model that `get_config` describes."""
        parts = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects)
            for name in ("user_tower", "item_tower", "interaction")
        }
        return cls(**{**config, **parts})


def _to_numpy(output: TowerOutput) -> TowerOutput:
    return {name: ops.convert_to_numpy(part) for name, part in output.items()}


def _blocks(rows: int, columns: int, size: int) -> Iterator[tuple[slice, slice]]:
    """Blocks of at most `size` cells that cover a `rows` x `columns` matrix."""
    width = max(1, min(columns, size))
    height = max(1, size // width)
    for top in range(0, rows, height):
        for left in range(0, columns, width):
            yield slice(top, top + height), slice(left, left + width)
