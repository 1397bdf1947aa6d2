"""A factorization machine and an MLP over the same embeddings."""

from collections.abc import Sequence
from typing import Any

from keras import ops

from tfrecs.models.interaction import Interaction, TowerOutput
from tfrecs.models.layers import Dropout, FeatureDense
from tfrecs.models.mlp import first_layer
from tfrecs.models.towers import (
    Ids,
    check_hidden,
    check_sizes,
    embed,
    embed_bias,
    id_inputs,
    inner_product,
    two_towers,
)
from tfrecs.models.two_tower import TwoTower


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
    y_range: tuple[float, float] | None = None,
    name: str = "deepfm",
) -> TwoTower:
    """Builds DeepFM over two to four fields: the ids, and the features of a side.

    A field has a weight and a vector: of an id, its row; of features, the sum of their
    rows, each times its value, zeros before training. Pairs of fields of the same side
    are part of its bias, and pairs across sides are one dot product. With the two ids
    alone the FM term is <v_u, v_i>, half of (v_u + v_i)^2 - v_u^2 - v_i^2.

    Formula:
        score = b + sum of w_f + sum over pairs of <v_f, v_g>
        + v . relu(... relu(W [v_1; v_2; ...] + c) ...)

    Args:
        user_features: as for `build_hybrid`, or None.
        item_features: the same for items.
        embedding_dim: length of every field's vector.
        hidden_units: sizes of the MLP's layers, the first (W) included.
        dropout: share of each field's vector, and of each hidden layer, dropped in
            training.
        l2: penalty on the ids' rows that a batch looks up.

    For other arguments, returns and errors see `build_mlp`. The ids' weights w are
    the layers `user_bias` and `item_bias`.

    References:
        Guo et al. 2017, "DeepFM: A Factorization-Machine based Neural Network for CTR
        Prediction", eq. 1 to 4. Features of the same field have no pairs here.
    """
    check_sizes(num_users, num_items, dropout=dropout, embedding_dim=embedding_dim)
    check_hidden(hidden_units=hidden_units)
    features = {"user": user_features, "item": item_features}
    first, *rest = hidden_units

    def tower(ids: Ids) -> TowerOutput:
        of_id = embed(ids, embedding_dim, std=init_std, dropout=dropout, l2=l2)
        vectors, bias = [of_id], embed_bias(ids)
        given = features[ids.side]
        if given is not None:
            of_features, weight = _field(ids, given, embedding_dim, dropout)
            pair = inner_product(of_id, of_features)
            vectors, bias = [of_id, of_features], bias + weight + pair
        hidden = first_layer(ids, ops.concatenate(vectors, axis=-1), first)
        return {
            "factors": sum(vectors[1:], vectors[0]),
            "bias": bias,
            "hidden": hidden,
        }

    sides = id_inputs(num_users, num_items)
    interaction = Interaction(rest, dropout=dropout, y_range=y_range)
    return two_towers(sides, map(tower, sides), interaction, name=name)


def _field(ids: Ids, features: Any, dim: int, dropout: float) -> tuple[Any, Any]:
    """Returns the vector and the weight of a side's features."""
    looked_up = FeatureDense.over(
        features,
        dim + 1,  # the last one is the weight
        num_rows=ids.size,
        name=f"{ids.side}_features",
        kernel_initializer="zeros",
    )(ids.ids)
    drop = Dropout(dropout, name=f"{ids.side}_features_dropout")
    return drop(looked_up[..., :-1]), looked_up[..., -1]
