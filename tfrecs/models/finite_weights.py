"""The check that the weights of a model are finite."""

from collections.abc import Iterator

import keras
from keras import ops

from tfrecs._base.finite import check_finite
from tfrecs._base.types import AnyArray


def check_weights(model: keras.Model) -> None:
    """Raises NotFinite if a weight is NaN or infinite."""
    for weight in model.weights:
        if keras.backend.is_float_dtype(weight.dtype):
            for part in _parts(weight):
                check_finite(part, f"weights {weight.path}")


def _parts(weight: keras.Variable) -> Iterator[AnyArray]:
    """Yields the parts of a weight that this process holds: on JAX, of each device."""
    for shard in getattr(weight.value, "addressable_shards", [weight]):
        yield ops.convert_to_numpy(getattr(shard, "data", shard))
