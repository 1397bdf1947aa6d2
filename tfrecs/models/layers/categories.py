"""The category of an id."""

from typing import Any

import keras
import numpy as np
import scipy.sparse as sp
from keras import layers

from tfrecs._base.checks import check_unlabelled
from tfrecs._base.types import AnyArray
from tfrecs.models.layers.embedding import look_up


@keras.saving.register_keras_serializable("tfrecs")
class Categories(layers.Layer):
    """Maps ids to their categories, from 0.

    The categories are a weight that is not trained, so that they are saved with the
    model. Create the layer with `over`.

    Args:
        num_rows: number of ids.
    """

    def __init__(self, num_rows: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_rows = num_rows

    @classmethod
    def over(cls, categories: AnyArray, *, name: str) -> "Categories":
        """Creates the layer for `[num_rows]` whole numbers from 0."""
        layer = cls(len(categories), name=name)
        layer.build(())
        layer.categories.assign(categories)
        return layer

    def build(self, ids_shape: tuple[int | None, ...]) -> None:
        """Creates the weight of the categories."""
        self.categories = self.add_weight(
            shape=(self.num_rows,),
            dtype="int32",
            initializer="zeros",
            trainable=False,
            name="categories",
        )
        self.built = True

    def call(self, ids: Any) -> Any:
        """Returns int32 of `ids`' shape."""
        return look_up(self.categories, ids)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "num_rows": self.num_rows}


def as_categories(given: Any, name: str) -> AnyArray:
    """Returns categories as an array: numbers, or the columns of a one-hot matrix.

    Args:
        given: `[rows]` numbers; or scipy sparse `[rows, categories]` with at most a 1
            in each row, where rows without one share a category, the last.
        name: what they are, for messages.

    Raises:
        ValueError: if a row of a matrix has several numbers or another than 1, or it is
            a table with ids.
    """
    if not sp.issparse(given):
        check_unlabelled(name, given)
        return np.asarray(given)
    matrix = sp.csr_array(given)
    lengths = np.diff(matrix.indptr)
    if (lengths > 1).any() or (matrix.data != 1).any():
        raise ValueError(
            f"`{name}` must have at most one category in each row. Received: "
            f"{lengths.max()} numbers in a row. Encode one categorical column."
        )
    categories = np.full(matrix.shape[0], matrix.shape[1])
    categories[lengths == 1] = matrix.indices
    return categories
