"""Ids of batches, checked before XLA, which reads another row for one out of range.

JAX, which always compiles, reads NaN or another row.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any

import keras
import numpy as np

from tfrecs._base.forks import check_not_forked
from tfrecs._base.indices import PADDING
from tfrecs._base.types import AnyArray
from tfrecs.models.by_rank import for_each_rank

KINDS = {
    "user_id": "users",
    "item_id": "items",
    "negative_id": "items",
    "history": "items",
}
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

    def checked_function() -> Callable[..., Any]:
        of_all_ranks = getattr(model, name)
        make(force=True)
        function = getattr(model, name)
        setattr(model, name, of_all_ranks)
        return checked(function, model)

    check_not_forked()
    if getattr(model, name) is None or force:
        setattr(model, name, for_each_rank(checked_function))


def checked(function: Callable[..., Any], model: keras.Model) -> Callable[..., Any]:
    """Returns a function of batches that checks their ids, if XLA compiles it.

    Without XLA, look-ups on TensorFlow raise an error themselves.
    """
    if keras.backend.backend() == "jax":
        return _checked_on_jax(function, model)
    on_tensorflow = keras.backend.backend() == "tensorflow"
    if not on_tensorflow or not model.jit_compile or model.run_eagerly:
        return function
    if model.distribute_strategy.num_replicas_in_sync > 1:
        return function

    def run(batches: Any) -> Any:
        if isinstance(batches, list):  # of `predict`
            taken = batches
        else:
            taken = _taken(batches, model)
            batches = iter(taken)
        for batch in taken:
            check_ids(batch, model)
        return function(batches)

    return run


def _checked_on_jax(
    function: Callable[..., Any], model: keras.Model
) -> Callable[..., Any]:
    """Returns a function of the state and of batches that checks their ids."""

    def run(state: Any, batches: Any) -> Any:
        taken = _taken(batches, model)
        try:
            for batch in taken:
                check_ids(batch, model)
        except (TypeError, ValueError):
            _put_back(state, model)
            raise
        return function(state, iter(taken))

    return run


def _taken(batches: Any, model: keras.Model) -> list[Any]:
    """Returns the batches of the next execution; raises StopIteration if none is left.

    Keras ends an epoch at that exception.
    """
    taken = list(islice(batches, model.steps_per_execution))
    if not taken:
        raise StopIteration
    return taken


def _put_back(state: Any, model: keras.Model) -> None:
    """Assigns the state that Keras took out of a model's variables for its loop."""
    variables = [model.trainable_variables, model.non_trainable_variables]
    if len(state) == 4:  # of training
        variables.append(model.optimizer.variables)
    variables.append(model.metrics_variables)  # not of `predict`
    for kind, values in zip(variables, state, strict=False):
        for variable, value in zip(kind, values, strict=True):
            variable.assign(value)


def check_ids(batch: Any, model: Any) -> None:
    """Checks the ids of a batch, or of several that are stacked.

    Raises:
        TypeError: if ids are not whole numbers.
        ValueError: if an id is out of range.
    """
    inputs, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
    for name, kind in KINDS.items():
        size = getattr(model, f"num_{kind}")
        if name not in inputs or size is None:  # ids that the model does not read
            continue
        ids = _here(inputs[name])
        if ids.dtype.kind not in "iu":
            raise TypeError(
                f"`{name}` must be whole numbers. Received: {ids.dtype.name}. Look up "
                f"raw ids, such as with train.{kind}.known(...)."
            )
        if not ids.size:
            continue
        low, high = int(ids.min()), int(ids.max())
        of_history = model.max_length is not None and name in ("history", "user_id")
        lowest = PADDING if of_history else 0  # no item, or an unknown user
        if low < lowest or high >= size:
            raise ValueError(
                f"`{name}` must be from {lowest} to {size - 1}, the model's {kind}. "
                f"Received: {low} to {high}. Look up raw ids, such as with "
                f"train.{kind}.known(...), or grow the model with `grow_with`."
            )


def _here(ids: Any) -> AnyArray:
    """Returns ids as an array: with several processes, the ids of this one."""
    if getattr(ids, "is_fully_addressable", True):
        return np.asarray(ids)
    return np.concatenate([np.asarray(part.data) for part in ids.addressable_shards])
