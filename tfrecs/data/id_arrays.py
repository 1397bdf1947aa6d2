"""Raw ids as arrays."""

import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from tfrecs._base.types import AnyArray, BoolArray
from tfrecs.data.frames import one_column

EXACT_FLOATS = 2**53
"""Below, a float holds each integer exactly; from there it may stand for several."""

LARGEST = 10**300
"""Integers below it can be written to a file and read back."""

_HALF = re.compile("[\ud800-\udfff]")


def as_id_array(values: Iterable[Any], name: str) -> AnyArray:
    """Returns raw ids as a one-dimensional array, with tuples kept whole.

    Raises:
        TypeError: if `values` is a table.
        ValueError: if `values` has more than one dimension, or a missing value.
    """
    import pandas as pd

    values = one_column(values, name)
    if isinstance(
        values, pd.Series | pd.Index | np.ndarray | pd.api.extensions.ExtensionArray
    ):
        ids = np.asarray(values)
    else:
        listed = list(values)
        kinds = {type(value) for value in listed}
        small = kinds == {int} and -(2**63) <= min(listed) <= max(listed) < 2**63
        if small or kinds == {float}:
            ids = np.asarray(listed)
        else:  # NumPy would merge 1 and "1", and split tuples into columns
            ids = np.empty(len(listed), dtype=object)
            ids[:] = listed
    if ids.ndim != 1:
        raise ValueError(
            f"`{name}` must have one dimension, one id for each interaction. "
            f"Received: shape {ids.shape}"
        )
    if ids.dtype.kind == "U":
        ids = ids.astype(object)  # one Python str for each id, whatever the source
    if ids.dtype == np.float16:  # pandas cannot look these up
        ids = ids.astype(np.float32)
    elif ids.dtype.kind in "iuf":  # nor numbers of the other byte order
        ids = ids.astype(ids.dtype.newbyteorder("="), copy=False)
    missing = np.flatnonzero(pd.isna(ids))
    if missing.size:
        raise ValueError(
            f"`{name}` must have no missing ids. Received: {missing.size} missing, "
            f"the first in row {missing[0]}. Drop these rows or assign an id."
        )
    return ids


def inexact(ids: AnyArray) -> BoolArray:
    """Returns a mask of the finite floats that may stand for several integers."""
    if ids.dtype.kind == "f":
        return np.isfinite(ids) & (np.abs(ids) >= EXACT_FLOATS)
    if not has_floats(ids):
        return np.zeros(len(ids), dtype=bool)
    return np.array(
        [isinstance(i, float) and EXACT_FLOATS <= abs(i) < math.inf for i in ids]
    )


def has_floats(ids: AnyArray) -> bool:
    """Returns whether an array of objects may hold floats among other ids."""
    import pandas as pd

    kinds = ("floating", "mixed-integer-float", "mixed-integer", "mixed")
    return ids.dtype == object and pd.api.types.infer_dtype(ids) in kinds


def is_exact(id_: Any) -> bool:
    """Returns whether an id equals no other one, and can be written and read back.

    These are refused: True and False, which equal 1 and 0; floats that may stand for
    several integers; integers that no float holds; and text with half a character.
    """
    if isinstance(id_, str):
        return id_.isascii() or not _HALF.search(id_)
    if isinstance(id_, tuple):
        return all(map(is_exact, id_))
    if isinstance(id_, int):
        return not isinstance(id_, bool) and abs(id_) < LARGEST
    return not (isinstance(id_, float) and EXACT_FLOATS <= abs(id_) < math.inf)


def collection(ids: Any, name: str) -> AnyArray:
    """Returns raw ids as an array.

    Raises:
        ValueError: if `ids` is not a collection, such as a single id.
    """
    if isinstance(ids, str | bytes) or not isinstance(ids, Iterable):
        raise ValueError(
            f"`{name}` must be a collection of ids. Received: {ids!r}. Write "
            f"[{ids!r}] for a single one."
        )
    return as_id_array(ids, name)
