"""Adam that updates the embedding rows that a batch touches, and no others."""

from typing import Any

import keras
from keras import ops

from tfrecs.optimizers._rows import touched_rows


@keras.saving.register_keras_serializable("tfrecs")
class LazyAdam(keras.optimizers.Optimizer):
    """Adam whose moments of an embedding row decay only when the row is looked up.

    Look-ups of one row in a batch are summed first. This is not Adam: there, a row that
    no batch touches goes on moving by its momentum, at the cost of the whole table. The
    bias correction counts all steps, as Adam's does, so that a rare row's first step is
    smaller than Adam's. Variables with dense gradients get Adam itself.

    Formula:
        m_r = b1 m_r + (1 - b1) g_r;  v_r = b2 v_r + (1 - b2) g_r^2;
        w_r -= learning_rate * sqrt(1 - b2^t) / (1 - b1^t) * m_r / (sqrt(v_r) + eps)
        for the rows r of the batch, t the number of steps

    Args:
        learning_rate: a float or a schedule.
        beta_1: b1.
        beta_2: b2.
        epsilon: eps.
        name: the optimizer's name.
        **kwargs: as of `keras.optimizers.Optimizer`, such as `clipnorm`.

    References:
        Kingma and Ba 2015, "Adam", sec. 2, whose state only moves for touched rows.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        name: str = "lazy_adam",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables: list[keras.Variable]) -> None:
        """Makes the moments, of the variables' shapes."""
        if self.built:
            return
        super().build(variables)
        self._first, self._second = self.add_optimizer_variables(
            variables, ["first_moment", "second_moment"]
        )

    def update_step(
        self, gradient: Any, variable: keras.Variable, learning_rate: Any
    ) -> None:
        """Updates one variable."""
        step = ops.cast(self.iterations + 1, variable.dtype)
        rate = ops.cast(learning_rate, variable.dtype)
        rate = rate * ops.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
        first = self._first[self._get_variable_index(variable)]
        second = self._second[self._get_variable_index(variable)]
        rows = touched_rows(gradient)
        if rows is None:
            gradient = ops.convert_to_tensor(gradient)
            self.assign_add(first, (1 - self.beta_1) * (gradient - first))
            self.assign_add(second, (1 - self.beta_2) * (ops.square(gradient) - second))
            self.assign_sub(variable, rate * first / (ops.sqrt(second) + self.epsilon))
            return
        import tensorflow as tf

        def move(moment: keras.Variable, towards: Any, beta: float) -> Any:
            """Moves the rows of a moment, and gives them."""
            change = (1 - beta) * (towards - tf.gather(moment.value, rows.ids))
            self.assign_add(moment, tf.IndexedSlices(rows.valid * change, rows.ids))
            return tf.gather(moment.value, rows.ids)

        m = move(first, rows.gradient, self.beta_1)
        v = move(second, tf.square(rows.gradient), self.beta_2)
        change = rows.valid * rate * m / (tf.sqrt(v) + self.epsilon)
        self.assign_sub(variable, tf.IndexedSlices(change, rows.ids))

    def get_config(self) -> dict[str, Any]:
        """Gives the arguments that make the same optimizer again."""
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
