"""Ids of batches, checked before XLA, which reads another row for one out of range."""

from collections.abc import Callable
from itertools import islice
from typing import Any

import keras

KINDS = {"user_id": "users", "item_id": "items", "negative_id": "items"}
"""What the inputs of models and views are ids of."""


def make_checked(
    model: keras.Model, name: str, make: Callable[..., Any], force: bool
) -> None:
    """Creates a function of Keras by `make`, and checks the ids of its batches.

    Args:
        model: a `TwoTower`, or a view of one.
        name: the attribute that holds the function.
        make: the method of Keras that creates it.
        force: whether to create it again.
    """
    if getattr(model, name) is None or force:
        make(force=True)
        setattr(model, name, checked(getattr(model, name), model))


def checked(function: Callable[..., Any], model: keras.Model) -> Callable[..., Any]:
    """Returns a function of batches that checks their ids, if XLA compiles it.

    Without XLA, look-ups on TensorFlow raise an error themselves.
    """
    on_tensorflow = keras.backend.backend() == "tensorflow"
    if not on_tensorflow or not model.jit_compile or model.run_eagerly:
        return function
    if model.distribute_strategy.num_replicas_in_sync > 1:
        return function

    def run(batches: Any) -> Any:
        if isinstance(batches, list):  # of `predict`
            taken = batches
        else:
            taken = list(islice(batches, model.steps_per_execution))
            if not taken:
                raise StopIteration
            batches = iter(taken)
        for batch in taken:
            check_ids(batch, model)
        return function(batches)

    return run


def check_ids(batch: Any, model: Any) -> None:
    """Checks the ids of a batch, or of several that are stacked.

    Raises:
        TypeError: if ids are not whole numbers.
        ValueError: if an id is out of range.
    """
    import tensorflow as tf

    inputs, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
    for name, kind in KINDS.items():
        if name not in inputs:
            continue
        ids, size = tf.convert_to_tensor(inputs[name]), getattr(model, f"num_{kind}")
        if not ids.dtype.is_integer:
            raise TypeError(
                f"`{name}` must be whole numbers. Received: {ids.dtype.name}. Look up "
                f"raw ids, such as with train.{kind}.known(...)."
            )
        if not tf.size(ids):
            continue
        low, high = int(tf.reduce_min(ids)), int(tf.reduce_max(ids))
        if low < 0 or high >= size:
            raise ValueError(
                f"`{name}` must be from 0 to {size - 1}, the model's {kind}. Received: "
                f"{low} to {high}. Look up raw ids, such as with "
                f"train.{kind}.known(...), or grow the model with `grow_with`."
            )
