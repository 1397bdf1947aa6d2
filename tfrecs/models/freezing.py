"""Which weights of a model train: by the names of its layers."""

import re
from collections.abc import Iterable
from typing import Any

from tfrecs.models import TwoTower
from tfrecs.models.layers import Embedding

GLOBAL_BIAS = "global_bias"
"""The name that the global bias goes by, which is a weight and no layer."""


def trainable_layers(model: TwoTower) -> dict[str, Any]:
    """Gives what can be frozen by name: layers with weights, and the global bias.

    They are the layers of the towers, those of `g`, and `GLOBAL_BIAS`.
    """
    interaction = model.interaction
    models = [model.user_tower, model.item_tower, getattr(interaction, "g", None)]
    layers = [layer for part in models if part is not None for layer in part.layers]
    parts = {layer.name: layer for layer in layers if layer.weights}
    if getattr(interaction, "global_bias", None) is not None:
        parts[GLOBAL_BIAS] = interaction.global_bias
    return parts


def id_tables(model: TwoTower) -> list[str]:
    """Gives the names of the tables that ids are looked up in, vectors and biases."""
    return [
        layer.name
        for tower in (model.user_tower, model.item_tower)
        for layer in tower.layers
        if isinstance(layer, Embedding) and layer.input is tower.inputs[0]
    ]


def freeze(model: TwoTower, *names: str) -> TwoTower:
    """Keeps weights as they are while a model trains, until `unfreeze`.

    It holds for every way to train: the model itself, compiled before or not, and its
    views over the catalogue or over shared negatives. A frozen table is looked up as
    before; no optimizer sees it. Dropout is not frozen. A saved model keeps which layers are
    frozen; its global bias trains again.

    Args:
        model: from one of our builders.
        *names: names of layers, or regular expressions that match whole names; see
            `trainable_layers`. Without any, all vectors and biases of ids are frozen.

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
    """Lets weights train again; all of them if no name is given.

    An optimizer keeps state for the weights that trained when it first stepped, and
    raises for others: give a new one after this.

    Args:
        model: from one of our builders.
        *names: as of `freeze`.

    Returns:
        `model`.

    Raises:
        ValueError: if a name matches no layer.
    """
    return _set(model, names or (".*",), True)


def train_only(model: TwoTower, *names: str) -> TwoTower:
    """Freezes all but what is named.

    Args:
        model: from one of our builders.
        *names: as of `freeze`, at least one.

    Returns:
        `model`.

    Raises:
        ValueError: if a name matches no layer, or none is given.
    """
    if not names:
        raise ValueError(
            "`train_only` needs the names of what trains. Received: none. The layers "
            f"are {', '.join(trainable_layers(model))}"
        )
    chosen = matching(model, *names)
    for name, part in trainable_layers(model).items():
        part.trainable = name in chosen
    return model


def matching(model: TwoTower, *names: str) -> dict[str, Any]:
    """Gives the `trainable_layers` whose names match one of `names`.

    Raises:
        ValueError: if a name matches none, or is no regular expression.
    """
    parts, found = trainable_layers(model), {}
    for pattern in names:
        try:
            matched = {name for name in parts if re.fullmatch(pattern, name)}
        except (re.error, TypeError) as error:
            raise ValueError(
                "Each name must be one of a layer, or a regular expression. Received: "
                f"{pattern!r}: {error}"
            ) from error
        if not matched:
            raise ValueError(
                f"Each name must match a layer of `model`, which are "
                f"{', '.join(parts)}. Received: {pattern!r}"
            )
        found.update({name: parts[name] for name in matched})
    return found


def _set(model: TwoTower, names: Iterable[str], trainable: bool) -> TwoTower:
    for part in matching(model, *names).values():
        part.trainable = trainable
    return model
