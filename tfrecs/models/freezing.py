"""Freezing weights by the names of their layers."""

import re
from collections.abc import Iterable
from typing import Any

from tfrecs.models.growing import id_tower
from tfrecs.models.layers import Embedding
from tfrecs.models.two_tower import TwoTower, layers_with_weights

GLOBAL_BIAS = "global_bias"
"""The name of the global bias, which is a weight and no layer."""


def trainable_layers(model: TwoTower) -> dict[str, Any]:
    """Returns all that can be frozen, by name.

    The values are layers with weights, of the towers and of `g`, and the global bias.
    """
    layers = layers_with_weights(model)
    bias = getattr(model.interaction, "global_bias", None)
    return layers if bias is None else {**layers, GLOBAL_BIAS: bias}


def id_tables(model: TwoTower) -> list[str]:
    """Returns the names of the tables of ids' vectors and biases."""
    towers = id_tower(model, "user"), id_tower(model, "item")
    return [
        layer.name
        for tower in towers
        if tower is not None
        for layer in tower.layers
        if isinstance(layer, Embedding) and layer.input is tower.inputs[0]
    ]


def freeze(model: TwoTower, *names: str) -> TwoTower:
    """Excludes weights from training until `unfreeze`.

    This applies to the model, compiled before or not, and to its views. Dropout is not
    frozen. A saved model keeps which layers are frozen, but its global bias is
    trainable again.

    Args:
        model: from one of our builders.
        *names: names of `trainable_layers`, or regular expressions that match whole
            names; by default all vectors and biases of ids.

    Returns:
        `model`.

    Raises:
        ValueError: if a name matches no layer.

    Example:
        >>> from tfrecs.models import build_mf
        >>> model = freeze(build_mf(943, 1682))
        >>> [variable.path for variable in model.trainable_variables]
        ['interaction/global_bias']
    """
    return _set(model, names or map(re.escape, id_tables(model)), False)


def unfreeze(model: TwoTower, *names: str) -> TwoTower:
    """Includes weights in training again, by default all.

    An optimizer has state for the weights that were trainable at its first step, and
    raises for others: compile with a new one after this. For arguments, returns and
    errors see `freeze`.
    """
    return _set(model, names or (".*",), True)


def train_only(model: TwoTower, *names: str) -> TwoTower:
    """Freezes all weights but the named ones.

    For arguments, returns and errors see `freeze`; at least one name is needed.
    """
    if not names:
        raise ValueError(
            "`train_only` needs the names of layers to train. Received: none. The "
            f"layers are {', '.join(trainable_layers(model))}"
        )
    chosen = matching(model, *names)
    for name, layer in trainable_layers(model).items():
        layer.trainable = name in chosen
    return model


def matching(model: TwoTower, *names: str) -> dict[str, Any]:
    """Returns the `trainable_layers` whose names match one of `names`.

    Raises:
        ValueError: if a name matches no layer, or is not a regular expression.
    """
    layers, found = trainable_layers(model), {}
    for pattern in names:
        try:
            matched = {name for name in layers if re.fullmatch(pattern, name)}
        except (re.error, TypeError) as error:
            raise ValueError(
                "Each name must be a layer's, or a regular expression. Received: "
                f"{pattern!r}: {error}"
            ) from error
        if not matched:
            raise ValueError(
                f"Each name must match a layer of `model`, which are "
                f"{', '.join(layers)}. Received: {pattern!r}"
            )
        found.update({name: layers[name] for name in matched})
    return found


def _set(model: TwoTower, names: Iterable[str], trainable: bool) -> TwoTower:
    for layer in matching(model, *names).values():
        layer.trainable = trainable
    return model
