"""A Dense layer over the features of an id."""

from typing import Any

import keras
import numpy as np
import scipy.sparse as sp
from keras import layers, ops

from tfrecs._base.types import AnyArray
from tfrecs.models.layers.embedding import look_up

DENSE_TABLE = 2**22
"""Numbers up to which sparse features are held as a dense table: 16 MiB of float32."""


@keras.saving.register_keras_serializable("tfrecs")
class FeatureDense(layers.Layer):
    """Looks up the features of ids, and multiplies them by a kernel.

    The features are weights that are not trained, so that they are saved with the
    model: a dense table, or for large sparse features the columns and values of each
    row's non-zeros, padded to the longest row. Create the layer with `over`.

    Args:
        units: size of the output.
        num_rows: number of ids.
        num_features: number of features of each.
        most: non-zeros of the longest row; None for a dense table.
        kernel_initializer: of the kernel `[num_features, units]`.
    """

    def __init__(
        self,
        units: int,
        *,
        num_rows: int,
        num_features: int,
        most: int | None = None,
        kernel_initializer: str = "glorot_uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.num_rows = num_rows
        self.num_features = num_features
        self.most = most
        self.kernel_initializer = kernel_initializer

    @classmethod
    def over(
        cls, features: Any, units: int, *, num_rows: int, name: str, **kwargs: Any
    ) -> "FeatureDense":
        """Creates the layer for features of any kind; see `as_features`."""
        matrix = as_features(features, num_rows, name)
        longest = max(1, int(np.diff(matrix.indptr).max()))
        num_features = matrix.shape[1]
        dense = num_rows * num_features <= max(DENSE_TABLE, 2 * num_rows * longest)
        layer = cls(
            units,
            num_rows=num_rows,
            num_features=num_features,
            most=None if dense else longest,
            name=name,
            **kwargs,
        )
        layer.build(())
        if dense:
            layer.table.assign(matrix.toarray())
        else:
            places, values = padded(matrix, longest)
            layer.places.assign(places)
            layer.values.assign(values)
        return layer

    def build(self, ids_shape: tuple[int | None, ...]) -> None:
        """Creates the kernel and the weights of the features."""
        self.kernel = self.add_weight(
            shape=(self.num_features, self.units),
            initializer=self.kernel_initializer,
            name="kernel",
        )
        if self.most is None:
            self.table = self._held((self.num_rows, self.num_features), "table")
        else:
            self.places = self._held((self.num_rows, self.most), "places", "int32")
            self.values = self._held((self.num_rows, self.most), "values")
        self.built = True

    def _held(self, shape: tuple[int, int], name: str, dtype: str | None = None) -> Any:
        return self.add_weight(
            shape=shape, dtype=dtype, initializer="zeros", trainable=False, name=name
        )

    def call(self, ids: Any) -> Any:
        """Returns `ids`' shape + `[units]`."""
        if self.most is None:
            return ops.matmul(look_up(self.table, ids), self.kernel)
        places = look_up(self.places, ids)  # [..., most]
        values = look_up(self.values, ids)
        return ops.sum(look_up(self.kernel, places) * values[..., None], axis=-2)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "num_rows": self.num_rows,
            "num_features": self.num_features,
            "most": self.most,
            "kernel_initializer": self.kernel_initializer,
        }


def as_features(features: Any, num_rows: int | None, name: str) -> sp.csr_array:
    """Returns features of any of three kinds as a sparse matrix.

    Args:
        features: dense `[rows, num_features]`; scipy sparse, such as multi-hot,
            `[rows, num_features]`; or one category for each row, `[rows]` int from 0.
        num_rows: the number of rows that there must be; None for any.
        name: what they are, for messages.

    Returns:
        `[rows, num_features]` float32.

    Raises:
        ValueError: if the shape is wrong or a value is not finite.
    """
    if not sp.issparse(features):
        features = np.asarray(features)
        if features.ndim == 1 and features.dtype.kind in "iu":
            if features.size and features.min() < 0:
                raise ValueError(
                    f"`{name}` must be categories from 0. Received: {features.min()}"
                )
            ones = np.ones(len(features), dtype=np.float32)
            features = sp.coo_array((ones, (np.arange(len(features)), features)))
    if features.ndim != 2 or num_rows not in (None, features.shape[0]):
        rows = "" if num_rows is None else f"{num_rows} rows, one for each id: "
        raise ValueError(
            f"`{name}` must be {rows}[rows, features], or [rows] int for categories. "
            f"Received: shape {features.shape}"
        )
    try:
        matrix = sp.csr_array(features, dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"`{name}` must be numbers. Received: {error}. tfrecs.FeatureEncoder "
            "makes numbers of text."
        ) from error
    if not np.isfinite(matrix.data).all():
        raise ValueError(f"`{name}` must be finite. Received: NaN or infinity")
    return matrix


def padded(matrix: sp.csr_array, most: int) -> tuple[AnyArray, AnyArray]:
    """Returns columns and values of rows' non-zeros, padded with 0: `[rows, most]`."""
    places = np.zeros((matrix.shape[0], most), dtype=np.int32)
    values = np.zeros((matrix.shape[0], most), dtype=np.float32)
    lengths = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(matrix.shape[0]), lengths)
    columns = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], lengths)
    places[rows, columns] = matrix.indices
    values[rows, columns] = matrix.data
    return places, values
