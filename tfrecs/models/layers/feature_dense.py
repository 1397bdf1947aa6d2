"""A Dense layer over the features of an id."""

from typing import Any

import keras
import numpy as np
import scipy.sparse as sp
from keras import layers, ops

from tfrecs._base.checks import check_unlabelled
from tfrecs.models.layers.embedding import look_up
from tfrecs.models.layers.rows import write_rows
from tfrecs.models.layers.sparse_rows import flat_rows, most_looked_up

DENSE_TABLE = 2**22
"""Numbers up to which sparse features are held as a dense table: 16 MiB of float32."""


@keras.saving.register_keras_serializable("tfrecs")
class FeatureDense(layers.Layer):
    """Looks up the features of ids, and multiplies them by a kernel.

    The features are weights that are not trained, so that they are saved with the
    model: a dense table, or the flat arrays of `sparse_rows` for large sparse features.
    Create the layer with `over`.

    Args:
        units: size of the output.
        num_rows: number of ids.
        num_features: number of features of each.
        most: entries of a row that are looked up with it; None for a dense table.
        num_entries: of the flat arrays, without the tails.
        num_in_tails: entries of the tails.
        num_tails: rows with a tail.
        kernel_initializer: of the kernel `[num_features, units]`.
    """

    def __init__(
        self,
        units: int,
        *,
        num_rows: int,
        num_features: int,
        most: int | None = None,
        num_entries: int = 0,
        num_in_tails: int = 0,
        num_tails: int = 0,
        kernel_initializer: str = "glorot_uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)  # which would cast whole tables
        self.units = units
        self.num_rows = num_rows
        self.num_features = num_features
        self.most = most
        self.num_entries = num_entries
        self.num_in_tails = num_in_tails
        self.num_tails = num_tails
        self.kernel_initializer = kernel_initializer

    @classmethod
    def over(
        cls, features: Any, units: int, *, num_rows: int, name: str, **kwargs: Any
    ) -> "FeatureDense":
        """Creates the layer for features of any kind; see `as_features`."""
        matrix = as_features(features, num_rows, name)
        most = None
        if num_rows * matrix.shape[1] > max(DENSE_TABLE, 2 * matrix.nnz):
            most = most_looked_up(matrix)
        sizes = _sizes(matrix, most)
        layer = cls(
            units, num_features=matrix.shape[1], most=most, name=name, **sizes, **kwargs
        )
        layer.build(())
        layer.write_last(matrix)
        return layer

    def sizes_with(self, matrix: sp.csr_array, *, keep: bool = True) -> dict[str, Any]:
        """Returns the arguments that set the sizes, of a layer with more rows.

        Args:
            matrix: the features of these rows, which come last.
            keep: whether the layer's own rows are there too.
        """
        more = _sizes(matrix, self.most)
        return {name: size + keep * getattr(self, name) for name, size in more.items()}

    def write_last(self, matrix: sp.csr_array) -> None:
        """Writes the features of the last rows."""
        if self.most is None:
            rows = {"table": matrix.toarray()}
        else:
            rows = flat_rows(matrix, self.most)
            rows["starts"] += self.num_entries - len(rows["places"])
            before = self.num_tails - rows["slots"].max(initial=0)
            for name in ("slots", "tail_slots"):
                rows[name][rows[name] > 0] += before
        for name, array in rows.items():
            weight = getattr(self, name)
            write_rows(weight, array, weight.shape[0] - len(array))

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
            for name in ("starts", "lengths", "slots"):
                setattr(self, name, self._held((self.num_rows,), name, "int32"))
            self.places = self._held((self.num_entries,), "places", "int32")
            self.values = self._held((self.num_entries,), "values")
            for name in ("tail_slots", "tail_places"):
                setattr(self, name, self._held((self.num_in_tails,), name, "int32"))
            self.tail_values = self._held((self.num_in_tails,), "tail_values")
        self.built = True

    def _held(self, shape: tuple[int, ...], name: str, dtype: str | None = None) -> Any:
        return self.add_weight(
            shape=shape, dtype=dtype, initializer="zeros", trainable=False, name=name
        )

    def call(self, ids: Any) -> Any:
        """Returns `ids`' shape + `[units]`."""
        if self.most is None:
            both = look_up(self.table, ids), self.kernel
            return ops.matmul(*(ops.cast(part, self.compute_dtype) for part in both))
        return ops.cast(self._of_entries(ids), self.compute_dtype)

    def _of_entries(self, ids: Any) -> Any:
        """Adds up the kernel's rows of the entries that the flat arrays have."""
        number = ops.arange(self.most, dtype="int32")
        is_entry = number < look_up(self.lengths, ids)[..., None]  # [..., most]
        at = ops.where(is_entry, look_up(self.starts, ids)[..., None] + number, 0)
        values = ops.where(is_entry, look_up(self.values, at), 0)
        rows = look_up(self.kernel, look_up(self.places, at))  # [..., most, units]
        output = ops.sum(rows * values[..., None], axis=-2)
        if not self.num_tails:
            return output
        rows = look_up(self.kernel, self.tail_places) * self.tail_values[:, None]
        tails = ops.segment_sum(rows, self.tail_slots, num_segments=self.num_tails + 1)
        return output + ops.take(tails, look_up(self.slots, ids), axis=0)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "num_rows": self.num_rows,
            "num_features": self.num_features,
            "most": self.most,
            "num_entries": self.num_entries,
            "num_in_tails": self.num_in_tails,
            "num_tails": self.num_tails,
            "kernel_initializer": self.kernel_initializer,
        }


def _sizes(matrix: sp.csr_array, most: int | None) -> dict[str, Any]:
    """Returns the arguments that set the sizes of a layer with these rows."""
    rows = {} if most is None else flat_rows(matrix, most)
    return {
        "num_rows": matrix.shape[0],
        "num_entries": len(rows.get("places", ())),
        "num_in_tails": len(rows.get("tail_places", ())),
        "num_tails": int(rows["slots"].max(initial=0)) if rows else 0,
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
        ValueError: if the shape is wrong, a value is not finite, or it is a table with
            ids or names, which would be ignored.
    """
    if not sp.issparse(features):
        check_unlabelled(name, features)
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
