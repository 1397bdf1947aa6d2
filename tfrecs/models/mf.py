"""Matrix factorization with biases."""

from tfrecs.models.interaction import Interaction, TowerOutput
from tfrecs.models.towers import (
    Ids,
    check_sizes,
    embed,
    embed_bias,
    id_inputs,
    two_towers,
)
from tfrecs.models.two_tower import TwoTower


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
            Spotlight's is 1 / embedding_dim, and Collie's 1 / (2.5 * embedding_dim).
        l2: penalty on the embedding rows that a batch looks up; see
            `tfrecs.models.layers.Embedding`.
        use_bias: whether the score has biases: all that are in the formula, or none.
        y_range: the lowest and the highest score, for models of ratings; see
            `tfrecs.models.interaction.Interaction`. None for logits.
        name: the model's name.

    Returns:
        A model from `{"user_id", "item_id"}` to logits, or to scores within `y_range`.
        Tables of user and item biases are the layers `user_bias` and `item_bias`, for
        `tfrecs.optimizers.separate_bias_optimizer`. What a model reads beside the ids,
        such as features, is part of the model.

    Raises:
        ValueError: if a size is below 1, `dropout` is not in [0, 1), or `y_range` is
            not two finite numbers, the lower first.

    References:
        Koren, Bell and Volinsky 2009, "Matrix Factorization Techniques for Recommender
        Systems", eq. 4; Rendle et al. 2020, "Neural Collaborative Filtering vs. Matrix
        Factorization Revisited", for `init_std`.
    """
    check_sizes(num_users, num_items, dropout=dropout, embedding_dim=embedding_dim)

    def tower(ids: Ids) -> TowerOutput:
        rows = embed(ids, embedding_dim, std=init_std, dropout=dropout, l2=l2)
        bias = {"bias": embed_bias(ids)} if use_bias else {}
        return {"factors": rows, **bias}

    sides = id_inputs(num_users, num_items)
    interaction = Interaction(use_bias=use_bias, y_range=y_range)
    return two_towers(sides, map(tower, sides), interaction, name=name)
