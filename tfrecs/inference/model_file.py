"""Keras files that other people made, whose classes are checked before any is built."""

import json
import sys
import zipfile
from collections.abc import Iterator
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
            registered with it, or is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        _check_names(json.loads(archive.read("config.json")))
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def _check_names(config: Any) -> None:
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


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Yields every object of a JSON value."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _parts(part)


def _is_registered(name: str | None) -> bool:
    return name is not None and keras.saving.get_registered_object(name) is not None
