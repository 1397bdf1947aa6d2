"""A recurrent network over a history."""

from functools import partial
from typing import Any

import keras
from keras import layers, ops

from tfrecs._base.checks import check_positive
from tfrecs._base.indices import PADDING
from tfrecs.models.history_parts import history_towers
from tfrecs.models.history_towers import HistoryTowers
from tfrecs.models.layers import Dropout


def build_gru(
    num_items: int,
    *,
    embedding_dim: int = 64,
    units: int = 64,
    max_length: int = 50,
    dropout: float = 0.2,
    init_std: float = 0.1,
    use_bias: bool = True,
    cosine: bool = True,
    temperature: float | None = None,
    item_features: Any = None,
    num_users: int | None = None,
    user_features: Any = None,
    name: str = "gru",
) -> HistoryTowers:
    """Builds a model whose user is the state of a GRU after the last items.

    Formula:
        score = <p, q_i> + b_i, with p = W h + c + e_u, and h the state after the
        vectors of the history

    Args:
        units: length of h.
        dropout: share of each item vector and of h dropped in training.

    For other arguments, returns and errors see `build_history_mean`.

    References:
        Hidasi et al. 2016, "Session-based Recommendations with Recurrent Neural
        Networks" (GRU4Rec), sec. 3.1.
    """
    check_positive(units=units)
    return history_towers(
        partial(_encode, units=units, dropout=dropout),
        num_items,
        embedding_dim=embedding_dim,
        max_length=max_length,
        dropout=dropout,
        init_std=init_std,
        use_bias=use_bias,
        cosine=cosine,
        temperature=temperature,
        item_features=item_features,
        num_users=num_users,
        user_features=user_features,
        name=name,
    )


def _encode(history: Any, items: Any, *, units: int, dropout: float) -> Any:
    """Returns the user after each item: `items`' shape."""
    vectors = Dropout(dropout, name="item_dropout")(items)
    is_item = ops.expand_dims(ops.cast(history > PADDING, items.dtype), -1)
    states = layers.RNN(RestartingGRUCell(units), return_sequences=True, name="gru")(
        ops.concatenate([vectors, is_item], axis=-1)
    )
    states = Dropout(dropout, name="state_dropout")(states)
    return layers.Dense(items.shape[-1], name="output")(states)


@keras.saving.register_keras_serializable("tfrecs")
class RestartingGRUCell(layers.GRUCell):
    """A GRU cell that forgets everything where the last column of its input is 0."""

    def build(self, input_shape: Any) -> None:
        """Creates the weights, of all columns but the last."""
        super().build((*input_shape[:-1], input_shape[-1] - 1))

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        """Returns the state `[batch, units]`, and again in a list."""
        state, _ = super().call(inputs[:, :-1], states, training=training)
        state = state * inputs[:, -1:]
        return state, [state]
