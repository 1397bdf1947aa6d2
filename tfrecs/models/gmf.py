"""Generalized matrix factorization."""

from functools import partial
from typing import Any

from keras import layers

from tfrecs.models.interaction import Interaction, TowerOutput
from tfrecs.models.towers import Ids, check_sizes, embed, id_inputs, two_towers
from tfrecs.models.two_tower import TwoTower


def build_gmf(
    num_users: int,
    num_items: int,
    *,
    embedding_dim: int = 64,
    dropout: float = 0.0,
    init_std: float = 0.01,
    l2: float = 0.0,
    y_range: tuple[float, float] | None = None,
    name: str = "gmf",
) -> TwoTower:
    """Builds GMF: matrix factorization with a weight for each dimension.

    Formula:
        score = w . (p_u * q_i) + b = <p_u, w * q_i> + b

    Args:
        embedding_dim: length of p, q and w, which starts at 1.

    For other arguments, returns and errors see `build_mf`.

    References:
        He et al. 2017, "Neural Collaborative Filtering", eq. 9 (its w starts at
        random).
    """
    check_sizes(num_users, num_items, dropout=dropout, embedding_dim=embedding_dim)

    table = partial(embed, dim=embedding_dim, std=init_std, dropout=dropout, l2=l2)

    def tower(ids: Ids) -> TowerOutput:
        rows = table(ids, name=f"gmf_{ids.side}")
        return {"factors": weigh(rows) if ids.side == "item" else rows}

    sides = id_inputs(num_users, num_items)
    return two_towers(sides, map(tower, sides), Interaction(y_range=y_range), name=name)


def weigh(item_factors: Any) -> Any:
    """Multiplies items' factors `[batch, n, dim]` by the output weights w `[dim]`."""
    dim = item_factors.shape[-1]
    return layers.EinsumDense(
        "bnd,d->bnd", (None, dim), kernel_initializer="ones", name="gmf_weights"
    )(item_factors)
