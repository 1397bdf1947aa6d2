"""Towers that read features in place of ids, such as to export them."""

from typing import Any

import keras
from keras import layers, ops

from tfrecs.models.growing import SIZES
from tfrecs.models.layers import Embedding, FeatureDense


def feature_tower(tower: keras.Model, num_features: int) -> keras.Model:
    """Returns a copy of a tower for users or items that have features and no id.

    Its output is that of `tfrecs.models.cold_start.output_of_new`: the ids' own rows
    are zeros, and all other weights are copied.

    Args:
        tower: of ids, which reads features or buckets of them.
        num_features: of the features used for training.

    Returns:
        A model from features `[batch, num_features]` of users, or
        `[batch, n, num_features]` of items, float32, to the tower's output. Buckets are
        one-hot, and a row of zeros is in the bucket after them.
    """
    ids = tower.inputs[0]

    def copied(layer: Any) -> Any:
        if type(layer) not in SIZES or layer.input is not ids:
            return type(layer).from_config(layer.get_config())
        dtype, name = layer.dtype_policy, layer.name
        if isinstance(layer, FeatureDense):
            return layers.Dense(layer.units, use_bias=False, dtype=dtype, name=name)
        if isinstance(layer, Embedding):
            return NoRows(layer.output_dim, dtype=dtype, name=name)
        return BucketOf(name=name)

    features = keras.Input((*ids.shape[1:], num_features), name="features")
    read = features if isinstance(tower.input, keras.KerasTensor) else [features]
    copy = keras.models.clone_model(tower, input_tensors=read, clone_function=copied)
    for layer in filter(lambda layer: layer.variables, tower.layers):
        other = copy.get_layer(layer.name)
        if isinstance(layer, FeatureDense):
            other.kernel.assign(layer.kernel)
        elif not isinstance(other, NoRows | BucketOf):
            for old, new in zip(layer.variables, other.variables, strict=True):
                new.assign(old)
    return copy


class NoRows(layers.Layer):
    """Returns zeros `[..., dim]` for features `[..., f]`, in place of an id's row."""

    def __init__(self, dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dim = dim

    def call(self, features: Any) -> Any:
        """Returns zeros in the dtype of a look-up."""
        return ops.repeat(ops.zeros_like(features[..., :1]), self.dim, axis=-1)


class BucketOf(layers.Layer):
    """Returns the place of the one in each row `[..., f]`; f for a row of zeros."""

    def call(self, one_hot: Any) -> Any:
        """Returns int32 of the rows' shape."""
        place = ops.cast(ops.argmax(one_hot, axis=-1), "int32")
        return ops.where(ops.any(one_hot > 0, axis=-1), place, one_hot.shape[-1])
