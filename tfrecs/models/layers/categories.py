"""The category of an id."""

from typing import Any

import keras
from keras import layers

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
