"""A causal transformer over a history."""

from functools import partial
from typing import Any

from keras import layers, ops

from tfrecs._base.checks import check_positive
from tfrecs.models.history_parts import Seen, history_towers
from tfrecs.models.history_towers import HistoryTowers
from tfrecs.models.layers import Dropout


def build_sasrec(
    num_items: int,
    *,
    embedding_dim: int = 128,
    num_blocks: int = 1,
    num_heads: int = 1,
    max_length: int = 50,
    dropout: float = 0.3,
    init_std: float = 0.1,
    use_bias: bool = True,
    cosine: bool = True,
    temperature: float | None = 0.1,
    item_features: Any = None,
    num_users: int | None = None,
    user_features: Any = None,
    name: str = "sasrec",
) -> HistoryTowers:
    """Builds a model whose user is the output of a transformer after the last items.

    Formula:
        score = <p, q_i> + b_i, with p = e_u plus the last position's x: x = q_j +
        position, then in each block x += attention(norm(x)), over the positions up to
        its own, and x += W relu(V norm(x)); a norm after the last block

    Args:
        num_blocks: blocks of attention and a feed-forward layer.
        num_heads: heads of attention, a divisor of `embedding_dim`.
        dropout: share of x, and of what each layer adds to it, dropped in training.
        temperature: of cosines; None for that of `build_cosine`.

    Positions count from the oldest item. For other arguments, returns and errors see
    `build_history_mean`; it also raises ValueError if `num_heads` does not divide
    `embedding_dim`.

    References:
        Kang and McAuley 2018, "Self-Attentive Sequential Recommendation", sec. 3. Here
        keys and values are normalized too, as in later transformers.
    """
    check_positive(num_blocks=num_blocks, num_heads=num_heads)
    if embedding_dim % num_heads:
        raise ValueError(
            f"`num_heads` must divide embedding_dim={embedding_dim}. Received: "
            f"num_heads={num_heads}"
        )
    return history_towers(
        partial(_encode, num_blocks=num_blocks, num_heads=num_heads, dropout=dropout),
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


def _encode(
    history: Any, items: Any, *, num_blocks: int, num_heads: int, dropout: float
) -> Any:
    """Returns the user after each item: `items`' shape."""
    seen = Seen(name="seen")(history)
    place = ops.sum(ops.cast(seen, "int32"), axis=-1) - 1
    positions = layers.Embedding(*items.shape[1:], name="positions")
    x = Dropout(dropout, name="input_dropout")(items + positions(place))
    for number in range(num_blocks):
        x = _block(x, seen, num_heads, dropout, f"block_{number}")
    return layers.LayerNormalization(epsilon=1e-6, name="output_norm")(x)


def _block(x: Any, seen: Any, num_heads: int, dropout: float, name: str) -> Any:
    """Adds attention and a feed-forward layer to x: `[batch, length, dim]`."""
    dim = x.shape[-1]
    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_attention_norm")(x)
    attend = layers.MultiHeadAttention(
        num_heads, dim // num_heads, name=f"{name}_attention"
    )
    y = attend(y, y, attention_mask=seen)
    x = x + Dropout(dropout, name=f"{name}_attention_dropout")(y)
    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm")(x)
    y = layers.Dense(dim, "relu", name=f"{name}_hidden")(y)
    y = layers.Dense(dim, name=f"{name}_output")(y)
    return x + Dropout(dropout, name=f"{name}_dropout")(y)
