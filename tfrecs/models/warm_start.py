"""Models that start from the weights of trained ones."""

from typing import Any

from keras import ops

from tfrecs._base.checks import check_proportion
from tfrecs.models.two_tower import TwoTower, layers_with_weights

TABLES = ("user_factors", "user_bias", "item_factors", "item_bias")
"""The layers of matrix factorization."""


def pretrain(
    neumf: TwoTower, gmf: TwoTower, mlp: TwoTower, *, alpha: float = 0.5
) -> TwoTower:
    """Starts a NeuMF from a trained GMF and a trained MLP, in place.

    Formula:
        score = alpha * score_gmf + (1 - alpha) * score_mlp, before it is trained

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
    check_proportion(alpha=alpha)
    layers = layers_with_weights(neumf)
    of_gmf = {name: layers[name] for name in layers if name.startswith("gmf_")}
    of_mlp = {name: layers[name] for name in layers if name not in of_gmf}
    copies = []
    for role, source, targets in (("gmf", gmf, of_gmf), ("mlp", mlp, of_mlp)):
        sources = layers_with_weights(source)
        if sources.keys() != targets.keys():
            raise ValueError(
                f"`{role}` must be from build_{role}, with the layers "
                f"{', '.join(sorted(targets))} of `neumf`. Received: {source.name}, "
                f"with {', '.join(sorted(sources))}"
            )
        copies += _copies(role, sources, targets)
    _assign(copies)
    for name, share in (("gmf_weights", alpha), ("output_weights", 1 - alpha)):
        layers[name].kernel.assign(share * layers[name].kernel)
    neumf.interaction.global_bias.assign(
        alpha * gmf.interaction.global_bias + (1 - alpha) * mlp.interaction.global_bias
    )
    return neumf


def start_from_mf(hybrid: TwoTower, mf: TwoTower) -> TwoTower:
    """Starts a hybrid from trained matrix factorization, in place.

    Vectors, biases and the global bias are copied, and the last kernel over the
    features becomes zeros: the hybrid scores as `mf` does until it is trained.

    Args:
        hybrid: from `build_hybrid`.
        mf: from `build_mf`, of the same sizes.

    Returns:
        `hybrid`.

    Raises:
        ValueError: if a model is of another kind, or the sizes differ.
    """
    of_mf, of_hybrid = layers_with_weights(mf), layers_with_weights(hybrid)
    if of_mf.keys() != set(TABLES) or not {*TABLES} < of_hybrid.keys():
        raise ValueError(
            "`hybrid` must be from build_hybrid and `mf` from build_mf. Received: "
            f"{hybrid.name}, with {', '.join(of_hybrid)}, and {mf.name}, with "
            f"{', '.join(of_mf)}"
        )
    _assign(_copies("mf", of_mf, of_hybrid))
    hybrid.interaction.global_bias.assign(mf.interaction.global_bias)
    for side in ("user", "item"):
        if f"{side}_features" in of_hybrid:
            last = of_hybrid.get(f"{side}_metadata", of_hybrid[f"{side}_features"])
            for weight in last.trainable_variables[-2:]:
                weight.assign(ops.zeros_like(weight))
    return hybrid


def _copies(
    role: str, sources: dict[str, Any], targets: dict[str, Any]
) -> list[tuple[Any, Any]]:
    """Returns pairs of a weight of `sources` and the weight of `targets` for it."""
    copies: list[tuple[Any, Any]] = []
    for name, layer in sources.items():
        for source, target in zip(layer.weights, targets[name].weights, strict=True):
            if tuple(source.shape) != tuple(target.shape):
                raise ValueError(
                    f"`{role}` must have the sizes of the model that starts from it. "
                    f"Received: {name} of shape {tuple(source.shape)}, not "
                    f"{tuple(target.shape)}"
                )
            copies.append((source, target))
    return copies


def _assign(copies: list[tuple[Any, Any]]) -> None:
    for source, target in copies:
        target.assign(source)
