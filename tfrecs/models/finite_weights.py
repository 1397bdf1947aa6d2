"""The check that the weights of a model are finite."""

import keras
from keras import ops

from tfrecs._base.finite import check_finite


def check_weights(model: keras.Model) -> None:
    """Raises NotFinite if a weight is NaN or infinite."""
    for weight in model.weights:
        if keras.backend.is_float_dtype(weight.dtype):
            check_finite(ops.convert_to_numpy(weight), f"weights {weight.path}")
