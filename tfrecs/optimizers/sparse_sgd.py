"""Gradient descent on the embedding rows that a batch looks up."""

from typing import Any

import keras

from tfrecs.optimizers._row_sparse import RowSparse
from tfrecs.optimizers._rows import Rows


@keras.saving.register_keras_serializable("tfrecs")
class SparseSGD(RowSparse):
    """Stochastic gradient descent without momentum, which would move all rows.

    Without clipping, `keras.optimizers.SGD` does the same; that one clips the look-ups
    of a row one by one, or turns them into a gradient of the whole table.

    Formula:
        w_r -= learning_rate * g_r for the rows r of the batch

    Args:
        learning_rate: a float or a schedule.
        name: the optimizer's name.
        **kwargs: as of `keras.optimizers.Optimizer`, such as `clipnorm`.

    Raises:
        ValueError: if an option visits the whole table: `weight_decay`, `use_ema`,
            `gradient_accumulation_steps`.

    References:
        Robbins and Monro 1951, "A Stochastic Approximation Method".
    """

    def __init__(
        self, learning_rate: Any = 0.01, name: str = "sparse_sgd", **kwargs: Any
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)

    def update_rows(self, rows: Rows, variable: keras.Variable, rate: Any) -> None:
        """Updates the rows of a table."""
        self.change_rows(variable, -rate * rows.gradient, rows)

    def update_dense(self, gradient: Any, variable: keras.Variable, rate: Any) -> None:
        """Updates a variable that has a gradient everywhere."""
        self.assign_sub(variable, rate * gradient)
