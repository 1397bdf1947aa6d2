"""Several training steps in one call of a compiled function, on TensorFlow."""

from collections.abc import Callable
from functools import cache
from typing import Any

import keras


def train_in_one_call(model: keras.Model) -> Callable[[Any], Any] | None:
    """Gives what `fit` calls for `steps_per_execution` steps, or None.

    With `jit_compile=True` Keras calls a compiled step for each batch: its variables go
    in and come out, and its buffers are made anew, which for small models takes longer
    than the arithmetic. Here the loop over the steps is compiled as well, as it is for
    Keras on JAX. None is for Keras's own way: for other backends, single steps, without
    `jit_compile`, and under `tf.distribute`.
    """
    if keras.backend.backend() != "tensorflow" or not model.jit_compile:
        return None
    if model.run_eagerly or model.steps_per_execution == 1:
        return None
    if model.distribute_strategy.num_replicas_in_sync > 1:
        return None
    import tensorflow as tf

    steps = model.steps_per_execution

    # Autograph would take longer to read the code than XLA to compile a small model.
    @tf.function(autograph=False)
    def take(iterator: Any) -> Any:
        """Up to `steps` batches, one above the other, and their number."""
        taken = [iterator.get_next_as_optional() for _ in range(steps)]
        batches = [
            tf.cond(
                batch.has_value(),
                batch.get_value,
                lambda: _zeros(iterator.element_spec),
            )
            for batch in taken
        ]
        stacked = tf.nest.map_structure(lambda *parts: tf.stack(parts), *batches)
        return stacked, sum(tf.cast(batch.has_value(), tf.int32) for batch in taken)

    @tf.function(jit_compile=True, reduce_retracing=True, autograph=False)
    def run(batches: Any, count: Any) -> Any:
        def step(number: Any) -> Any:
            model.train_step(tf.nest.map_structure(lambda part: part[number], batches))
            return number + 1

        tf.while_loop(lambda number: number < count, step, [tf.constant(0)])
        return model.get_metrics_result()

    @cache
    def one_by_one() -> Callable[[Any], Any]:
        return model._make_function(model.train_step)

    def train(iterator: Any) -> Any:
        # `train_on_batch` gives a generator of one batch.
        is_data = isinstance(iterator, tf.data.Iterator)
        if not is_data or not _is_static(iterator.element_spec):
            return one_by_one()(iterator)
        batches, count = take(iterator)
        if not count:
            raise StopIteration
        if not model.optimizer.built:  # a loop cannot make variables
            first = tf.nest.map_structure(lambda part: part[0], batches)
            model._symbolic_build(data_batch=first)
        return run(batches, count)

    return train


def _is_static(spec: Any) -> bool:
    import tensorflow as tf

    return all(part.shape.is_fully_defined() for part in tf.nest.flatten(spec))


def _zeros(spec: Any) -> Any:
    import tensorflow as tf

    return tf.nest.map_structure(lambda part: tf.zeros(part.shape, part.dtype), spec)
