"""The base of optimizers that update the rows of a batch."""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

WHOLE_TABLE = {
    "weight_decay": "`l2` of tfrecs.models.layers.Embedding, or keras.optimizers",
    "use_ema": "one of keras.optimizers",
    "gradient_accumulation_steps": "a larger batch, or one of keras.optimizers",
}
"""Options of Keras that visit the whole table, and what to use instead."""


@dataclass(frozen=True)
class Rows:
    """A gradient by row, each row once.

    Shapes depend on the batch's size alone, so that XLA can compile them: `n` is the
    number of look-ups, and after the last distinct row the first one is repeated,
    without gradient.

    Args:
        ids: `[n]` int, rows of the table.
        gradient: `[n, dim]`, summed over the look-ups of a row.
        valid: `[n, 1]`, 1 for the distinct rows and 0 after them.
    """

    ids: Any
    gradient: Any
    valid: Any


class RowSparse(keras.optimizers.Optimizer):
    """An optimizer whose step costs as much as the rows that the batch looked up.

    Look-ups in TensorFlow have sparse gradients, `tf.IndexedSlices`. Look-ups of the
    same row are summed first, in the batch and over replicas, and `update_rows` gets
    each row once. `update_dense` gets all other gradients, which on other backends are
    all there are.

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

    def update_step(
        self, gradient: Any, variable: keras.Variable, learning_rate: Any
    ) -> None:
        """Updates one variable."""
        rate = ops.cast(learning_rate, variable.dtype)
        if is_sparse(gradient):
            self.update_rows(distinct_rows(gradient), variable, rate)
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
        import tensorflow as tf

        self.assign_add(variable, tf.IndexedSlices(rows.valid * change, rows.ids))

    def _clip_gradients(self, grads: list[Any]) -> list[Any]:
        """Clips by the norm of the applied sums, not of the look-ups."""
        if not (self.clipnorm or self.global_clipnorm or self.clipvalue):
            return grads
        grads = [_merged(gradient) for gradient in grads]
        if self.global_clipnorm and any(map(is_sparse, grads)):
            import tensorflow as tf

            return tf.clip_by_global_norm(grads, self.global_clipnorm)[0]
        return super()._clip_gradients(grads)


def is_table(variable: keras.Variable) -> bool:
    """Returns whether a variable is the table of a `keras.layers.Embedding`."""
    return len(variable.shape) == 2 and variable.path.endswith("/embeddings")


def is_sparse(gradient: Any) -> bool:
    """Returns whether a gradient is one of look-ups in a matrix."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return isinstance(gradient, tf.IndexedSlices) and len(gradient.values.shape) == 2


def distinct_rows(gradient: Any) -> Rows:
    """Sums the look-ups of each row of a sparse gradient."""
    import tensorflow as tf

    ids, values = gradient.indices, gradient.values
    order = tf.argsort(ids, stable=True)
    ids = tf.gather(ids, order)
    is_new = tf.concat([[True], ids[1:] != ids[:-1]], axis=0)
    segment = tf.cumsum(tf.cast(is_new, tf.int32)) - 1
    size = tf.shape(ids)[0]
    sums = tf.math.unsorted_segment_sum(tf.gather(values, order), segment, size)
    valid = tf.range(size) <= segment[-1]
    # Segments that are empty have the least int as their maximum.
    distinct = tf.where(valid, tf.math.unsorted_segment_max(ids, segment, size), ids[0])
    return Rows(distinct, sums, tf.cast(valid, values.dtype)[:, None])


def _merged(gradient: Any) -> Any:
    """The same gradient, with each row once if it is sparse."""
    if not is_sparse(gradient):
        return gradient
    import tensorflow as tf

    rows = distinct_rows(gradient)
    return tf.IndexedSlices(rows.gradient, rows.ids, gradient.dense_shape)
