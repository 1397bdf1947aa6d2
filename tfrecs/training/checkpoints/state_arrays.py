"""The variables of a training as named arrays, and the file that holds them."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfrecs._base.types import AnyArray


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


def read_arrays(path: Path) -> dict[str, AnyArray]:
    """Reads the arrays of a file that `write_arrays` wrote.

    Raises:
        ValueError: if the file is damaged, or holds compressed or pickled arrays.
    """
    try:
        with zipfile.ZipFile(path) as members:
            kinds = {member.compress_type for member in members.infolist()}
        if kinds - {zipfile.ZIP_STORED}:  # which could fill the memory
            raise ValueError("compressed arrays")
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
        if not all(isinstance(array, np.ndarray) for array in arrays.values()):
            raise ValueError("members that are no arrays")
        return arrays
    except (OSError, ValueError, LookupError, EOFError, MemoryError,
            zipfile.BadZipFile, NotImplementedError) as error:  # fmt: skip
        raise ValueError(
            f"{path}: must be whole. Received: {' '.join(str(error).split())}"
        ) from error


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
            raise ValueError(f"NaN or infinity in {name}")


def is_finite(array: AnyArray) -> bool:
    """Returns whether no value is NaN or infinite."""
    return bool(np.isfinite(array).all())
