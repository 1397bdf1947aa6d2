"""Every model here is one formula: two towers and an interaction.

    score(u, i) = <p_u, q_i> + b_u + b_i + b + g(h_u + h_i)

Each tower maps an id to `factors` p, `bias` b and `hidden` h, or to some of these; the
interaction turns two outputs into a logit. `g` is a multi-layer perceptron without its
first layer, which is linear over the concatenation, W [x_u; x_i] = W_u x_u + W_i x_i,
so that each half of it belongs to a tower.
"""

import math
from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import keras
from keras import layers, ops

from tfrecs._base.checks import check_range
from tfrecs._base.finite import check_finite
from tfrecs.models.gathering import to_numpy
from tfrecs.models.layers import Dropout

TowerOutput: TypeAlias = dict[str, Any]
"""A tower's result: `factors` [..., dim], `bias` [...], `hidden` [..., units]."""


def score_dtype(dtype: Any) -> str:
    """Returns the dtype of scores: float32 for half precision, or the dtype itself.

    Half precision has too few digits to rank a catalogue: bfloat16 has 8 bits.
    """
    return keras.backend.result_type(dtype, "float32")


def widened(part: Any) -> Any:
    """Casts part of a tower's output to the dtype of scores."""
    return ops.cast(part, score_dtype(part.dtype))


def as_arrays(output: TowerOutput) -> TowerOutput:
    """Returns a tower's output as arrays, in the dtype of scores.

    Raises:
        NotFinite: if a number is NaN or infinite.
    """
    found = {name: to_numpy(widened(part)) for name, part in output.items()}
    for name, part in found.items():
        check_finite(part, name)
    return found


