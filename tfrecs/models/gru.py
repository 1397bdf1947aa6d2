"""A recurrent network over a history."""

from typing import Any

import keras
from keras import layers, ops

from tfrecs._base.indices import PADDING
from tfrecs.models.history_towers import (
    HistoryTowers,
    check_history_sizes,
    history_towers,
    item_vectors,
    scale_of,
)
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
    name: str = "gru",
) -> HistoryTowers:
    """Builds a model whose user is the state of a GRU after the last items.

    Formula:
        score = <p, q_i> + b_i, with p = W h + c, and h the state after the vectors of
        the history

    Args:
        num_items: item ids are from 0 to `num_items - 1`.
        embedding_dim: length of p and q.
        units: length of h.
        max_length: items of a history that the model reads, the last ones.
        dropout: share of each item vector and of h dropped in training.
        init_std: standard deviation of q before training. Biases start at 0.
        use_bias: whether items have a bias.
        cosine: whether scores are cosines of p and q, which then have one length.
        temperature: of cosines; as of `build_cosine`.
        name: the model's name.

    Returns:
        A model from `{"history", "item_id"}` to logits; see
        `tfrecs.models.history_towers`.

    Raises:
        ValueError: if a size is below 1, or `dropout` is not in [0, 1).

    References:
        Hidasi et al. 2016, "Session-based Recommendations with Recurrent Neural
        Networks" (GRU4Rec), sec. 3.1.
    """
    check_history_sizes(
        dropout,
        num_items=num_items,
        embedding_dim=embedding_dim,
        units=units,
        max_length=max_length,
    )
    scale = scale_of(cosine, temperature, num_items)
    sizes = num_items, max_length, embedding_dim
    history, items = item_vectors(
        *sizes, std=init_std, use_bias=use_bias, temperature=scale
    )
    items = Dropout(dropout, name="item_dropout")(items)
    is_item = ops.expand_dims(ops.cast(history > PADDING, items.dtype), -1)
    states = layers.RNN(RestartingGRUCell(units), return_sequences=True, name="gru")(
        ops.concatenate([items, is_item], axis=-1)
    )
    states = Dropout(dropout, name="state_dropout")(states)
    p = layers.Dense(embedding_dim, name="output")(states)
    return history_towers(history, p, num_items, scale, name)


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
