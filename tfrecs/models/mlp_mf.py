"""A multi-layer perceptron over the two embeddings, with user and item biases."""

from collections.abc import Sequence
from functools import partial

import keras

from tfrecs.models.mlp import check_mlp, item_hidden, user_hidden
from tfrecs.models.towers import embed, embed_bias, item_input, user_input
from tfrecs.models.two_tower import Interaction, TwoTower


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

    It is the MLP of `build_mlp` with biases, which spare it the learning of popularity.
    Nothing squashes the MLP's output before the biases are added.

    Formula:
        score = v . relu(... relu(W_u x_u + W_i x_i + c) ...) + b_u + b_i + b

    Args:
        num_users: user ids are from 0 to `num_users - 1`.
        num_items: item ids are from 0 to `num_items - 1`.
        embedding_dim: length of the embeddings x_u and x_i.
        hidden_units: sizes of the hidden layers, the first (W_u and W_i) included.
        dropout: share of the embeddings, and of each hidden layer, dropped in training.
        init_std: standard deviation of the embeddings before training. Biases start at
            0.
        l2: penalty on the embedding rows that a batch looks up; see
            `tfrecs.models.layers.Embedding`.
        y_range: the lowest and the highest score, for models of ratings; see
            `tfrecs.models.two_tower.Interaction`. None for logits.
        name: the model's name.

    Returns:
        A model from `{"user_id", "item_id"}` to logits. Its bias tables are the layers
        `user_bias` and `item_bias`.

    Raises:
        ValueError: if a size is below 1, there is no hidden layer, `dropout` is not in
            [0, 1), or `y_range` does not rise.

    References:
        He et al. 2017, "Neural Collaborative Filtering", eq. 10, for the MLP; Koren,
        Bell and Volinsky 2009, "Matrix Factorization Techniques for Recommender
        Systems", eq. 3, for the biases.
    """
    check_mlp(num_users, num_items, embedding_dim, hidden_units, dropout)
    first, *rest = hidden_units
    rows = partial(embed, dim=embedding_dim, std=init_std, dropout=dropout, l2=l2)

    user_id = user_input()
    user = {
        "hidden": user_hidden(rows(user_id, num_users, name="mlp_user"), first),
        "bias": embed_bias(user_id, num_users, name="user_bias"),
    }

    item_id = item_input()
    item = {
        "hidden": item_hidden(rows(item_id, num_items, name="mlp_item"), first),
        "bias": embed_bias(item_id, num_items, name="item_bias"),
    }

    return TwoTower(
        keras.Model(user_id, user, name="user_tower"),
        keras.Model(item_id, item, name="item_tower"),
        Interaction(rest, dropout=dropout, y_range=y_range),
        num_users=num_users,
        num_items=num_items,
        name=name,
    )
