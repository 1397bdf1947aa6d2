"""An embedding table whose look-ups read the rows that they need alone."""

from operator import index
from typing import Any

import keras
from keras import layers, ops

from tfrecs._base.checks import check_not_negative
from tfrecs._base.forks import check_not_forked
from tfrecs.models.layers.row_gradients import recorder_of

WHOLE = 2**24
"""Numbers of a table up to which it is initialized whole: 64 MiB of float32."""

BY_CELL = (
    keras.initializers.RandomNormal,
    keras.initializers.RandomUniform,
    keras.initializers.TruncatedNormal,
)
"""Initializers whose numbers do not depend on the table's shape."""


@keras.saving.register_keras_serializable("tfrecs")
class Embedding(layers.Embedding):
    """An `Embedding` whose time, gradient and penalty follow the batch's rows.

    `keras.layers.Embedding` reads its whole table to look up a row, unless XLA sees
    that it need not, and its `embeddings_regularizer` visits every row at every step.

    Formula:
        loss += l2 * sum of squares of the rows looked up / number of examples, a row
        counting as often as it is looked up

    Args:
        input_dim: number of rows; ids are from 0 to `input_dim - 1`.
        output_dim: length of a row.
        l2: penalty, at least 0. An example is an entry of the ids' first axis.
        **kwargs: as of `keras.layers.Embedding`, without `embeddings_regularizer`.

    Raises:
        ValueError: if `l2` is negative, or `embeddings_regularizer` is given.
    """

    embeddings_initializer: Any

    def __init__(
        self, input_dim: int, output_dim: int, *, l2: float = 0.0, **kwargs: Any
    ) -> None:
        if kwargs.get("embeddings_regularizer") is not None:
            raise ValueError(
                "`embeddings_regularizer` visits every row of the table at every step. "
                f"Received: {kwargs['embeddings_regularizer']!r}. Use `l2`."
            )
        check_not_negative(l2=l2)
        # Keras takes no whole numbers of NumPy. Mixed precision casts the rows that are
        # looked up, and not the table, whose gradient would be as large as the table.
        super().__init__(index(input_dim), index(output_dim), autocast=False, **kwargs)
        self.l2 = l2

    def build(self, input_shape: Any = None) -> None:
        """Creates the table; a large one in blocks, for a third of the peak memory."""
        check_not_forked()
        initializer = self.embeddings_initializer
        is_large = self.input_dim * self.output_dim > WHOLE
        by_cell = type(initializer) in BY_CELL and isinstance(initializer.seed, int)
        if self.built or not (is_large and by_cell and _on_tensorflow()):
            super().build(input_shape)
            return
        import tensorflow as tf

        self.embeddings_initializer = keras.initializers.Zeros()
        super().build(input_shape)
        self.embeddings_initializer = initializer
        if self._embeddings._value is None:  # within a StatelessScope
            return
        height = WHOLE // self.output_dim
        for number, start in enumerate(range(0, self.input_dim, height)):
            places = tf.range(start, min(start + height, self.input_dim))
            others = {**initializer.get_config(), "seed": initializer.seed + number}
            draw = type(initializer).from_config(others)
            block = draw((len(places), self.output_dim), dtype=self.variable_dtype)
            self._embeddings.value.scatter_update(tf.IndexedSlices(block, places))

    def call(self, inputs: Any) -> Any:
        """Returns rows: `inputs`' shape + `[output_dim]`."""
        ids = ops.cast(inputs, "int32")
        rows = ops.cast(look_up(self.embeddings, ids), self.compute_dtype)
        if self.l2:
            squares = ops.sum(ops.square(ops.cast(rows, "float32")))
            self.add_loss(self.l2 * squares / ops.cast(ops.shape(ids)[0], "float32"))
        return rows

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "l2": self.l2}


def is_table(variable: keras.Variable) -> bool:
    """Returns whether a variable is the table of a `keras.layers.Embedding`."""
    return len(variable.shape) == 2 and variable.path.endswith("/embeddings")


def look_up(table: Any, ids: Any) -> Any:
    """Rows `ids` of a variable: `ids`' shape + `[dim]`, the rest of it unread.

    Raises:
        ValueError: on JAX, if an id is out of range in a call that is not compiled.
            Compiled, it reads NaN or another row; TensorFlow has an error of its own.
    """
    if not _on_tensorflow():
        _check_rows(table, ids)
        recorder = recorder_of(table)
        return recorder.rows(table, ids) if recorder else ops.take(table, ids, axis=0)
    import tensorflow as tf

    # Given the tf.Variable itself, and not its value, this reads these rows alone.
    return tf.gather(getattr(table, "value", table), ids)


def _on_tensorflow() -> bool:
    return keras.backend.backend() == "tensorflow"


def _check_rows(table: Any, ids: Any) -> None:
    """Raises ValueError for ids that are not rows of a table, if they are known yet."""
    if keras.backend.backend() != "jax":
        return
    import jax

    if isinstance(ids, jax.core.Tracer) or not ids.size:
        return
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high >= table.shape[0]:
        raise ValueError(
            f"Ids must be from 0 to {table.shape[0] - 1}, the rows of "
            f"{table.path!r}. Received: {low} to {high}. Look up raw ids, such as with "
            "train.items.known(...)."
        )
