"""Adagrad whose state is one number for each row of an embedding table."""

from typing import Any

import keras
from keras import ops

from tfrecs._base.checks import check_not_negative
from tfrecs.models.layers.embedding import is_table, look_up
from tfrecs.optimizers._row_sparse import RowSparse
from tfrecs.optimizers._rows import Rows


@keras.saving.register_keras_serializable("tfrecs")
class RowwiseAdagrad(RowSparse):
    """Adagrad with one accumulator for each embedding row, updating touched rows alone.

    This is for tables of `keras.layers.Embedding`; other variables get plain Adagrad.
    With a dense gradient every row is updated: use `tfrecs.models.layers.Embedding`.

    Formula:
        a_r += mean over the row of g_r^2;
        w_r -= learning_rate * g_r / (sqrt(a_r) + eps)

    Args:
        learning_rate: a float or a schedule.
        initial_accumulator_value: of a, at least 0. It outweighs the gradients of rows,
            which are small if the loss is a mean over the batch.
        epsilon: eps.
        name: the optimizer's name.
        **kwargs: as of `keras.optimizers.Optimizer`, such as `clipnorm`.

    Raises:
        ValueError: if `initial_accumulator_value` is negative, or an option visits the
            whole table: `weight_decay`, `use_ema`, `gradient_accumulation_steps`.

    References:
        Duchi et al. 2011, "Adaptive Subgradient Methods"; Gupta et al. 2014, "Training
        Highly Multi-class Classifiers", for one accumulator a row.
    """

    def __init__(
        self,
        learning_rate: Any = 0.05,
        initial_accumulator_value: float = 0.0,
        epsilon: float = 1e-8,
        name: str = "rowwise_adagrad",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)
        check_not_negative(initial_accumulator_value=initial_accumulator_value)
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

    def update_rows(self, rows: Rows, variable: keras.Variable, rate: Any) -> None:
        """Updates the rows of a table."""
        accumulator = self._accumulators[self._get_variable_index(variable)]
        square = self._square(rows.gradient, accumulator)
        # Read after it is written: XLA copies a table whose old rows are wanted.
        self.change_rows(accumulator, square, rows)
        total = look_up(accumulator, rows.ids)
        step = -rate * rows.gradient / (ops.sqrt(total) + self.epsilon)
        self.change_rows(variable, step, rows)

    def update_dense(self, gradient: Any, variable: keras.Variable, rate: Any) -> None:
        """Updates a variable that has a gradient everywhere."""
        accumulator = self._accumulators[self._get_variable_index(variable)]
        self.assign_add(accumulator, self._square(gradient, accumulator))
        step = gradient / (ops.sqrt(accumulator) + self.epsilon)
        self.assign_sub(variable, rate * step)

    def _square(self, gradient: Any, accumulator: keras.Variable) -> Any:
        """Returns the addition to an accumulator, which may have one number a row."""
        square = ops.square(gradient)
        by_row = accumulator.shape[-1:] == (1,)
        return ops.mean(square, axis=-1, keepdims=True) if by_row else square

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
