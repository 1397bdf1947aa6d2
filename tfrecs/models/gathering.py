"""Arrays and models that span processes, brought into the memory of one."""

import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import ops

from tfrecs._base.types import AnyArray
from tfrecs.models.layers.embedding import WHOLE


def to_numpy(array: Any) -> AnyArray:
    """Returns an array or a variable in the memory of this process.

    One that spans the processes of JAX is gathered a block of rows at a time: all
    processes must call this, in the same order.
    """
    value = getattr(array, "value", array)
    if not _spans_processes(value) or value.is_fully_replicated:
        return ops.convert_to_numpy(array)
    from jax.experimental.multihost_utils import process_allgather

    gathered = np.empty(value.shape, value.dtype)
    height = max(1, WHOLE // math.prod(value.shape[1:]))
    for start in range(0, len(gathered), height):
        rows = value[start : start + height]
        gathered[start : start + height] = process_allgather(rows, tiled=True)
    return gathered


@contextmanager
def written_once(model: Any) -> Iterator[Any]:
    """Yields the model to write to a file, or None in a process that must not write.

    A model that spans processes is gathered into a copy in the first of them, without
    the optimizer's state; the others wait until it is written.
    """
    weights = getattr(model, "weights", ())  # none of a model that is not of Keras
    if not any(_spans_processes(weight.value) for weight in weights):
        yield model
        return
    import jax
    from jax.experimental.multihost_utils import sync_global_devices

    is_first = jax.process_index() == 0
    arrays = _gathered(weights, is_first)
    try:
        yield _local_copy(model, arrays) if is_first else None
    finally:
        sync_global_devices("tfrecs: a model is written")


def _spans_processes(value: Any) -> bool:
    return not getattr(value, "is_fully_addressable", True)  # an array of JAX


def _gathered(variables: Any, is_kept: bool) -> list[AnyArray]:
    """Gathers variables one by one; returns them, or nothing."""
    arrays = (to_numpy(variable) for variable in variables)
    return [array for array in arrays if is_kept]


def _local_copy(model: keras.Model, arrays: list[AnyArray]) -> keras.Model:
    """Returns a model of this process alone, with these weights."""
    # Keras draws seeds of layers from Python's generator, which stays the same in all.
    distribution, drawn = keras.distribution.distribution(), random.getstate()
    keras.distribution.set_distribution(None)
    try:
        copy = type(model).from_config(model.get_config())
        copy.set_weights(arrays)
        return copy
    finally:
        keras.distribution.set_distribution(distribution)
        random.setstate(drawn)
