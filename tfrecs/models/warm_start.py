"""Hybrids that start from trained matrix factorization."""

from typing import Any

from keras import ops

from tfrecs.models.two_tower import TwoTower

TABLES = ("user_factors", "user_bias", "item_factors", "item_bias")
"""What matrix factorization has learned, but for its global bias."""


def start_from_mf(hybrid: TwoTower, mf: TwoTower) -> TwoTower:
    """Starts a hybrid from trained matrix factorization, in place.

    Vectors, biases and the global bias are copied, and the last kernel of what reads
    the metadata becomes zeros: until it is trained the hybrid scores as `mf` does.

    Args:
        hybrid: from `build_hybrid`.
        mf: from `build_mf`, of the same sizes.

    Returns:
        `hybrid`.

    Raises:
        ValueError: if a model is of another kind, or the sizes differ.
    """
    of_mf, of_hybrid = _layers(mf), _layers(hybrid)
    read = of_hybrid.keys() - of_mf.keys()
    if of_mf.keys() != set(TABLES) or not {*TABLES} < of_hybrid.keys():
        raise ValueError(
            "`hybrid` must be from build_hybrid and `mf` from build_mf. Received: "
            f"{hybrid.name}, with {', '.join(of_hybrid)}, and {mf.name}, with "
            f"{', '.join(of_mf)}"
        )
    for name in TABLES:
        sizes = [tuple(layers[name].embeddings.shape) for layers in (of_mf, of_hybrid)]
        if sizes[0] != sizes[1]:
            raise ValueError(
                f"`mf` must have the sizes of `hybrid`. Received: {name} of shape "
                f"{sizes[0]}, not {sizes[1]}"
            )
    for name in TABLES:
        of_hybrid[name].embeddings.assign(of_mf[name].embeddings)
    hybrid.interaction.global_bias.assign(mf.interaction.global_bias)
    for side in ("user", "item"):
        if f"{side}_features" in read:
            last = of_hybrid.get(f"{side}_metadata", of_hybrid[f"{side}_features"])
            for weight in last.trainable_variables[-2:]:
                weight.assign(ops.zeros_like(weight))
    return hybrid


def _layers(model: TwoTower) -> dict[str, Any]:
    """The layers of both towers that have weights, by name."""
    layers = [*model.user_tower.layers, *model.item_tower.layers]
    return {layer.name: layer for layer in layers if layer.weights}
