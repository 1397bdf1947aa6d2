"""Matrix factorization whose towers also read metadata."""

from collections.abc import Sequence
from typing import Any, Literal

import keras
from keras import layers, ops

from tfrecs._base.checks import check_fraction, check_positive
from tfrecs._base.types import FloatArray, IntArray
from tfrecs.models.layers import Dropout, FeatureDense
from tfrecs.models.towers import embed, embed_bias, item_input, user_input
from tfrecs.models.two_tower import Interaction, TowerOutput, TwoTower


def build_hybrid(
    num_users: int,
    num_items: int,
    *,
    user_features: Any = None,
    item_features: Any = None,
    embedding_dim: int = 64,
    feature_units: Sequence[int] = (),
    dropout: float = 0.0,
    init_std: float = 0.1,
    l2: float = 0.0,
    y_range: tuple[float, float] | None = None,
    name: str = "hybrid",
) -> TwoTower:
    """Builds matrix factorization with metadata in one tower or both.

    A tower adds what it makes of the metadata to the id's vector and bias. The metadata
    path ends in a kernel of zeros: before training the model equals matrix
    factorization.

    Formula:
        p_u = e_u + M(x_u), q_i = e_i + M'(x_i), biases likewise;
        score = <p_u, q_i> + b_u + b_i + b

    Args:
        num_users: user ids are from 0 to `num_users - 1`.
        num_items: item ids are from 0 to `num_items - 1`.
        user_features: dense `[num_users, f]`, scipy sparse `[num_users, f]`, or
            categories `[num_users]` int from 0; None for none.
        item_features: the same of items.
        embedding_dim: length of p and q.
        feature_units: sizes of hidden layers (relu) between the metadata and its
            contribution; none by default, which makes it linear.
        dropout: share of each of p and q dropped in training.
        init_std: standard deviation of e before training. Biases start at 0.
        l2: penalty on the embedding rows that a batch looks up; see
            `tfrecs.models.layers.Embedding`.
        y_range: the lowest and the highest score, for models of ratings; see
            `tfrecs.models.two_tower.Interaction`. None for logits.
        name: the model's name.

    Returns:
        A model from `{"user_id", "item_id"}` to logits; the features are inside. Its
        bias tables are the layers `user_bias` and `item_bias`. `score_new_items` scores
        items that it has no id for.

    Raises:
        ValueError: if a size is below 1, there are no features, their shape is wrong,
            or `y_range` does not rise.

    References:
        Kula 2015, "Metadata Embeddings for User and Item Cold-start Recommendations",
        eq. 1, where ids are features like others.
    """
    check_positive(
        num_users=num_users, num_items=num_items, embedding_dim=embedding_dim
    )
    check_fraction(dropout=dropout)
    for units in feature_units:
        check_positive(feature_units=units)
    if user_features is None and item_features is None:
        raise ValueError(
            "A hybrid needs `user_features`, `item_features` or both. Received: "
            "neither. Without metadata use build_mf."
        )
    path = (*feature_units, embedding_dim + 1)  # the last one for the bias

    user_id = user_input()
    user = {
        "factors": embed(
            user_id,
            num_users,
            embedding_dim,
            std=init_std,
            dropout=0,
            l2=l2,
            name="user_factors",
        ),
        "bias": embed_bias(user_id, num_users, name="user_bias"),
    }
    if user_features is not None:
        user = _add(user, _metadata(user_id, num_users, user_features, path, "user"))

    item_id = item_input()
    item = {
        "factors": embed(
            item_id,
            num_items,
            embedding_dim,
            std=init_std,
            dropout=0,
            l2=l2,
            name="item_factors",
        ),
        "bias": embed_bias(item_id, num_items, name="item_bias"),
    }
    if item_features is not None:
        item = _add(item, _metadata(item_id, num_items, item_features, path, "item"))

    for output, side in ((user, "user"), (item, "item")):
        output["factors"] = Dropout(dropout, name=f"{side}_dropout")(output["factors"])

    return TwoTower(
        keras.Model(user_id, user, name="user_tower"),
        keras.Model(item_id, item, name="item_tower"),
        Interaction(y_range=y_range),
        num_users=num_users,
        num_items=num_items,
        name=name,
    )


def score_new_items(
    model: TwoTower, user_ids: IntArray, item_features: Any
) -> FloatArray:
    """Scores items that have features and no id, for some users.

    Args:
        model: from `build_hybrid`, with item features.
        user_ids: `[users]`, from 0 to `num_users - 1`.
        item_features: of the new items, of the kind and columns used for training.

    Returns:
        `[users, new_items]` scores.

    Raises:
        ValueError: if the model has no item features, or their number is another one.
    """
    return model.score_outputs(
        model.user_output(user_ids), output_of_new(model, item_features, "item")
    )


def score_new_users(model: TwoTower, user_features: Any) -> FloatArray:
    """Scores the whole catalogue for users who have features and no id.

    Args:
        model: from `build_hybrid`, with user features.
        user_features: of the new users, of the kind and columns used for training.

    Returns:
        `[new_users, num_items]` scores.

    Raises:
        ValueError: if the model has no user features, or their number is another one.
    """
    return model.score_outputs(
        output_of_new(model, user_features, "user"), model.item_output()
    )


def output_of_new(
    model: TwoTower, features: Any, side: Literal["user", "item"]
) -> TowerOutput:
    """Gives what a tower makes of features alone, the id's own vector being zeros.

    Args:
        model: from `build_hybrid`, with features of that side.
        features: of new users or items, of the kind and columns used for training.
        side: whose features they are.

    Returns:
        Arrays `factors` [new, dim] and `bias` [new].

    Raises:
        ValueError: if the tower reads no features, or their number is another one.
    """
    tower = getattr(model, f"{side}_tower")
    names = {layer.name: layer for layer in tower.layers}
    if f"{side}_features" not in names:
        raise ValueError(
            f"`model` must be from build_hybrid with {side}_features. Received: "
            f"{model.name}, whose {side} tower reads none"
        )
    first = names[f"{side}_features"].project(features)
    given = first[None] if side == "item" else first  # items are [batch, n, ...]
    output = _split(ops.convert_to_numpy(names[f"{side}_metadata"](given)))
    return {name: part[0] if side == "item" else part for name, part in output.items()}


def _metadata(
    ids: Any, size: int, features: Any, units: Sequence[int], side: str
) -> TowerOutput:
    """What a side's metadata add to its factors and bias; zeros before training."""
    looked_up = FeatureDense.over(
        features,
        units[0],
        num_rows=size,
        name=f"{side}_features",
        kernel_initializer="zeros" if len(units) == 1 else "glorot_uniform",
    )
    path = keras.Sequential([layers.Identity()], name=f"{side}_metadata")
    for last, width in enumerate(units[1:], start=2 - len(units)):
        path.add(layers.Activation("relu"))
        path.add(
            layers.Dense(
                int(width), kernel_initializer="glorot_uniform" if last else "zeros"
            )
        )
    return _split(path(looked_up(ids)))


def _split(numbers: Any) -> TowerOutput:
    return {"factors": numbers[..., :-1], "bias": numbers[..., -1]}


def _add(output: TowerOutput, more: TowerOutput) -> TowerOutput:
    return {name: part + more[name] for name, part in output.items()}
