"""Adagrad whose state is one number for each row of an embedding table."""

from typing import Any

import keras
from keras import ops

from tfrecs.optimizers._rows import is_table, touched_rows


@keras.saving.register_keras_serializable("tfrecs")
class RowwiseAdagrad(keras.optimizers.Optimizer):
    """Adagrad with one accumulator for each embedding row, updating touched rows alone.

    Look-ups of one row in a batch are summed first. The tables of
    `keras.layers.Embedding` are treated so; other variables get plain Adagrad. With a
    dense gradient (as other backends than TensorFlow have) every row is updated, by the
    same formula.

    Formula:
        a_r += mean over the row of g_r^2;  w_r -= learning_rate * g_r / sqrt(a_r + eps)

    Args:
        learning_rate: a float or a schedule.
        initial_accumulator_value: of a, at least 0.
        epsilon: eps.
        name: the optimizer's name.
        **kwargs: as of `keras.optimizers.Optimizer`, such as `clipnorm`.

    Raises:
        ValueError: if `initial_accumulator_value` is negative.

    References:
        Duchi et al. 2011, "Adaptive Subgradient Methods"; Gupta et al. 2014, "Training
        Highly Multi-class Classifiers", for one accumulator a row.
    """

    def __init__(
        self,
        learning_rate: Any = 0.05,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        name: str = "rowwise_adagrad",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        if initial_accumulator_value < 0:
            raise ValueError(
                "`initial_accumulator_value` must be at least 0. Received: "
                f"{initial_accumulator_value}"
            )
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, variables: list[keras.Variable]) -> None:
        """Makes the accumulators: `[rows, 1]` for tables, the shape of others."""
        if self.built:
            return
        super().build(variables)
        start = keras.initializers.Constant(self.initial_accumulator_value)
        self._accumulators = [
            self.add_variable(
                (variable.shape[0], 1) if is_table(variable) else variable.shape,
                initializer=start,
                dtype=variable.dtype,
                name="accumulator",
            )
            for variable in variables
        ]

    def update_step(
        self, gradient: Any, variable: keras.Variable, learning_rate: Any
    ) -> None:
        """Updates one variable."""
        rate = ops.cast(learning_rate, variable.dtype)
        accumulator = self._accumulators[self._get_variable_index(variable)]
        by_row = accumulator.shape[-1:] == (1,)
        rows = touched_rows(gradient)
        if rows is None:
            gradient = ops.convert_to_tensor(gradient)
            square = ops.square(gradient)
            if by_row:
                square = ops.mean(square, axis=-1, keepdims=True)
            self.assign_add(accumulator, square)
            step = gradient / ops.sqrt(accumulator + self.epsilon)
            self.assign_sub(variable, rate * step)
            return
        import tensorflow as tf

        square = tf.square(rows.gradient)
        if by_row:
            square = tf.reduce_mean(square, axis=-1, keepdims=True)
        self.assign_add(accumulator, tf.IndexedSlices(square, rows.ids))
        total = tf.gather(accumulator.value, rows.ids)
        step = rate * rows.gradient / tf.sqrt(total + self.epsilon)
        self.assign_sub(variable, tf.IndexedSlices(step, rows.ids))

    def get_config(self) -> dict[str, Any]:
        """Gives the arguments that make the same optimizer again."""
        return {
            **super().get_config(),
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
