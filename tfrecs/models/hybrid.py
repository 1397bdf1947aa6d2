"""Matrix factorization whose towers also read features."""

from collections.abc import Sequence
from typing import Any

from tfrecs._base.checks import check_positive
from tfrecs.models.interaction import Interaction, TowerOutput
from tfrecs.models.layers import Dropout
from tfrecs.models.towers import (
    Ids,
    check_sizes,
    embed,
    embed_bias,
    id_inputs,
    over_features,
    two_towers,
)
from tfrecs.models.two_tower import TwoTower


def build_hybrid(
    num_users: int,
    num_items: int,
    *,
    user_features: Any = None,
    item_features: Any = None,
    embedding_dim: int = 64,
    feature_units: Sequence[int] = (),
    dropout: float = 0.0,
    init_std: float = 0.1,
    l2: float = 0.0,
    y_range: tuple[float, float] | None = None,
    name: str = "hybrid",
) -> TwoTower:
    """Builds matrix factorization with features in one tower or both.

    A tower adds a vector and a bias from the features to the id's own. The layers
    over the features end in a kernel of zeros: before training the model equals matrix
    factorization. `tfrecs.models.cold_start` scores users and items without an id.

    Formula:
        p_u = e_u + M(x_u), q_i = e_i + M'(x_i), biases likewise;
        score = <p_u, q_i> + b_u + b_i + b

    Args:
        user_features: dense `[num_users, f]`, scipy sparse `[num_users, f]`, or
            categories `[num_users]` int from 0; None if items alone have features.
        item_features: the same for items.
        feature_units: sizes of hidden layers (relu) between the features and their
            contribution; none by default, which makes it linear.
        init_std: standard deviation of e before training. Biases start at 0.

    For other arguments, returns and errors see `build_mf`; it also raises
    ValueError if there are no features, or their shape is wrong.

    References:
        Kula 2015, "Metadata Embeddings for User and Item Cold-start Recommendations",
        eq. 1, where ids are features like others.
    """
    check_sizes(num_users, num_items, dropout=dropout, embedding_dim=embedding_dim)
    for units in feature_units:
        check_positive(feature_units=units)
    features = {"user": user_features, "item": item_features}
    if user_features is None and item_features is None:
        raise ValueError(
            "A hybrid needs `user_features`, `item_features` or both. Received: "
            "neither. Without features use build_mf."
        )

    def tower(ids: Ids) -> TowerOutput:
        factors = embed(ids, embedding_dim, std=init_std, l2=l2)
        bias = embed_bias(ids)
        if features[ids.side] is not None:
            units = (*feature_units, embedding_dim + 1)  # the last one for the bias
            more = over_features(ids, features[ids.side], units)
            factors, bias = factors + more[..., :-1], bias + more[..., -1]
        return {"factors": factors, "bias": bias}

    sides = id_inputs(num_users, num_items)
    outputs = [tower(ids) for ids in sides]
    for ids, output in zip(sides, outputs, strict=True):
        drop = Dropout(dropout, name=f"{ids.side}_dropout")
        output["factors"] = drop(output["factors"])
    return two_towers(sides, outputs, Interaction(y_range=y_range), name=name)
