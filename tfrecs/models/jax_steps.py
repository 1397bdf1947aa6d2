"""A training step on JAX whose time follows the batch, not the tables."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from tfrecs.models.layers.row_gradients import LookUps, RowGradient

Loss = Callable[[list[Any]], Any]
"""From the values of the trainable variables to the loss, and what else it returns."""


def train_step(model: keras.Model, keras_step: Callable[..., Any], *given: Any) -> Any:
    """Runs one training step, on JAX with gradients of tables by row.

    A table has a `RowGradient` if its optimizer takes one and the step reads it by
    `look_up` alone; any other use has a gradient everywhere. In the rest this step is
    that of Keras.

    Args:
        model: as compiled.
        keras_step: `train_step` of `keras.Model`.
        *given: its arguments; on JAX, the state and a batch.
    """
    if keras.backend.backend() != "jax":
        return keras_step(*given)
    tables = {
        id(variable): place
        for place, variable in enumerate(model.trainable_variables)
        if _takes_rows(model.optimizer, variable)
    }
    if not tables:
        return keras_step(*given)
    (trainable, others, optimizer_variables, metrics), batch = given
    x, y, weight = keras.utils.unpack_x_y_sample_weight(batch)

    def loss_of(values: list[Any]) -> Any:
        return model.compute_loss_and_updates(
            *(values, others, metrics, x, y, weight),
            training=True,
            optimizer_variables=optimizer_variables,
        )

    gradients, aux = _gradients(loss_of, trainable, tables)
    loss, output, others, metrics = aux
    trainable, optimizer_variables = model.optimizer.stateless_apply(
        optimizer_variables, gradients, trainable
    )
    logs, metrics = _keras_metrics(model, metrics, loss, x, y, output, weight)
    return logs, (trainable, others, optimizer_variables, metrics)


def _gradients(
    loss_of: Loss, values: list[Any], tables: dict[int, int]
) -> tuple[list[Any], Any]:
    """Returns the gradient of each variable, and what else the loss returns."""
    import jax

    by_row, zeros = _read_by_row(loss_of, values, tables)
    # JAX leaves None out of the differentiation.
    dense = [None if n in by_row.values() else v for n, v in enumerate(values)]
    look_ups = LookUps(by_row, zeros)

    def loss(dense: list[Any], zeros: list[Any]) -> Any:
        look_ups.zeros = zeros
        filled = [v if d is None else d for d, v in zip(dense, values, strict=True)]
        with look_ups.recording():
            total, aux = loss_of(filled)
        return total, (aux, [ids for _, ids, _ in look_ups.made])

    slopes, (aux, ids) = jax.grad(loss, (0, 1), has_aux=True)(dense, zeros)
    gradients, of_look_ups = slopes
    for place in by_row.values():
        made = [n for n, look_up in enumerate(look_ups.made) if look_up[0] == place]
        rows = [ops.reshape(of_look_ups[n], (-1, values[place].shape[1])) for n in made]
        gradients[place] = RowGradient(
            ops.concatenate([ops.ravel(ids[n]) for n in made]),
            ops.cast(ops.concatenate(rows, axis=0), values[place].dtype),
        )
    return gradients, aux


def _read_by_row(
    loss_of: Loss, values: list[Any], tables: dict[int, int]
) -> tuple[dict[int, int], list[Any]]:
    """Returns the tables that are read by look-up alone, and zeros for each look-up.

    The loss is traced, not computed, with look-ups that read no table. A table that it
    reads nevertheless is used otherwise too.
    """
    import jax

    look_ups = LookUps(tables)

    def loss(values: list[Any]) -> Any:
        with look_ups.recording():
            return loss_of(values)[0]

    traced = jax.make_jaxpr(loss)(values).jaxpr
    read = {id(name) for equation in traced.eqns for name in equation.invars}
    unread = {n for n, name in enumerate(traced.invars) if id(name) not in read}
    by_row = unread & {place for place, *_ in look_ups.made}
    zeros = [
        jax.numpy.zeros(rows.shape, rows.dtype)
        for place, _, rows in look_ups.made
        if place in by_row
    ]
    return {key: n for key, n in tables.items() if n in by_row}, zeros


# The private names of Keras that are used here, each once.


def _takes_rows(optimizer: Any, variable: keras.Variable) -> bool:
    """Returns whether the optimizer of a variable takes a `RowGradient` for it."""
    if len(variable.shape) != 2:
        return False
    for one in getattr(optimizer, "optimizers", [optimizer]):  # of a MultiOptimizer
        if any(variable is trained for trained in one._trainable_variables):
            return getattr(one, "takes_row_gradients", False)
    return False


def _keras_metrics(model: keras.Model, *arguments: Any) -> Any:
    return model._update_metrics_variables(*arguments)
