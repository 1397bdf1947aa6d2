"""A multi-layer perceptron over the user's and the item's embeddings."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from keras import layers

from tfrecs.models.interaction import Interaction, TowerOutput
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


def build_mlp(
    num_users: int,
    num_items: int,
    *,
    embedding_dim: int = 32,
    hidden_units: Sequence[int] = (32, 16, 8),
    dropout: float = 0.0,
    init_std: float = 0.01,
    l2: float = 0.0,
    y_range: tuple[float, float] | None = None,
    name: str = "mlp",
) -> TwoTower:
    """Builds the MLP of neural collaborative filtering.

    Formula:
        score = v . relu(... relu(W_u x_u + W_i x_i + c) ...) + b

    Args:
        embedding_dim: length of the embeddings x_u and x_i.
        hidden_units: sizes of the hidden layers, the first (W_u and W_i) included.
        dropout: share of the embeddings, and of each hidden layer, dropped in training.

    For other arguments, returns and errors see `build_mf`; it also raises
    ValueError if there is no hidden layer.

    References:
        He et al. 2017, "Neural Collaborative Filtering", eq. 10.
    """
    check_sizes(num_users, num_items, dropout=dropout, embedding_dim=embedding_dim)
    check_hidden(hidden_units=hidden_units)
    first, *rest = hidden_units
    rows = partial(embed, dim=embedding_dim, std=init_std, dropout=dropout, l2=l2)

    def tower(ids: Ids) -> TowerOutput:
        return {"hidden": first_layer(ids, rows(ids, name=f"mlp_{ids.side}"), first)}

    sides = id_inputs(num_users, num_items)
    interaction = Interaction(rest, dropout=dropout, y_range=y_range)
    return two_towers(sides, map(tower, sides), interaction, name=name)


def build_mlp_mf(
    num_users: int,
    num_items: int,
    *,
    embedding_dim: int = 32,
    hidden_units: Sequence[int] = (32, 16, 8),
    dropout: float = 0.0,
    init_std: float = 0.01,
    l2: float = 0.0,
    y_range: tuple[float, float] | None = None,
    name: str = "mlp_mf",
) -> TwoTower:
    """Builds matrix factorization with an MLP in place of the dot product.

    It is `build_mlp`, with its arguments, and user and item biases, so that the MLP
    need not learn popularity. No activation comes between the MLP and the biases.

    Formula:
        score = v . relu(... relu(W_u x_u + W_i x_i + c) ...) + b_u + b_i + b

    References:
        He et al. 2017, "Neural Collaborative Filtering", eq. 10, for the MLP; Koren,
        Bell and Volinsky 2009, "Matrix Factorization Techniques for Recommender
        Systems", eq. 3, for the biases.
    """
    check_sizes(num_users, num_items, dropout=dropout, embedding_dim=embedding_dim)
    check_hidden(hidden_units=hidden_units)
    first, *rest = hidden_units
    rows = partial(embed, dim=embedding_dim, std=init_std, dropout=dropout, l2=l2)

    def tower(ids: Ids) -> TowerOutput:
        hidden = first_layer(ids, rows(ids, name=f"mlp_{ids.side}"), first)
        return {"hidden": hidden, "bias": embed_bias(ids)}

    sides = id_inputs(num_users, num_items)
    interaction = Interaction(rest, dropout=dropout, y_range=y_range)
    return two_towers(sides, map(tower, sides), interaction, name=name)


def first_layer(ids: Ids, embedding: Any, units: int) -> Any:
    """A side's half of the MLP's first layer: W_u x_u, or W_i x_i + c of items."""
    has_bias = ids.side == "item"
    name = f"{ids.side}_hidden"
    return layers.Dense(int(units), use_bias=has_bias, name=name)(embedding)
