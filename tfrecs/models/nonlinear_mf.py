"""Matrix factorization with Dense layers before the dot product."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from keras import layers

from tfrecs._base.checks import check_fraction
from tfrecs.models.interaction import Interaction, TowerOutput
from tfrecs.models.layers import Dropout
from tfrecs.models.towers import (
    Ids,
    check_hidden,
    check_sizes,
    embed,
    embed_bias,
    id_inputs,
    two_towers,
)
from tfrecs.models.two_tower import TwoTower


def build_nonlinear_mf(
    num_users: int,
    num_items: int,
    *,
    embedding_dim: int = 64,
    user_hidden_units: Sequence[int] = (48, 32),
    item_hidden_units: Sequence[int] = (48, 32),
    dropout: float = 0.0,
    hidden_dropout: float = 0.0,
    init_std: float = 0.1,
    l2: float = 0.0,
    y_range: tuple[float, float] | None = None,
    name: str = "nonlinear_mf",
) -> TwoTower:
    """Builds matrix factorization with Dense layers in each tower.

    Towers may differ in depth. The scores are still dot products, so that a vector
    index can serve them.

    Formula:
        p_u = W_2 relu(W_1 x_u + c_1) + c_2, q_i likewise with weights of its own;
        score = <p_u, q_i> + b_u + b_i + b

    Args:
        embedding_dim: length of the embeddings x_u and x_i.
        user_hidden_units: sizes of the user tower's layers, with relu after each but
            the last, which is p.
        item_hidden_units: the same for items and q; the last one is as long as p.
        dropout: share of each of x_u and x_i dropped in training.
        hidden_dropout: share of each layer after a relu dropped in training.

    For other arguments, returns and errors see `build_mf`; it also raises
    ValueError if a tower has no layer, or the last layers differ in size.

    References:
        Huang et al. 2013, "Learning Deep Structured Semantic Models for Web Search
        using Clickthrough Data", for towers that end in a product; theirs is the
        cosine, with tanh in the layers.
    """
    check_sizes(num_users, num_items, dropout=dropout, embedding_dim=embedding_dim)
    check_fraction(hidden_dropout=hidden_dropout)
    units = {"user": user_hidden_units, "item": item_hidden_units}
    check_hidden(**{f"{side}_hidden_units": given for side, given in units.items()})
    if user_hidden_units[-1] != item_hidden_units[-1]:
        raise ValueError(
            "`user_hidden_units` and `item_hidden_units` must end in the same size, "
            "that of p and q. Received: "
            f"{user_hidden_units[-1]} and {item_hidden_units[-1]}"
        )

    table = partial(embed, dim=embedding_dim, std=init_std, dropout=dropout, l2=l2)

    def tower(ids: Ids) -> TowerOutput:
        rows = table(ids, name=f"{ids.side}_embedding")
        factors = _dense(ids, rows, units[ids.side], hidden_dropout)
        return {"factors": factors, "bias": embed_bias(ids)}

    sides = id_inputs(num_users, num_items)
    return two_towers(sides, map(tower, sides), Interaction(y_range=y_range), name=name)


def _dense(ids: Ids, rows: Any, hidden_units: Sequence[int], dropout: float) -> Any:
    """Adds layers over embeddings, the last one linear."""
    x = rows
    for number, units in enumerate(hidden_units[:-1]):
        name = f"{ids.side}_hidden_{number}"
        x = layers.Dense(int(units), "relu", name=name)(x)
        if dropout:
            x = Dropout(dropout, name=f"{name}_dropout")(x)
    return layers.Dense(int(hidden_units[-1]), name=f"{ids.side}_factors")(x)
