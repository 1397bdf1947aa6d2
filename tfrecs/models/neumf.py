"""GMF and an MLP side by side."""

from collections.abc import Sequence
from functools import partial

from tfrecs.models.gmf import weigh
from tfrecs.models.interaction import Interaction, TowerOutput
from tfrecs.models.mlp import first_layer
from tfrecs.models.towers import (
    Ids,
    check_hidden,
    check_sizes,
    embed,
    id_inputs,
    two_towers,
)
from tfrecs.models.two_tower import TwoTower


def build_neumf(
    num_users: int,
    num_items: int,
    *,
    embedding_dim: int = 64,
    mlp_embedding_dim: int = 32,
    hidden_units: Sequence[int] = (32, 16, 8),
    dropout: float = 0.0,
    init_std: float = 0.01,
    l2: float = 0.0,
    y_range: tuple[float, float] | None = None,
    name: str = "neumf",
) -> TwoTower:
    """Builds NeuMF, the sum of a GMF and an MLP over embeddings of their own.

    `tfrecs.models.warm_start.pretrain` starts it from a trained GMF and a trained MLP.

    Formula:
        score = <p_u, w * q_i> + v . relu(... relu(W_u x_u + W_i x_i + c) ...) + b

    Args:
        embedding_dim: length of GMF's p, q and w, which starts at 1.
        mlp_embedding_dim: length of the MLP's x_u and x_i.

    For other arguments, returns and errors see `build_mlp`.

    References:
        He et al. 2017, "Neural Collaborative Filtering", eq. 12.
    """
    sizes = {"embedding_dim": embedding_dim, "mlp_embedding_dim": mlp_embedding_dim}
    check_sizes(num_users, num_items, dropout=dropout, **sizes)
    check_hidden(hidden_units=hidden_units)
    first, *rest = hidden_units
    rows = partial(embed, std=init_std, dropout=dropout, l2=l2)

    def tower(ids: Ids) -> TowerOutput:
        factors = rows(ids, embedding_dim, name=f"gmf_{ids.side}")
        of_mlp = rows(ids, mlp_embedding_dim, name=f"mlp_{ids.side}")
        return {
            "factors": weigh(factors) if ids.side == "item" else factors,
            "hidden": first_layer(ids, of_mlp, first),
        }

    sides = id_inputs(num_users, num_items)
    interaction = Interaction(rest, dropout=dropout, y_range=y_range)
    return two_towers(sides, map(tower, sides), interaction, name=name)
