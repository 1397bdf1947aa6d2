"""A factorization machine and an MLP over the same embeddings."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
from keras import ops

from tfrecs.models.layers import Dropout, FeatureDense
from tfrecs.models.mlp import check_mlp, item_hidden, user_hidden
from tfrecs.models.towers import embed, embed_bias, item_input, user_input
from tfrecs.models.two_tower import Interaction, TwoTower


def build_deepfm(
    num_users: int,
    num_items: int,
    *,
    user_features: Any = None,
    item_features: Any = None,
    embedding_dim: int = 64,
    hidden_units: Sequence[int] = (32, 16, 8),
    dropout: float = 0.0,
    init_std: float = 0.01,
    l2: float = 0.0,
    name: str = "deepfm",
) -> TwoTower:
    """Builds DeepFM over two to four fields: the ids, and the features of a side.

    A field is a weight and a vector: of an id, its row; of features, the sum of their
    rows, each times its value, zeros before training. Pairs of fields of the same side
    belong to its bias, and pairs across sides are one dot product. With the two ids
    alone the FM term is <v_u, v_i>, half of (v_u + v_i)^2 - v_u^2 - v_i^2.

    Formula:
        score = b + sum of w_f + sum over pairs of <v_f, v_g>
        + v . relu(... relu(W [v_1; v_2; ...] + c) ...)

    Args:
        num_users: user ids are from 0 to `num_users - 1`.
        num_items: item ids are from 0 to `num_items - 1`.
        user_features: dense `[num_users, f]`, scipy sparse `[num_users, f]`, or
            categories `[num_users]` int from 0; None for none.
        item_features: the same of items.
        embedding_dim: length of every field's vector.
        hidden_units: sizes of the MLP's layers, the first (W) included.
        dropout: share of each field's vector, and of each hidden layer, dropped in
            training.
        init_std: standard deviation of the ids' vectors before training. Weights start
            at 0.
        l2: penalty on the ids' rows that a batch looks up; see
            `tfrecs.models.layers.Embedding`.
        name: the model's name.

    Returns:
        A model from `{"user_id", "item_id"}` to logits; the features are inside. The
        ids' weights w are the layers `user_bias` and `item_bias`.

    Raises:
        ValueError: if a size is below 1, there is no hidden layer, `dropout` is not in
            [0, 1), or the shape of features is wrong.

    References:
        Guo et al. 2017, "DeepFM: A Factorization-Machine based Neural Network for CTR
        Prediction", eq. 1 to 4. Features of the same field have no pairs here.
    """
    check_mlp(num_users, num_items, embedding_dim, hidden_units, dropout)
    first, *rest = hidden_units

    fields = partial(_fields, dim=embedding_dim, std=init_std, dropout=dropout, l2=l2)

    user_id = user_input()
    vectors, bias = fields(user_id, num_users, user_features, "user")
    user = {
        "factors": sum(vectors[1:], vectors[0]),
        "bias": bias,
        "hidden": user_hidden(ops.concatenate(vectors, axis=-1), first),
    }

    item_id = item_input()
    vectors, bias = fields(item_id, num_items, item_features, "item")
    item = {
        "factors": sum(vectors[1:], vectors[0]),
        "bias": bias,
        "hidden": item_hidden(ops.concatenate(vectors, axis=-1), first),
    }

    return TwoTower(
        keras.Model(user_id, user, name="user_tower"),
        keras.Model(item_id, item, name="item_tower"),
        Interaction(rest, dropout=dropout),
        num_users=num_users,
        num_items=num_items,
        name=name,
    )


def _fields(
    ids: Any,
    size: int,
    features: Any,
    side: str,
    *,
    dim: int,
    std: float,
    dropout: float,
    l2: float,
) -> tuple[list[Any], Any]:
    """Vectors of a side's fields, and its bias: their weights and their pair."""
    of_id = embed(
        ids, size, dim, std=std, dropout=dropout, l2=l2, name=f"{side}_factors"
    )
    bias = embed_bias(ids, size, name=f"{side}_bias")
    if features is None:
        return [of_id], bias
    looked_up = FeatureDense.over(
        features,
        dim + 1,  # the last one is the weight
        num_rows=size,
        name=f"{side}_features",
        kernel_initializer="zeros",
    )(ids)
    of_features = Dropout(dropout, name=f"{side}_features_dropout")(looked_up[..., :-1])
    pair = ops.sum(of_id * of_features, axis=-1)
    return [of_id, of_features], bias + looked_up[..., -1] + pair
