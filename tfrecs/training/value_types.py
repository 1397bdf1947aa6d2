"""Checks of values from a file against the types of a function's parameters."""

import inspect
import sys
from collections.abc import Callable, Collection, Sequence
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

NAMES = {
    bool: "true or false",
    int: "a whole number",
    float: "a finite number",
    str: "a text",
    NoneType: "null",
}
"""Descriptions of the types that JSON has."""

LARGEST = sys.float_info.max


def parameter_types(
    function: Callable[..., Any], *, leave_out: Collection[str] = ()
) -> dict[str, Any]:
    """Returns the types of the parameters that have a default, by name."""
    return {
        name: parameter.annotation
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is not parameter.empty and name not in leave_out
    }


def check_keys(where: str, values: Any, known: Collection[str]) -> None:
    """Raises ValueError for an unknown key, or if `values` is no mapping."""
    if not isinstance(values, dict):
        raise ValueError(f"`{where}` must be an object. Received: {values!r}")
    for key in values:
        if key not in known:
            raise ValueError(
                f"A key of `{where}` must be one of {', '.join(known)}. "
                f"Received: {key!r}"
            )


def check_value(where: str, kind: Any, value: Any) -> Any:
    """Returns a value of JSON as one of a type; a list becomes a tuple.

    Raises:
        ValueError: with the place, the allowed types and the value.
    """
    if not _is_of(kind, value):
        raise ValueError(f"`{where}` must be {_name(kind)}. Received: {value!r}")
    return tuple(value) if isinstance(value, list) else value


def _is_of(kind: Any, value: Any) -> bool:
    if get_origin(kind) is UnionType:
        return any(_is_of(part, value) for part in get_args(kind))
    if get_origin(kind) in (tuple, Sequence):
        parts = get_args(kind)
        if not isinstance(value, list):
            return False
        if get_origin(kind) is tuple and len(value) != len(parts):
            return False
        return all(_is_of(parts[0], x) for x in value)
    if kind in (int, float) and isinstance(value, bool):
        return False
    if kind is float:
        return isinstance(value, int | float) and -LARGEST <= value <= LARGEST
    return kind in NAMES and isinstance(value, kind)


def _name(kind: Any) -> str:
    if get_origin(kind) is UnionType:
        known = [part for part in get_args(kind) if get_origin(part) or part in NAMES]
        return " or ".join(map(_name, known))
    if get_origin(kind) in (tuple, Sequence):
        part = get_args(kind)[0]
        return f"a list, each {_name(part)}"
    return NAMES[kind]
