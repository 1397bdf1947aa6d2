"""The state of Keras callbacks as JSON and arrays.

Keras has no method for it, so the state of a callback is the attributes that changed
after the training began and that are numbers, strings, arrays, functions of
`keras.ops`, or lists or dicts of these: `wait`, `best` and `best_weights` of
`EarlyStopping`, for instance.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from tfrecs._base.types import AnyArray


class CallbackStates:
    """Reads and restores the states of several callbacks.

    Args:
        callbacks: the callbacks; the order and the classes identify them.
    """

    def __init__(self, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        self.callbacks = list(callbacks)
        self._start: list[dict[str, Any]] = [{} for _ in self.callbacks]

    @property
    def names(self) -> list[str]:
        """The class of each callback."""
        return [type(callback).__name__ for callback in self.callbacks]

    def begin(self) -> None:
        """Remembers the attributes that each callback starts with."""
        self._start = [_packed_attributes(c, "", {}) for c in self.callbacks]

    def pack(self, arrays: dict[str, AnyArray]) -> list[dict[str, Any]]:
        """Returns the state of each callback, and adds its arrays to `arrays`."""
        states = []
        for n, (callback, start) in enumerate(
            zip(self.callbacks, self._start, strict=True)
        ):
            found: dict[str, AnyArray] = {}
            packed = _packed_attributes(callback, f"callback/{n}", found)
            state = {
                name: value
                for name, value in packed.items()
                if name not in start or _arrays_of(value) or start[name] != value
            }
            names = [key for value in state.values() for key in _arrays_of(value)]
            arrays.update({key: found[key] for key in names})
            states.append(state)
        return states

    def restore(
        self, states: Sequence[Mapping[str, Any]], arrays: Mapping[str, AnyArray]
    ) -> None:
        """Sets the attributes that `pack` returned, and counts them as changed.

        Raises:
            ValueError, TypeError, LookupError: if a state is malformed.
        """
        for callback, state, start in zip(
            self.callbacks, states, self._start, strict=True
        ):
            own = vars(callback)
            for name, packed in state.items():
                value = _unpack(packed, arrays)
                # Keras calls attributes of such names, like `monitor_op`.
                is_wrong = (
                    name.endswith("_op") and value is not None and not callable(value)
                )
                if is_wrong or (name not in own and hasattr(callback, name)):
                    raise ValueError(f"{name!r} of {type(callback).__name__}")
                setattr(callback, name, value)
                start.pop(name, None)


def _packed_attributes(
    callback: keras.callbacks.Callback, prefix: str, arrays: dict[str, AnyArray]
) -> dict[str, Any]:
    packed = {}
    for name, value in vars(callback).items():
        try:
            packed[name] = _pack(value, f"{prefix}/{name}", arrays)
        except TypeError:  # neither numbers nor text: models, data, functions, files
            continue
    return packed


def _pack(value: Any, key: str, arrays: dict[str, AnyArray]) -> Any:
    """Returns a value as JSON, with its arrays by their keys in `arrays`."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biuf":
        arrays[key] = np.asarray(value)
        return {"array": key}
    if isinstance(value, list):
        return [_pack(x, f"{key}/{n}", arrays) for n, x in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(k, str) for k in value):
        return {"dict": {k: _pack(x, f"{key}/{k}", arrays) for k, x in value.items()}}
    name = getattr(value, "__name__", "")
    if value is getattr(keras.ops, name, None):
        return {"op": name}  # such as `less`, which `min_delta` belongs to
    raise TypeError(f"cannot be stored: {type(value).__name__}")


def _unpack(packed: Any, arrays: Mapping[str, AnyArray]) -> Any:
    if isinstance(packed, list):
        return [_unpack(x, arrays) for x in packed]
    if not isinstance(packed, dict):
        return packed
    if "array" in packed:
        return arrays[packed["array"]][()]  # a number where it was one
    if "op" in packed:
        if packed["op"].startswith("_"):
            raise AttributeError(packed["op"])
        return getattr(keras.ops, packed["op"])
    return {name: _unpack(x, arrays) for name, x in packed["dict"].items()}


def _arrays_of(packed: Any) -> list[str]:
    """Returns the keys of the arrays in a packed value."""
    if isinstance(packed, list):
        return [key for x in packed for key in _arrays_of(x)]
    if not isinstance(packed, dict):
        return []
    if "array" in packed:
        return [packed["array"]]
    return [key for x in packed.get("dict", {}).values() for key in _arrays_of(x)]
