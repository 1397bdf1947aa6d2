"""Parts of builders: ids, their embeddings and biases, and two towers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from tfrecs._base.checks import check_fraction, check_positive
from tfrecs.models.interaction import (
    Interaction,
    TowerOutput,
    score_dtype,
    widened,
)
from tfrecs.models.layers import Dropout, Embedding, FeatureDense
from tfrecs.models.two_tower import TwoTower


@dataclass(frozen=True, eq=False)
class Ids:
    """The ids that a tower, or a table in it, reads.

    Args:
        side: "user" or "item", or a kind of items: its layers' names begin with it.
        size: ids are from 0 to `size - 1`.
        ids: int32, `[batch]` of users or `[batch, n]` of items.
    """

    side: str
    size: int
    ids: Any


def id_inputs(num_users: int, num_items: int) -> tuple[Ids, Ids]:
    """Returns the inputs of the user tower and of the item tower."""
    return (
        Ids("user", num_users, keras.Input((), dtype="int32", name="user_id")),
        Ids("item", num_items, keras.Input((None,), dtype="int32", name="item_id")),
    )


def embed(
    ids: Ids,
    dim: int,
    *,
    std: float,
    dropout: float = 0.0,
    l2: float = 0.0,
    name: str | None = None,
) -> Any:
    """Looks up rows of a table drawn from N(0, std^2): `ids`' shape + `[dim]`."""
    name = f"{ids.side}_factors" if name is None else name
    initializer = keras.initializers.RandomNormal(stddev=std)
    table = Embedding(
        ids.size, dim, embeddings_initializer=initializer, l2=l2, name=name
    )
    rows = table(ids.ids)
    return Dropout(dropout, name=f"{name}_dropout")(rows) if dropout else rows


def embed_bias(ids: Ids) -> Any:
    """Looks up one number for each id, 0 before training: `ids`' shape."""
    table = Embedding(
        *(ids.size, 1),
        embeddings_initializer="zeros",
        dtype=wide_dtype(),
        name=f"{ids.side}_bias",
    )
    return ops.squeeze(table(ids.ids), -1)


def over_features(ids: Ids, features: Any, units: Sequence[int]) -> Any:
    """Adds layers over a side's features, the last one zeros before training."""
    looked_up = FeatureDense.over(
        features,
        units[0],
        num_rows=ids.size,
        name=f"{ids.side}_features",
        kernel_initializer="zeros" if len(units) == 1 else "glorot_uniform",
    )
    path = keras.Sequential([layers.Identity()], name=f"{ids.side}_metadata")
    for last, width in enumerate(units[1:], start=2 - len(units)):
        start = "glorot_uniform" if last else "zeros"
        path.add(layers.Activation("relu"))
        path.add(layers.Dense(int(width), kernel_initializer=start))
    return path(looked_up(ids.ids))


def inner_product(x: Any, y: Any) -> Any:
    """Returns inner products of rows `[..., dim]` in the dtype of scores: `[...]`."""
    return ops.sum(widened(x) * widened(y), axis=-1)


def wide_dtype() -> str:
    """Returns the dtype of scores under the dtype policy of now."""
    return score_dtype(keras.config.dtype_policy().compute_dtype)


def two_towers(
    sides: Iterable[Ids],
    outputs: Iterable[TowerOutput],
    interaction: Interaction,
    *,
    name: str,
) -> TwoTower:
    """Builds the model from both towers' inputs and outputs, the user's first."""
    users, items = sides
    user_tower, item_tower = (
        keras.Model(side.ids, output, name=f"{side.side}_tower")
        for side, output in zip((users, items), outputs, strict=True)
    )
    return TwoTower(
        user_tower,
        item_tower,
        interaction,
        num_users=users.size,
        num_items=items.size,
        name=name,
    )


def check_sizes(
    num_users: int, num_items: int, *, dropout: float = 0.0, **sizes: int
) -> None:
    """Raises ValueError for a size below 1 or a dropout outside [0, 1)."""
    check_positive(num_users=num_users, num_items=num_items, **sizes)
    check_fraction(dropout=dropout)


def check_hidden(**hidden_units: Sequence[int]) -> None:
    """Raises ValueError for hidden layers without a layer or with a size below 1."""
    for name, units in hidden_units.items():
        if not units:
            raise ValueError(
                f"`{name}` must name at least one layer. Received: none. For a model "
                "without hidden layers use build_mf or build_gmf."
            )
        for width in units:
            check_positive(**{name: width})
