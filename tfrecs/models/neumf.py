"""GMF and an MLP side by side."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras

from tfrecs._base.checks import check_positive
from tfrecs.models.gmf import weigh
from tfrecs.models.mlp import check_mlp, item_hidden, user_hidden
from tfrecs.models.towers import embed, item_input, user_input
from tfrecs.models.two_tower import Interaction, TwoTower


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
    name: str = "neumf",
) -> TwoTower:
    """Builds NeuMF, which adds GMF and an MLP over embeddings of their own.

    Formula:
        score = <p_u, w * q_i> + v . relu(... relu(W_u x_u + W_i x_i + c) ...) + b

    Args:
        num_users: user ids are from 0 to `num_users - 1`.
        num_items: item ids are from 0 to `num_items - 1`.
        embedding_dim: length of GMF's p, q and w.
        mlp_embedding_dim: length of the MLP's x_u and x_i.
        hidden_units: sizes of the MLP's layers, the first (W_u and W_i) included.
        dropout: share of the embeddings, and of each hidden layer, dropped in training.
        init_std: standard deviation of the embeddings before training; w starts at 1.
        l2: penalty on the embedding rows that a batch looks up; see
            `tfrecs.models.layers.Embedding`.
        name: the model's name.

    Returns:
        A model from `{"user_id", "item_id"}` to logits. `pretrain` starts it from a GMF
        and an MLP of the same sizes.

    Raises:
        ValueError: if a size is below 1, there is no hidden layer, or `dropout` is not
            in [0, 1).

    References:
        He et al. 2017, "Neural Collaborative Filtering", eq. 12.
    """
    check_positive(embedding_dim=embedding_dim, mlp_embedding_dim=mlp_embedding_dim)
    check_mlp(num_users, num_items, mlp_embedding_dim, hidden_units, dropout)
    first, *rest = hidden_units
    gmf = partial(embed, dim=embedding_dim, std=init_std, dropout=dropout, l2=l2)
    mlp = partial(embed, dim=mlp_embedding_dim, std=init_std, dropout=dropout, l2=l2)

    user_id = user_input()
    user = {
        "factors": gmf(user_id, num_users, name="gmf_user"),
        "hidden": user_hidden(mlp(user_id, num_users, name="mlp_user"), first),
    }

    item_id = item_input()
    item = {
        "factors": weigh(gmf(item_id, num_items, name="gmf_item")),
        "hidden": item_hidden(mlp(item_id, num_items, name="mlp_item"), first),
    }

    return TwoTower(
        keras.Model(user_id, user, name="user_tower"),
        keras.Model(item_id, item, name="item_tower"),
        Interaction(rest, dropout=dropout),
        num_users=num_users,
        num_items=num_items,
        name=name,
    )


def pretrain(
    neumf: TwoTower, gmf: TwoTower, mlp: TwoTower, *, alpha: float = 0.5
) -> TwoTower:
    """Starts a NeuMF from a trained GMF and a trained MLP, in place.

    Formula:
        score = alpha * score_gmf + (1 - alpha) * score_mlp, until it is trained on.

    Args:
        neumf: from `build_neumf`.
        gmf: from `build_gmf`, with the same `embedding_dim`.
        mlp: from `build_mlp`, with the same embedding and hidden sizes.
        alpha: GMF's share, in [0, 1].

    Returns:
        `neumf`.

    Raises:
        ValueError: if `alpha` is not in [0, 1], a model is of another kind, or the
            sizes differ.

    References:
        He et al. 2017, "Neural Collaborative Filtering", eq. 13. They go on with SGD,
        since Adam's momentum is not carried over.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"`alpha` must be from 0 to 1. Received: alpha={alpha}")
    layers = _layers(neumf)
    of_gmf = {name for name in layers if name.startswith("gmf_")}
    copies = [
        *_copies(gmf, "build_gmf", {name: layers[name] for name in of_gmf}),
        *_copies(mlp, "build_mlp", {n: layers[n] for n in layers.keys() - of_gmf}),
    ]
    for from_, to in copies:
        to.assign(from_)
    for name, share in (("gmf_weights", alpha), ("output_weights", 1 - alpha)):
        layers[name].kernel.assign(share * layers[name].kernel)
    neumf.interaction.global_bias.assign(
        alpha * gmf.interaction.global_bias + (1 - alpha) * mlp.interaction.global_bias
    )
    return neumf


def _layers(model: TwoTower) -> dict[str, keras.layers.Layer]:
    """The layers of both towers and of `g` that have weights, by name."""
    parts = [model.user_tower, model.item_tower, getattr(model.interaction, "g", None)]
    layers = [layer for part in parts if part is not None for layer in part.layers]
    return {layer.name: layer for layer in layers if layer.weights}


def _copies(
    source: TwoTower, builder: str, layers: dict[str, keras.layers.Layer]
) -> list[tuple[Any, Any]]:
    """Pairs of a weight of `source` and the weight of `layers` that it goes to."""
    sources = _layers(source)
    if sources.keys() != layers.keys():
        raise ValueError(
            "`gmf` must be from build_gmf and `mlp` from build_mlp, with the layers of "
            f"`neumf`. Received: {source.name}, with {', '.join(sorted(sources))}, for "
            f"{builder}'s {', '.join(sorted(layers))}"
        )
    copies: list[tuple[Any, Any]] = []
    for name, layer in sources.items():
        for from_, to in zip(layer.weights, layers[name].weights, strict=True):
            if tuple(from_.shape) != tuple(to.shape):
                raise ValueError(
                    "`gmf` and `mlp` must have the sizes of `neumf`. Received: "
                    f"{name} of shape {tuple(from_.shape)}, not {tuple(to.shape)}"
                )
            copies.append((from_, to))
    return copies
