"""The mean of a history's item vectors."""

from typing import Any

import keras
from keras import layers, ops

from tfrecs._base.checks import check_share
from tfrecs.models.history_parts import Seen, history_towers
from tfrecs.models.history_towers import HistoryTowers
from tfrecs.models.layers import Dropout


def build_history_mean(
    num_items: int,
    *,
    embedding_dim: int = 64,
    max_length: int = 50,
    decay: float = 1.0,
    dropout: float = 0.0,
    init_std: float = 0.1,
    use_bias: bool = True,
    cosine: bool = True,
    temperature: float | None = None,
    item_features: Any = None,
    num_users: int | None = None,
    user_features: Any = None,
    name: str = "history_mean",
) -> HistoryTowers:
    """Builds a model whose user is the mean of the vectors of the last items.

    Formula:
        score = <p, q_i> + b_i, with p = sum over the history of decay^age * q_j,
        divided by the sum of decay^age, plus e_u; the latest item has age 0

    Args:
        num_items: item ids are from 0 to `num_items - 1`.
        embedding_dim: length of p and q.
        max_length: items of a history that the model reads, the last ones.
        decay: weight of an item relative to the next, above 0 and at most 1: at 1, the
            order does not count.
        dropout: share of each p dropped in training.
        init_std: standard deviation of q before training. Biases start at 0.
        use_bias: whether items have a bias.
        cosine: whether scores are cosines of p and q, which then have one length.
        temperature: of cosines; as of `build_cosine`.
        item_features: features of items, as of `build_hybrid`: q is the sum of a vector
            of the item and one of its features. Both towers read them.
        num_users: number of users with a vector e_u beside the history: an input
            "user_id", in which unknown users are -1. None for no such vectors.
        user_features: features of users, as of `build_hybrid`, for an e_u of their
            features, or the sum of both. Before training e_u is 0.
        name: the model's name.

    Returns:
        A model from `{"history", "item_id"}` to logits; see
        `tfrecs.models.history_towers`.

    Raises:
        ValueError: if a size is below 1, `dropout` is not in [0, 1), `decay` is not in
            (0, 1], or features have a wrong shape.

    References:
        Kabbur, Ning and Karypis 2013, "FISM"; Covington, Adams and Sargin 2016, "Deep
        Neural Networks for YouTube Recommendations", sec. 3.
    """
    check_share(decay=decay)

    def encode(history: Any, items: Any) -> Any:
        p = MeanOfSeen(decay, name="mean")(items, Seen(name="seen")(history))
        return Dropout(dropout, name="dropout")(p)

    return history_towers(
        encode,
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


@keras.saving.register_keras_serializable("tfrecs")
class MeanOfSeen(layers.Layer):
    """Averages the vectors that each position sees, weighted by decay^age.

    Args:
        decay: weight of a vector relative to the next one, in (0, 1].
    """

    def __init__(self, decay: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decay = decay

    def call(self, vectors: Any, seen: Any) -> Any:
        """Returns means `[batch, length, dim]` of vectors of the same shape."""
        place = ops.arange(vectors.shape[1], dtype=vectors.dtype)
        age = ops.maximum(place[:, None] - place, 0)
        weights = ops.cast(seen, vectors.dtype) * self.decay**age
        return ops.matmul(weights / ops.sum(weights, axis=-1, keepdims=True), vectors)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "decay": self.decay}
