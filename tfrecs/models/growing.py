"""Adding users and items to a trained model."""

from collections.abc import Iterator
from typing import Any

import keras

from tfrecs.models.finite_weights import check_weights
from tfrecs.models.history_towers import BESIDE, HistoryTowers
from tfrecs.models.layers import Categories, Embedding, FeatureDense
from tfrecs.models.layers.rows import copy_rows, write_rows
from tfrecs.models.newcomers import Newcomers, first_rows, new_categories, new_features
from tfrecs.models.two_tower import TwoTower

SIZES: dict[type[keras.layers.Layer], str] = {
    Embedding: "input_dim",
    FeatureDense: "num_rows",
    Categories: "num_rows",
}
"""Layers with a row for each id, and the argument that is their number of ids."""


def grow(
    model: TwoTower, *, users: Newcomers | int = 0, items: Newcomers | int = 0
) -> TwoTower:
    """Returns a model with more users and items, which scores the old ones as before.

    Newcomers get the next ids. Their rows start as a mean of other rows or at zero (see
    `Newcomers`), and their features follow the others'. All other weights are copied:
    scores and gradients of old users and items are identical to the bit. Frozen weights
    stay frozen. A model that reads histories without user ids serves any user already,
    and gets no rows for users.

    The new model is not compiled. To go on training, pass the last optimizer through
    `grow_optimizer`.

    Args:
        model: from one of our builders; it is left as it is.
        users: the new users, or their number: they start at the mean of all users.
        items: the new items, likewise.

    Returns:
        A model with `model.num_users` and `model.num_items` plus the newcomers.

    Raises:
        ValueError: if nothing is added; if `similar` names ids that do not exist; if
            features are missing, given for a tower that reads none, or of another
            number; or if a layer that reads ids is of a kind that cannot grow.
        NotFinite: if a weight is NaN or infinite.

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
    check_weights(model)
    grown = _resized(model, of_users, of_items)
    for old, new in _of_interactions(model, grown):
        new.assign(old)
        new.trainable = old.trainable
    return grown


def _resized(model: TwoTower, users: Newcomers, items: Newcomers) -> TwoTower:
    """Returns a model with larger towers and an interaction before training."""
    interaction = model.interaction
    new = type(interaction).from_config(interaction.get_config())
    item_tower = resized_tower(model.item_tower, items)
    num_items = model.num_items + items.count
    if not isinstance(model, HistoryTowers):
        return TwoTower(
            resized_tower(model.user_tower, users),
            item_tower,
            new,
            num_users=model.num_users + users.count,
            num_items=num_items,
            name=model.name,
        )
    parts = {"item_tower": item_tower}
    num_users: int | None = None
    if model.beside is not None:
        parts[BESIDE] = resized_tower(model.beside, users)
        num_users = model.num_users + users.count
    return HistoryTowers(
        _with_parts(model.user_tower, parts),
        new,
        num_items=num_items,
        num_users=num_users,
        name=model.name,
    )


def _with_parts(model: keras.Model, parts: dict[str, keras.Model]) -> keras.Model:
    """Returns a copy of a model in which other models are in the place of some."""

    def copied(layer: Any) -> Any:
        if layer.name in parts:
            return parts[layer.name]
        if isinstance(layer, keras.Model):
            return _with_parts(layer, parts)
        return type(layer).from_config(layer.get_config())

    copy = keras.models.clone_model(model, clone_function=copied)
    for layer in model.layers:
        if layer.name in parts or isinstance(layer, keras.Model):
            continue
        other = copy.get_layer(layer.name)
        for old, new in zip(layer.variables, other.variables, strict=True):
            new.assign(old)
            new.trainable = old.trainable
    return copy


def grow_optimizer(
    optimizer: keras.optimizers.Optimizer, model: TwoTower, grown: TwoTower
) -> keras.optimizers.Optimizer:
    """Returns an optimizer that goes on training a model that has grown.

    It has the same settings and is at the same step. Its state for old users and items,
    such as moments, is identical to the bit; newcomers have the state before any step.

    Args:
        optimizer: it has trained `model` or a view of it: `model.optimizer`, or
            `history.model.optimizer` of `fit`. It is left as it is.
        model: the model before it grew.
        grown: the result of `grow`.

    Returns:
        An optimizer for `compile` or `fit` of `grown` or of a view of it.

    Raises:
        TypeError: if `optimizer` is not a Keras optimizer.
        ValueError: if `optimizer` has trained weights that `model` does not have.
    """
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(
            "`optimizer` must be a Keras optimizer that has trained `model`, such as "
            f"the `history.model.optimizer` of tfrecs.fit. Received: {optimizer!r}"
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
            "`optimizer` must have trained `model`. Received: an optimizer of "
            f"{', '.join(unknown)} in another model"
        )
    larger.build([after[id(weight)] for weight in trained])
    for old, new in zip(optimizer.variables, larger.variables, strict=True):
        copy_rows(old, new)
    return larger


def resized_tower(
    tower: keras.Model, newcomers: Newcomers, *, keep: bool = True
) -> keras.Model:
    """Returns a tower for its ids and newcomers after them.

    Args:
        tower: of a model from one of our builders; it is left as it is.
        newcomers: the new ids.
        keep: whether the old ids are kept; without them the newcomers' ids start at 0.

    Raises:
        ValueError: as `grow`.
    """
    reading = [layer for layer in tower.layers if _reads_ids(layer, tower)]
    unknown = [layer for layer in reading if layer.weights and not _size_name(layer)]
    if unknown:
        raise ValueError(
            f"The layer {unknown[0].name} reads ids and is a "
            f"{type(unknown[0]).__name__}, which cannot grow. Layers that can are "
            f"{', '.join(kind.__name__ for kind in SIZES)}"
        )
    has_features = reads_features(tower)
    if newcomers.count and has_features != (newcomers.features is not None):
        raise ValueError(
            f"Newcomers of {tower.name} must have `features` if it reads features, and "
            "none if it does not. Received: newcomers "
            + ("without" if has_features else "with")
        )

    def resized(layer: Any) -> Any:
        config = layer.get_config()
        if layer in reading and _size_name(layer):
            kept = config[_size_name(layer)] if keep else 0
            config[_size_name(layer)] = kept + newcomers.count
            if isinstance(layer, FeatureDense) and newcomers.count:
                config |= layer.sizes_with(new_features(layer, newcomers), keep=keep)
        return type(layer).from_config(config)

    larger = keras.models.clone_model(tower, clone_function=resized)
    for layer in tower.layers:
        other = larger.get_layer(layer.name)
        for old, new in zip(layer.variables, other.variables, strict=True):
            if keep or tuple(old.shape) == tuple(new.shape):
                copy_rows(old, new)
                new.trainable = old.trainable
        if newcomers.count and layer in reading and layer.weights:
            _start(layer, other, newcomers)
    return larger


def id_tower(model: Any, side: str) -> keras.Model | None:
    """Returns the tower that reads ids of "user" or "item", or None without one."""
    if side == "user" and isinstance(model, HistoryTowers):
        return model.beside
    tower: keras.Model | None = getattr(model, f"{side}_tower", None)
    return tower


def reads_features(tower: keras.Model) -> bool:
    """Returns whether a tower reads features or buckets of its ids."""
    return any(isinstance(x, FeatureDense | Categories) for x in tower.layers)


def num_features(tower: keras.Model) -> int | None:
    """Returns the number of features that a tower reads, None if it reads none."""
    found = [x.num_features for x in tower.layers if isinstance(x, FeatureDense)]
    return found[0] if found else None


def _start(layer: Any, larger: Any, newcomers: Newcomers) -> None:
    """Writes the first values of the last rows of a layer that reads ids."""
    num_before = getattr(larger, _size_name(layer)) - newcomers.count
    if isinstance(layer, Embedding):
        table = larger.embeddings
        write_rows(table, first_rows(table, num_before, newcomers), num_before)
    elif isinstance(layer, Categories):
        write_rows(larger.categories, new_categories(layer, newcomers), num_before)
    else:
        larger.write_last(new_features(layer, newcomers))


def _reads_ids(layer: Any, tower: keras.Model) -> bool:
    # Operations such as a sum are among a tower's layers, and have no input.
    return getattr(layer, "input", None) is tower.inputs[0]


def _size_name(layer: Any) -> str:
    """Returns the name of a layer's number of ids; "" for a layer without ids."""
    return next((n for kind, n in SIZES.items() if isinstance(layer, kind)), "")


def _pairs(model: TwoTower, grown: TwoTower) -> Iterator[tuple[Any, Any]]:
    """Yields each variable of a model, and the same one after it has grown."""
    for tower in ("user_tower", "item_tower"):
        for layer in getattr(model, tower).layers:
            larger = getattr(grown, tower).get_layer(layer.name)
            yield from zip(layer.variables, larger.variables, strict=True)
    yield from _of_interactions(model, grown)


def _of_interactions(model: TwoTower, grown: TwoTower) -> Iterator[tuple[Any, Any]]:
    old, new = model.interaction.variables, grown.interaction.variables
    yield from zip(old, new, strict=True)
