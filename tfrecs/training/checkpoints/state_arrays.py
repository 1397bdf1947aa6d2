"""The variables of a training as named arrays, and the file that holds them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfrecs._base.types import AnyArray

NOT_NEGATIVE = re.compile(
    r"^optimizer/.*(iteration|velocity|(?<!gradient)[/_]accumulator|_grad)$"
)
"""Names of steps and of sums of squares: an optimizer makes NaN of negative ones."""


def variables_of(model: keras.Model) -> dict[str, Any]:
    """Returns weights, seeds of dropout and variables of the optimizer, by name."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    kinds = {"model": model.variables, "optimizer": model.optimizer.variables}
    return {
        f"{kind}/{n}/{without_counter(variable.path)}": variable
        for kind, variables in kinds.items()
        for n, variable in enumerate(variables)
    }


def without_counter(path: str) -> str:
    """Removes the numbers that Keras counts the objects of a program with.

    The second model of a program has `squeeze_1` where the first has `squeeze`.
    """
    return re.sub(r"_\d+(?=\W|_|$)", "", path)


def write_arrays(path: Path, arrays: Mapping[str, AnyArray]) -> None:
    """Writes arrays to a file of NumPy, without compression."""
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def array_of(variable: Any) -> AnyArray:
    """Returns the value of a variable in a dtype that NumPy has."""
    array = np.asarray(keras.ops.convert_to_numpy(variable))
    return array.astype(np.float32) if array.dtype.kind not in "biuf" else array


def check_arrays(arrays: Mapping[str, AnyArray], variables: Mapping[str, Any]) -> None:
    """Raises ValueError unless each variable has a finite array of its shape."""
    for name, variable in variables.items():
        if name not in arrays:
            raise ValueError(f"no {name}")
        array, shape = arrays[name], tuple(variable.shape)
        dtype = keras.backend.standardize_dtype(variable.dtype)
        expected = "float32" if dtype == "bfloat16" else dtype
        if array.shape != shape or array.dtype.name != expected:
            raise ValueError(
                f"{name} of shape {array.shape} and {array.dtype}, not {shape} and "
                f"{expected}"
            )
        if not is_finite(array):
            raise ValueError(
                f"NaN or infinity in {name}, or numbers too large to be squared"
            )
        if NOT_NEGATIVE.search(name) and array.min(initial=0) < 0:
            raise ValueError(f"negative numbers in {name}")


def is_finite(array: AnyArray) -> bool:
    """Returns whether no value is NaN, infinite or too large to be squared."""
    if array.dtype.kind != "f":
        return True
    with np.errstate(over="ignore", invalid="ignore"):
        flat = array.astype(np.float32, copy=False).ravel()
        return bool(np.isfinite(np.dot(flat, flat)))