@keras.saving.register_keras_serializable("tfrecs")
class Interaction(layers.Layer):
    """Turns a user's and an item's tower output into a logit, of `score_dtype`.

    Of its parts, only the layers of `g` before the last compute in half precision.

    Args:
        hidden_units: sizes of the layers of `g` after its first, which is in the
            towers. Without `hidden` in the towers' output there is no `g`.
        activation: of every layer of `g`, the first included.
        dropout: share of each layer of `g` dropped in training.
        use_bias: whether there is a global bias `b`.
        y_range: the lowest and the highest score, such as (1, 5) for stars: scores are
            low + (high - low) * sigmoid(logit). None for logits.
        hidden_block: numbers of a layer of `g` held at once, where all users have the
            same items. Larger catalogues are computed in blocks of items, and again
            for the gradient, so that memory stays at this many float32.

    Raises:
        ValueError: if `y_range` is not two finite numbers, the lower first.
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
        super().__init__(name=name, autocast=False, **kwargs)
        if y_range is not None:
            check_range(y_range=y_range)
        self.hidden_units = tuple(map(int, hidden_units))
        self.activation = activation
        self.dropout = dropout
        self.use_bias = use_bias
        self.y_range = None if y_range is None else (y_range[0], y_range[1])
        self.hidden_block = hidden_block

    def build(self, user_shape: TowerOutput, item_shape: TowerOutput) -> None:
        """Creates the global bias and the layers of `g` for the outputs' sizes."""
        if self.use_bias:
            self.global_bias = self.add_weight(
                shape=(),
                initializer="zeros",
                dtype=score_dtype(self.compute_dtype),
                autocast=False,
                name="global_bias",
            )
        if "hidden" in user_shape:
            self.g = self._g(user_shape["hidden"][-1])

    def _g(self, first_units: int) -> keras.Model:
        """Creates `g`, from the sum of the halves of its first layer to a number."""
        same = {"dtype": self.dtype_policy}  # wherever the model is loaded
        shape = (None, first_units)
        first = keras.Input(shape, dtype=self.compute_dtype, name="hidden")
        x = layers.Activation(self.activation, name="hidden_0", **same)(first)
        for i, units in enumerate(self.hidden_units, start=1):
            x = Dropout(self.dropout, name=f"dropout_{i}", **same)(x)
            x = layers.Dense(units, self.activation, name=f"hidden_{i}", **same)(x)
        wide = score_dtype(self.compute_dtype)
        x = layers.Dense(1, use_bias=False, dtype=wide, name="output_weights")(x)
        return keras.Model(first, x[..., 0], name="g")

    def call(
        self,
        user: TowerOutput,
        item: TowerOutput,
        catalogue: bool = False,
        training: bool | None = None,
    ) -> Any:
        """Returns scores of `n` items for each user, or of the whole catalogue.

        Args:
            user: output of `batch` users: `[batch, ...]`.
            item: output of `n` items for each user, `[batch, n, ...]`; with
                `catalogue`, of the same `n` items for all users, `[n, ...]`.
            catalogue: whether the items are the same for all users: one matmul.
            training: whether dropout is active in `g`.

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
        """The sum of dot product, biases and `g`, as far as the model has them."""
        if catalogue and "factors" in user:
            p, q = self.vectors(user, item)
            score = ops.matmul(p, ops.transpose(q))
        else:
            score = self._one_by_one(user, item)
        if "hidden" not in user:
            return score
        of_user, of_item = (
            ops.cast(output["hidden"], self.compute_dtype) for output in (user, item)
        )
        size = [*of_user.shape, of_item.shape[0]]
        num_blocks = 1
        if catalogue and None not in size:
            num_blocks = math.ceil(math.prod(size) / self.hidden_block)
        if num_blocks > 1:
            return score + self._g_in_blocks(of_user, of_item, num_blocks, training)
        hidden = of_user[:, None] + of_item  # [batch, n, units]
        return score + self.g(hidden, training=training)

    def _one_by_one(self, user: TowerOutput, item: TowerOutput) -> Any:
        """`<p, q>` and biases, each user with items of their own: `[batch, n]`."""
        score = 0.0
        if "factors" in user:
            p, q = self._widened(user["factors"]), self._widened(item["factors"])
            score = ops.einsum("bd,bnd->bn", p, q)
        if "bias" in user:
            score = score + self._widened(user["bias"])[:, None]
        if "bias" in item:
            score = score + self._widened(item["bias"])
        return score + self.global_bias if self.use_bias else score

    def _widened(self, part: Any) -> Any:
        """Casts part of a tower's output to the dtype of this model's scores."""
        return ops.cast(part, score_dtype(self.compute_dtype))

    def is_dot_product(self, user: Collection[str]) -> bool:
        """Returns whether scores are the inner products of `vectors`.

        Args:
            user: the names in a user's output.
        """
        return "factors" in user and "hidden" not in user and self.y_range is None

    def vectors(self, user: TowerOutput, item: TowerOutput) -> tuple[Any, Any]:
        """Returns vectors whose inner products are `<p, q>` plus all biases.

        They are `[p, b_u + b, 1]` of `batch` users and `[q, 1, b_i]` of `n` items,
        without the columns of biases that the model does not have.
        """
        return self.user_vectors(user, item), self.item_vectors(item, user)

    def user_vectors(self, user: TowerOutput, item: Collection[str]) -> Any:
        """Returns the users' side of `vectors`; of `item` the names are enough."""
        p = [self._widened(user["factors"])]
        if "bias" in user or self.use_bias:
            has_bias = "bias" in user
            bias = (
                self._widened(user["bias"]) if has_bias else ops.zeros_like(p[0][:, 0])
            )
            bias = bias + self.global_bias if self.use_bias else bias
            p.append(bias[:, None])
        if "bias" in item:
            p.append(ops.ones_like(p[0][:, :1]))
        return ops.concatenate(p, axis=1)

    def item_vectors(self, item: TowerOutput, user: Collection[str]) -> Any:
        """Returns the items' side of `vectors`; of `user` the names are enough."""
        q = [self._widened(item["factors"])]
        if "bias" in user or self.use_bias:
            q.append(ops.ones_like(q[0][:, :1]))
        if "bias" in item:
            q.append(self._widened(item["bias"])[:, None])
        return ops.concatenate(q, axis=1)

    def _g_in_blocks(
        self, user: Any, item: Any, num_blocks: int, training: bool | None
    ) -> Any:
        """`g` of all users `[batch, units]` and items `[n, units]`: `[batch, n]`."""
        num_items, units = item.shape
        size = math.ceil(num_items / num_blocks)
        item = ops.pad(item, [[0, num_blocks * size - num_items], [0, 0]])
        # keras.remat needs the weights as arguments of the function.
        weights = [ops.convert_to_tensor(w) for w in self.g.trainable_variables]
        state = [ops.copy(w) for w in self.g.non_trainable_variables]

        def of_block(number: Any, user: Any, block: Any, *weights: Any) -> Any:
            # Each block has other dropout seeds, and the same frozen weights.
            is_float = keras.backend.is_float_dtype
            held = [
                w if is_float(w.dtype) else w + ops.cast(number, w.dtype) for w in state
            ]
            hidden = user[:, None] + block
            called = self.g.stateless_call(weights, held, hidden, training=training)
            return called[0]

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
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "hidden_units": self.hidden_units,
            "activation": self.activation,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "y_range": self.y_range,
            "hidden_block": self.hidden_block,
        }
