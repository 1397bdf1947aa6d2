"""Adding users and items to a trained model."""

from collections.abc import Iterator
from typing import Any

import keras

from tfrecs.models import TwoTower
from tfrecs.models.layers import Categories, Embedding, FeatureDense
from tfrecs.models.layers.rows import copy_rows, write_rows
from tfrecs.models.newcomers import Newcomers, first_rows, new_categories, new_features

SIZES: dict[type[keras.layers.Layer], str] = {
    Embedding: "input_dim",
    FeatureDense: "num_rows",
    Categories: "num_rows",
}
"""Layers that have something for each id, and what their number of ids is called."""


def grow(
    model: TwoTower, *, users: Newcomers | int = 0, items: Newcomers | int = 0
) -> TwoTower:
    """Gives a model with more users and items, which scores the others as before.

    Newcomers have the ids after those that there are. Their rows start as a mean of
    others' or at zero (see `Newcomers`), and their features are put beside the others'.
    All other weights are copied, once: neither scores nor gradients of users and items
    that were there change by a bit. What was frozen is frozen.

    The new model is not compiled. To train on, give `grow_optimizer` the optimizer that
    made the last steps.

    Args:
        model: from one of our builders; it is left as it is.
        users: the new users, or their number: they start at the mean of all others.
        items: the new items, likewise.

    Returns:
        A model for `model.num_users` and `model.num_items` and as many more.

    Raises:
        ValueError: if nothing is added; if newcomers are like ids that there are not;
            if features are missing, given for a tower that reads none, or of another
            number; or if a layer that reads ids is of a kind that cannot grow.

    Example:
        >>> from tfrecs.models import build_mf
        >>> model = build_mf(943, 1682)
        >>> model = grow(model, items=Newcomers(2, similar=[[0, 49], [1681]]))
        >>> model.num_users, model.num_items
        (943, 1684)
    """
    of_users, of_items = (
        side if isinstance(side, Newcomers) else Newcomers(side)
        for side in (users, items)
    )
    if not of_users.count + of_items.count:
        raise ValueError(
            "`grow` needs users or items to add. Received: 0 users and 0 items"
        )
    interaction = model.interaction
    grown = type(model)(
        _larger_tower(model.user_tower, of_users, "users"),
        _larger_tower(model.item_tower, of_items, "items"),
        type(interaction).from_config(interaction.get_config()),
        num_users=model.num_users + of_users.count,
        num_items=model.num_items + of_items.count,
        name=model.name,
    )
    for old, new in _pairs(model, grown):
        copy_rows(old, new)
        new.trainable = old.trainable
    for tower, newcomers in (
        (grown.user_tower, of_users),
        (grown.item_tower, of_items),
    ):
        if newcomers.count:
            _start(tower, newcomers)
    return grown


def grow_optimizer(
    optimizer: keras.optimizers.Optimizer, model: TwoTower, grown: TwoTower
) -> keras.optimizers.Optimizer:
    """Gives an optimizer that goes on training a model that has grown.

    It is of the same kind and settings and at the same step. What it remembers of
    users and items that were there, such as moments, is the same to the bit; newcomers
    have what they have before any step.

    Args:
        optimizer: what trained `model`, or a view of it, such as `model.optimizer`, the
            `optimizer` given to `fit`, or `history.model.optimizer`. It is left as it
            is.
        model: the model before it grew.
        grown: what `grow` gave for it.

    Returns:
        An optimizer for `compile` or `fit` of `grown` or of a view of it.

    Raises:
        TypeError: if `optimizer` is none of Keras.
        ValueError: if `optimizer` has trained other weights than those of `model`.
    """
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(
            "`optimizer` must be what made the steps, such as the `history.model."
            f"optimizer` of tfrecs.fit. Received: {optimizer!r}"
        )
    config = keras.saving.serialize_keras_object(optimizer)
    larger = keras.saving.deserialize_keras_object(config)
    if not optimizer.built:
        return larger
    after = {id(old): new for old, new in _pairs(model, grown)}
    trained = optimizer._trainable_variables
    unknown = [weight.path for weight in trained if id(weight) not in after]
    if unknown:
        raise ValueError(
            "`optimizer` must be what trained `model`. Received: one that trained "
            f"{', '.join(unknown)} of another model"
        )
    larger.build([after[id(weight)] for weight in trained])
    for old, new in zip(optimizer.variables, larger.variables, strict=True):
        copy_rows(old, new)
    return larger


def _larger_tower(tower: keras.Model, newcomers: Newcomers, side: str) -> keras.Model:
    """The same layers, with room for more ids in those that read them."""
    reading = [layer for layer in tower.layers if _reads_ids(layer, tower)]
    unknown = [layer for layer in reading if layer.weights and not _size_name(layer)]
    if unknown:
        raise ValueError(
            f"The layer {unknown[0].name} reads ids and is a "
            f"{type(unknown[0]).__name__}, which cannot grow. Those that can are "
            f"{', '.join(kind.__name__ for kind in SIZES)}"
        )
    has_features = any(isinstance(x, FeatureDense | Categories) for x in reading)
    if newcomers.count and has_features != (newcomers.features is not None):
        raise ValueError(
            f"New {side} must come with `features` where the model reads them, and "
            f"without where not. Received: {side} "
            + ("without" if has_features else "with")
        )

    def larger(layer: Any) -> Any:
        config = layer.get_config()
        if layer in reading and _size_name(layer):
            config[_size_name(layer)] += newcomers.count
            if isinstance(layer, FeatureDense) and layer.most and newcomers.count:
                longest = new_features(layer, newcomers)["places"].shape[1]
                config["most"] = max(layer.most, longest)
        return type(layer).from_config(config)

    return keras.models.clone_model(tower, clone_function=larger)


def _start(tower: keras.Model, newcomers: Newcomers) -> None:
    """Gives the last rows of a grown tower their first values."""
    for layer in tower.layers:
        if not _reads_ids(layer, tower) or not _size_name(layer):
            continue
        num_before = getattr(layer, _size_name(layer)) - newcomers.count
        if isinstance(layer, Embedding):
            table = layer.embeddings
            write_rows(table, first_rows(table, num_before, newcomers), num_before)
        elif isinstance(layer, Categories):
            given = new_categories(layer, num_before, newcomers)
            write_rows(layer.categories, given, num_before)
        else:
            for name, rows in new_features(layer, newcomers).items():
                write_rows(getattr(layer, name), rows, num_before)


def _reads_ids(layer: Any, tower: keras.Model) -> bool:
    # Operations such as a sum are among the layers that are cloned, and have no input.
    return getattr(layer, "input", None) is tower.inputs[0]


def _size_name(layer: Any) -> str:
    """What a layer's number of ids is called; "" for a layer that has none."""
    return next((n for kind, n in SIZES.items() if isinstance(layer, kind)), "")


def _pairs(model: TwoTower, grown: TwoTower) -> Iterator[tuple[Any, Any]]:
    """Each weight and state of a model, and the same of what it grew to."""
    for before, after in (
        (model.user_tower, grown.user_tower),
        (model.item_tower, grown.item_tower),
    ):
        for layer in before.layers:
            larger = after.get_layer(layer.name)
            yield from zip(layer.variables, larger.variables, strict=True)
    yield from zip(
        model.interaction.variables, grown.interaction.variables, strict=True
    )
