"""Keras files that other people made, whose classes are checked before any is built.

A configuration of some bytes may also describe tables of any size: a model that has
more weights than its file has bytes is refused before it takes the memory.
"""

import io
import json
import math
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras

SPECIAL = ("__keras_tensor__", "__tensor__", "__numpy__", "__ellipsis__", "__slice__")
"""Names of values, which Keras writes as it writes classes."""


def read_model(path: Path) -> keras.Model:
    """Reads a `.keras` file without importing a module that the file names.

    Keras's safe mode refuses bytecode, but imports some modules by the names in the
    file, and with them any file of such a name in the working directory.

    Raises:
        ValueError: if the file names a class or function that is neither of Keras nor
            registered with it, describes a model that is larger than the file, or is
            damaged.
    """
    try:
        return _checked(path)
    except Exception as error:  # of a damaged file Keras and HDF5 raise any
        reason = " ".join(str(error).rpartition("Exception encountered: ")[2].split())
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise ValueError(f"{kind}{reason:.300}") from error


def _checked(path: Path) -> keras.Model:
    with zipfile.ZipFile(path) as archive:
        members, size = archive.infolist(), path.stat().st_size
        stored = {member.compress_type for member in members} <= {zipfile.ZIP_STORED}
        if not stored or sum(member.file_size for member in members) > size:
            raise ValueError("members must be as Keras writes them, not compressed")
        config = json.loads(archive.read("config.json"))
        # TensorFlow refuses names with half a character when the model is called.
        json.dumps(config, ensure_ascii=False).encode()
        check_names(config)
        check_size(config, size)
        _check_weights(io.BytesIO(archive.read("model.weights.h5")), size)
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def check_names(config: Any) -> None:
    """Raises ValueError at the first class that Keras would have to look for."""
    for part in _parts(config):
        name, module = part.get("class_name"), part.get("module")
        registered = part.get("registered_name", name)  # as Keras looks it up
        if name == "function":
            name = registered = part.get("config")
        if module is None and (name is None or name in SPECIAL):
            continue
        if not isinstance(name, str) or not isinstance(registered, str | None):
            raise ValueError(f"a class must have a name. Received: {str(part)[:100]}")
        # Keras imports modules of packages whose names begin with its own.
        if str(module).startswith("keras"):
            is_known = hasattr(sys.modules.get(str(module)), name)
        else:  # such as "relu" of "builtins", which Keras knows
            is_known = module == "builtins" or _is_registered(registered)
        if not is_known:
            raise ValueError(
                "classes must be of Keras, or registered with "
                f"`keras.saving.register_keras_serializable`. Received: {module!r}, "
                f"{name!r}"
            )


def check_size(config: Any, most: int) -> None:
    """Raises ValueError if a configuration describes more than `most` weights.

    The model is built without values, in a thread of its own: Keras keeps the variables
    that are not initialized, and the numbers in names, for each thread.
    """
    names = {part.get("registered_name") for part in _parts(config)}
    known = {name: keras.saving.get_registered_object(name) for name in names if name}
    with ThreadPoolExecutor(1) as thread:
        size = thread.submit(_number_of_weights, config, known).result()
    if size > most:
        raise ValueError(
            f"a model must have as many weights as its file holds. Received: {size:,} "
            f"weights in {most:,} bytes"
        )


def _number_of_weights(config: Any, known: dict[str, Any]) -> int:
    objects = {name: found for name, found in known.items() if found is not None}
    without_values = keras.StatelessScope(initialize_variables=False)
    config = {**config, "compile_config": None}  # an optimizer makes variables at once
    with keras.saving.custom_object_scope(objects), without_values:
        model = keras.saving.deserialize_keras_object(config, safe_mode=True)
        return sum(math.prod(variable.shape) for variable in model.variables)


def _check_weights(file: io.BytesIO, most: int) -> None:
    """Raises ValueError if arrays of a file of weights are larger than it."""
    import h5py

    sizes = [0]

    def add(_: str, found: Any) -> None:
        sizes.append(found.nbytes if isinstance(found, h5py.Dataset) else 0)

    with h5py.File(file, "r") as weights:
        weights.visititems(add)
    if sum(sizes) > most:
        raise ValueError(
            f"weights must be as large as their file. Received: {sum(sizes):,} bytes "
            f"in a file of {most:,}"
        )


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Yields every object of a JSON value."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _parts(part)


def _is_registered(name: str | None) -> bool:
    return name is not None and keras.saving.get_registered_object(name) is not None
