"""Compiled functions of TensorFlow: several training steps in one call, and scores."""

from collections.abc import Callable
from functools import cache
from typing import Any

import keras

from tfrecs._base.forks import check_not_forked
from tfrecs.models.by_rank import for_each_rank
from tfrecs.models.checked_batches import check_ids, checked, make_checked


def make_train_function(model: keras.Model, parent: Any, force: bool) -> None:
    """Creates `model.train_function` with `train_in_one_call`, or as `parent` does.

    It is created again when other weights are trainable: Keras would go on training
    weights that were frozen after it had created the function.
    """
    check_not_forked()
    trained = tuple(map(id, model.trainable_variables))
    if model.train_function is None or force or trained != model.trained:
        model.trained = trained
        if runs_in_one_call(model):
            model.train_function = for_each_rank(lambda: train_in_one_call(model))
        else:
            make_checked(model, "train_function", parent.make_train_function, True)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function as one graph on TensorFlow, and as it is elsewhere."""
    if keras.backend.backend() != "tensorflow":
        return function
    import tensorflow as tf

    return tf.function(function, autograph=False, reduce_retracing=True)


def runs_in_one_call(model: keras.Model) -> bool:
    """Returns whether the training steps of a model run in one call.

    Keras's own function is right for other backends, single steps, `tf.distribute`, and
    without `jit_compile`.
    """
    if keras.backend.backend() != "tensorflow" or not model.jit_compile:
        return False
    if model.run_eagerly or model.steps_per_execution == 1:
        return False
    return bool(model.distribute_strategy.num_replicas_in_sync == 1)


def train_in_one_call(model: keras.Model) -> Callable[[Any], Any]:
    """Returns a function that runs `steps_per_execution` steps in one compiled call.

    With `jit_compile=True` Keras calls a compiled step for each batch. Each call copies
    the variables in and out and allocates its buffers, which for small models takes
    longer than the arithmetic. Here the loop over the steps is compiled too, as Keras
    does on JAX.
    """
    import tensorflow as tf

    take, run = _batches(model.steps_per_execution), _loop(model)
    keras_step = cache(lambda: checked(_keras_step(model), model))

    def train(iterator: Any) -> Any:
        # `train_on_batch` passes a generator of one batch.
        is_data = isinstance(iterator, tf.data.Iterator)
        if not is_data or not _is_static(iterator.element_spec):
            return keras_step()(iterator)
        batches, count = take(iterator)
        if not count:
            raise StopIteration
        check_ids(batches, model)
        if not model.optimizer.built:  # a loop cannot create variables
            _keras_build(model, tf.nest.map_structure(lambda part: part[0], batches))
        return run(batches, count)

    return train


def _batches(steps: int) -> Any:
    """Returns a function that stacks and counts up to `steps` batches."""
    import tensorflow as tf

    # Without autograph, which would take longer than XLA to compile a small model.
    @tf.function(autograph=False)
    def take(iterator: Any) -> Any:
        spec = iterator.element_spec
        taken = [iterator.get_next_as_optional() for _ in range(steps)]
        batches = [
            tf.cond(batch.has_value(), batch.get_value, lambda: _zeros(spec))
            for batch in taken
        ]
        stacked = tf.nest.map_structure(lambda *parts: tf.stack(parts), *batches)
        return stacked, sum(tf.cast(batch.has_value(), tf.int32) for batch in taken)

    return take


def _loop(model: keras.Model) -> Any:
    """Returns a compiled function that trains on `count` stacked batches."""
    import tensorflow as tf

    @tf.function(jit_compile=True, reduce_retracing=True, autograph=False)
    def run(batches: Any, count: Any) -> Any:
        def step(number: Any) -> Any:
            model.train_step(tf.nest.map_structure(lambda part: part[number], batches))
            return number + 1

        tf.while_loop(lambda number: number < count, step, [tf.constant(0)])
        return model.get_metrics_result()

    return run


def _is_static(spec: Any) -> bool:
    import tensorflow as tf

    return all(part.shape.is_fully_defined() for part in tf.nest.flatten(spec))


def _zeros(spec: Any) -> Any:
    import tensorflow as tf

    return tf.nest.map_structure(lambda part: tf.zeros(part.shape, part.dtype), spec)


# The private names of Keras that are used here, each once. A test pins them.


def _keras_step(model: keras.Model) -> Callable[[Any], Any]:
    return model._make_function(model.train_step)


def _keras_build(model: keras.Model, batch: Any) -> None:
    model._symbolic_build(data_batch=batch)
