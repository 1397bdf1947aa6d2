"""A compiled function for each rank of batches, on TensorFlow."""

from collections.abc import Callable
from itertools import chain
from typing import Any

import keras


def for_each_rank(make: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
    """Returns a function of batches that calls one created for their ranks.

    TensorFlow traces a function that has had arguments of two ranks for an unknown
    rank, for which a model cannot know whether a user has one item or several.

    Args:
        make: creates a function that Keras calls to train, evaluate or predict.
    """
    if keras.backend.backend() != "tensorflow":
        return make()
    functions: dict[tuple[int | None, ...], Callable[..., Any]] = {}

    def run(batches: Any) -> Any:
        first, batches = _first(batches)
        ranks = _ranks(first)
        if ranks not in functions:
            functions[ranks] = make()
        return functions[ranks](batches)

    return run


def _first(batches: Any) -> tuple[Any, Any]:
    """Returns the first batch or its specification, and all batches."""
    if isinstance(batches, list):  # of `predict`
        return batches[0], batches
    if hasattr(batches, "element_spec"):
        return batches.element_spec, batches
    first = next(batches)  # of `train_on_batch`
    return first, chain([first], batches)


def _ranks(batch: Any) -> tuple[int | None, ...]:
    """Returns the rank of each tensor, on several devices too."""
    import tensorflow as tf

    parts = tf.nest.flatten(batch, expand_composites=True)
    return tuple(tf.TensorShape(getattr(part, "shape", ())).rank for part in parts)
