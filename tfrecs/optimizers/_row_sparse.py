"""The base of optimizers that update the rows of a batch."""

from typing import Any

import keras
from keras import ops

from tfrecs.optimizers._rows import (
    Rows,
    add_to_rows,
    clip_sums,
    distinct_rows,
    is_by_row,
    summed_by_place,
)

WHOLE_TABLE = {
    "weight_decay": "`l2` of tfrecs.models.layers.Embedding, or keras.optimizers",
    "use_ema": "one of keras.optimizers",
    "gradient_accumulation_steps": "a larger batch, or one of keras.optimizers",
}
"""Options of Keras that visit the whole table, and what to use instead."""


class RowSparse(keras.optimizers.Optimizer):
    """An optimizer whose step costs as much as the rows that the batch looked up.

    Look-ups have gradients by row: `tf.IndexedSlices` on TensorFlow, and on JAX the
    `RowGradient` of `tfrecs.models`. Look-ups of the same row are summed first, in the
    batch and over replicas, and `update_rows` gets each row once. `update_dense` gets
    all other gradients. On JAX a `LossScaleOptimizer` and models of other packages have
    no gradients by row.

    Raises:
        ValueError: for options of Keras that visit the whole table at each step.
    """

    def __init__(self, learning_rate: Any, name: str, **kwargs: Any) -> None:
        for option, instead in WHOLE_TABLE.items():
            if kwargs.get(option):
                raise ValueError(
                    f"`{option}` visits every row of a table at every step, which this "
                    f"optimizer is there to avoid. Received: {option}="
                    f"{kwargs[option]}. Use {instead}."
                )
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)

    @property
    def takes_row_gradients(self) -> bool:
        """Returns whether a `RowGradient` can be applied, which no scale divides."""
        return self.loss_scale_factor is None

    def build(self, variables: list[keras.Variable]) -> None:
        """Makes one number for each row of a matrix; see `summed_by_place`."""
        if self.built:
            return
        super().build(variables)
        self._places = [
            self.add_variable((v.shape[0],), "zeros", "float32", name="place")
            if len(v.shape) == 2 and keras.backend.backend() == "tensorflow"
            else None
            for v in variables
        ]

    def update_step(
        self, gradient: Any, variable: keras.Variable, learning_rate: Any
    ) -> None:
        """Updates one variable."""
        rate = ops.cast(learning_rate, variable.dtype)
        if is_by_row(gradient):
            places = self._places[self._get_variable_index(variable)]
            if places is None:
                rows = distinct_rows(gradient)
            else:
                rows = summed_by_place(self, gradient, places)
            self.update_rows(rows, variable, rate)
        else:
            self.update_dense(ops.convert_to_tensor(gradient), variable, rate)

    def update_rows(self, rows: Rows, variable: keras.Variable, rate: Any) -> None:
        """Updates the rows of a table."""
        raise NotImplementedError

    def update_dense(self, gradient: Any, variable: keras.Variable, rate: Any) -> None:
        """Updates a variable that has a gradient everywhere."""
        raise NotImplementedError

    def change_rows(self, variable: keras.Variable, change: Any, rows: Rows) -> None:
        """Adds `change` `[n, dim]` to the rows of a variable."""
        add_to_rows(self, variable, change, rows)

    def _clip_gradients(self, grads: list[Any]) -> list[Any]:
        """Clips by the norm of the applied sums, not of the look-ups."""
        if not (self.clipnorm or self.global_clipnorm or self.clipvalue):
            return grads
        return clip_sums(grads, super()._clip_gradients)
