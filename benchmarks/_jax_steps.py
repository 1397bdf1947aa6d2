"""Many training steps of a Keras model in one compiled call, on JAX."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import keras


def compiled_steps(model: keras.Model, draw: Callable[[Any, Any], Any]) -> Any:
    """Returns a compiled function: a step for each entry of `given`.

    Args:
        model: compiled.
        draw: from the data and one entry to a batch.
    """

    @partial(jax.jit, donate_argnums=0)
    def run(state: Any, data: Any, given: Any) -> Any:
        def step(state: Any, one: Any) -> Any:
            logs, state = model.train_step(state, draw(data, one))
            return state, logs["loss"]

        return jax.lax.scan(step, state, given)

    return run


def state_of(model: keras.Model, batch: Any) -> Any:
    """Returns a copy of a model's state, since steps write over what they take."""
    model(batch[0])  # a view creates its weights
    model.optimizer.build(model.trainable_variables)
    variables = (
        *(model.trainable_variables, model.non_trainable_variables),
        *(model.optimizer.variables, model.metrics_variables),
    )
    return tuple([jnp.array(v.value) for v in part] for part in variables)


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Returns the seconds until the results of a call are there, and the results."""
    began = time.perf_counter()
    results = jax.block_until_ready(call())
    return time.perf_counter() - began, results
