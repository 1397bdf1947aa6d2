"""Matrix factorization with biases."""

from functools import partial

import keras

from tfrecs._base.checks import check_fraction, check_positive
from tfrecs.models.towers import embed, embed_bias, item_input, user_input
from tfrecs.models.two_tower import Interaction, TwoTower


def build_mf(
    num_users: int,
    num_items: int,
    *,
    embedding_dim: int = 64,
    dropout: float = 0.0,
    init_std: float = 0.1,
    l2: float = 0.0,
    use_bias: bool = True,
    y_range: tuple[float, float] | None = None,
    name: str = "mf",
) -> TwoTower:
    """Builds matrix factorization with global, user and item biases.

    Formula:
        score = <p_u, q_i> + b_u + b_i + b

    Args:
        num_users: user ids are from 0 to `num_users - 1`.
        num_items: item ids are from 0 to `num_items - 1`.
        embedding_dim: length of p and q.
        dropout: share of each of p and q dropped in training.
        init_std: standard deviation of p and q before training. Biases start at 0.
            A start that shrinks with the length is one to give: 1 / embedding_dim is
            Spotlight's, and 1 / (2.5 * embedding_dim) Collie's.
        l2: penalty on the embedding rows that a batch looks up; see
            `tfrecs.models.layers.Embedding`.
        use_bias: whether there are the three biases. Without, popularity has to be in
            the vectors, and the score is <p_u, q_i> alone.
        y_range: the lowest and the highest score, for models of ratings; see
            `tfrecs.models.two_tower.Interaction`. None for logits.
        name: the model's name.

    Returns:
        A model from `{"user_id", "item_id"}` to logits. Its bias tables are the layers
        `user_bias` and `item_bias`, for `tfrecs.optimizers.separate_bias_optimizer`.

    Raises:
        ValueError: if a size is below 1, `dropout` is not in [0, 1), or `y_range` does
            not rise.

    References:
        Koren, Bell and Volinsky 2009, "Matrix Factorization Techniques for Recommender
        Systems", eq. 4; Rendle et al. 2020, "Neural Collaborative Filtering vs. Matrix
        Factorization Revisited", for `init_std`.
    """
    check_positive(
        num_users=num_users, num_items=num_items, embedding_dim=embedding_dim
    )
    check_fraction(dropout=dropout)
    factors = partial(embed, dim=embedding_dim, std=init_std, dropout=dropout, l2=l2)

    user_id = user_input()
    user = {"factors": factors(user_id, num_users, name="user_factors")}
    if use_bias:
        user["bias"] = embed_bias(user_id, num_users, name="user_bias")

    item_id = item_input()
    item = {"factors": factors(item_id, num_items, name="item_factors")}
    if use_bias:
        item["bias"] = embed_bias(item_id, num_items, name="item_bias")

    return TwoTower(
        keras.Model(user_id, user, name="user_tower"),
        keras.Model(item_id, item, name="item_tower"),
        Interaction(use_bias=use_bias, y_range=y_range),
        num_users=num_users,
        num_items=num_items,
        name=name,
    )
