"""A causal transformer over a history."""

from typing import Any

from keras import layers, ops

from tfrecs.models.history_towers import (
    HistoryTowers,
    Seen,
    check_history_sizes,
    history_towers,
    item_vectors,
    scale_of,
)
from tfrecs.models.layers import Dropout


def build_sasrec(
    num_items: int,
    *,
    embedding_dim: int = 64,
    num_blocks: int = 2,
    num_heads: int = 1,
    max_length: int = 50,
    dropout: float = 0.2,
    init_std: float = 0.1,
    use_bias: bool = True,
    cosine: bool = True,
    temperature: float | None = None,
    name: str = "sasrec",
) -> HistoryTowers:
    """Builds a model whose user is the output of a transformer after the last items.

    Formula:
        score = <p, q_i> + b_i, with p the last position's x: x = q_j + position, then
        in each block x += attention(norm(x)), over the positions up to its own, and
        x += W relu(V norm(x)); a norm after the last block

    Args:
        num_items: item ids are from 0 to `num_items - 1`.
        embedding_dim: length of p and q.
        num_blocks: blocks of attention and a feed-forward layer.
        num_heads: heads of attention, a divisor of `embedding_dim`.
        max_length: items of a history that the model reads, the last ones.
        dropout: share of x, and of what each layer adds to it, dropped in training.
        init_std: standard deviation of q before training. Biases start at 0.
        use_bias: whether items have a bias.
        cosine: whether scores are cosines of p and q, which then have one length.
        temperature: of cosines; as of `build_cosine`.
        name: the model's name.

    Returns:
        A model from `{"history", "item_id"}` to logits; see
        `tfrecs.models.history_towers`. Positions count from the oldest item.

    Raises:
        ValueError: if a size is below 1, `dropout` is not in [0, 1), or `num_heads`
            does not divide `embedding_dim`.

    References:
        Kang and McAuley 2018, "Self-Attentive Sequential Recommendation", sec. 3. Here
        keys and values are normalized too, as in later transformers.
    """
    check_history_sizes(
        dropout,
        num_items=num_items,
        embedding_dim=embedding_dim,
        num_blocks=num_blocks,
        num_heads=num_heads,
        max_length=max_length,
    )
    if embedding_dim % num_heads:
        raise ValueError(
            f"`num_heads` must divide embedding_dim={embedding_dim}. Received: "
            f"num_heads={num_heads}"
        )
    scale = scale_of(cosine, temperature, num_items)
    sizes = num_items, max_length, embedding_dim
    history, items = item_vectors(
        *sizes, std=init_std, use_bias=use_bias, temperature=scale
    )
    seen = Seen(name="seen")(history)
    place = ops.sum(ops.cast(seen, "int32"), axis=-1) - 1
    positions = layers.Embedding(max_length, embedding_dim, name="positions")
    x = Dropout(dropout, name="input_dropout")(items + positions(place))
    for number in range(num_blocks):
        x = _block(x, seen, num_heads, dropout, f"block_{number}")
    p = layers.LayerNormalization(epsilon=1e-6, name="output_norm")(x)
    return history_towers(history, p, num_items, scale, name)


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
