"""Adam that updates the embedding rows that a batch looks up, and no others."""

from typing import Any

import keras
from keras import ops

from tfrecs.models.layers.embedding import is_table, look_up
from tfrecs.optimizers._row_sparse import RowSparse
from tfrecs.optimizers._rows import Rows


@keras.saving.register_keras_serializable("tfrecs")
class LazyAdam(RowSparse):
    """Adam on the rows that a batch looks up, their moments decayed on the way.

    In Adam a row that no batch looks up goes on moving by its momentum, at the cost of
    the whole table. There are two ways to decay a row's moments over missed steps:

    - not at all (lazy): the n-th look-up of a row finds the moments of n gradients. The
      bias correction counts all steps, so that a rare row's first step is smaller than
      later ones.
    - step-aware: by b^missed, so that a row's moments are Adam's, for one more number a
      row. tensorflow/tensorflow#23668 reports a model (MLPerf's NCF) that reached its
      quality only with this.

    Variables with dense gradients get Adam itself.

    Formula:
        m_r = b1^(1 + missed) m_r + (1 - b1) g_r;
        v_r = b2^(1 + missed) v_r + (1 - b2) g_r^2;
        w_r -= learning_rate * sqrt(1 - b2^t) / (1 - b1^t) * m_r / (sqrt(v_r) + eps)
        for the rows r of the batch, t the number of steps and missed the steps since
        r's last look-up, or 0 if not `step_aware`

    Args:
        learning_rate: a float or a schedule.
        beta_1: b1.
        beta_2: b2.
        epsilon: eps.
        step_aware: how moments decay over steps that a row missed.
        name: the optimizer's name.
        **kwargs: as of `keras.optimizers.Optimizer`, such as `clipnorm`.

    Raises:
        ValueError: if an option visits the whole table: `weight_decay`, `use_ema`,
            `gradient_accumulation_steps`.

    References:
        Kingma and Ba 2015, "Adam", sec. 2, whose state only moves for touched rows.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        step_aware: bool = False,
        name: str = "lazy_adam",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.step_aware = step_aware

    def build(self, variables: list[keras.Variable]) -> None:
        """Makes the moments, and the step of each row's last look-up."""
        if self.built:
            return
        super().build(variables)
        self._first, self._second = self.add_optimizer_variables(
            variables, ["first_moment", "second_moment"]
        )
        # Steps are exact in float32 up to 16.8 million.
        self._last = [
            self.add_variable((v.shape[0], 1), "zeros", "float32", name="last_step")
            if self.step_aware and is_table(v)
            else None
            for v in variables
        ]

    def update_rows(self, rows: Rows, variable: keras.Variable, rate: Any) -> None:
        """Updates the rows of a table."""
        index = self._get_variable_index(variable)
        missed, last = 0.0, self._last[index]
        if last is not None:
            step = ops.cast(self.iterations + 1, last.dtype)
            since = step - look_up(last, rows.ids)
            missed = ops.cast(since - 1, variable.dtype)
            self.change_rows(last, since, rows)

        moments = []
        for moment, beta, new in (
            (self._first[index], self.beta_1, rows.gradient),
            (self._second[index], self.beta_2, ops.square(rows.gradient)),
        ):
            decay = beta ** (1 + missed) - 1
            change = decay * look_up(moment, rows.ids) + (1 - beta) * new
            # Read after it is written: XLA copies a table whose old rows are wanted.
            self.change_rows(moment, change, rows)
            moments.append(look_up(moment, rows.ids))
        self.change_rows(variable, -self._step(variable, rate, *moments), rows)

    def update_dense(self, gradient: Any, variable: keras.Variable, rate: Any) -> None:
        """Updates a variable that has a gradient everywhere."""
        index = self._get_variable_index(variable)
        first, second = self._first[index], self._second[index]
        self.assign_add(first, (1 - self.beta_1) * (gradient - first))
        self.assign_add(second, (1 - self.beta_2) * (ops.square(gradient) - second))
        self.assign_sub(variable, self._step(variable, rate, first, second))

    def _step(self, variable: keras.Variable, rate: Any, m: Any, v: Any) -> Any:
        """Returns the step of Adam for moments m and v."""
        t = ops.cast(self.iterations + 1, variable.dtype)
        rate = rate * ops.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        return rate * m / (ops.sqrt(v) + self.epsilon)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "step_aware": self.step_aware,
        }
