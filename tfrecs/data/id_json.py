"""Vocabularies as JSON, from which the same ids come back, kind and all."""

import json
import math
from typing import Any

import numpy as np

from tfrecs._base.types import AnyArray
from tfrecs.data.vocabulary import Vocabulary

NUMBERS = "iufb"
"""Kinds of NumPy's arrays whose ids are kept as an array of that kind."""


def to_json(vocabulary: Vocabulary) -> str:
    """Writes ids that are int, float, str, bool, or tuples of these.

    Raises:
        TypeError: if an id is of another kind, or infinite.
    """
    ids = vocabulary.ids
    if ids.dtype.kind not in f"{NUMBERS}O":
        raise TypeError(_refused(vocabulary.name, ids[0], f"{ids.dtype}"))
    written = {
        "name": vocabulary.name,
        "dtype": "object" if ids.dtype == object else ids.dtype.str,
        "ids": [_plain(id_, vocabulary.name) for id_ in ids.tolist()],
    }
    return json.dumps(written, allow_nan=False, separators=(",", ":"))


def from_json(text: str) -> Vocabulary:
    """Reads what `to_json` wrote.

    Raises:
        ValueError: if it is something else.
    """
    try:
        written = json.loads(text)
        kind = np.dtype(written["dtype"])
        ids: AnyArray = np.empty(len(written["ids"]), dtype=kind)
        ids[:] = [_with_tuples(id_) for id_ in written["ids"]]
        return Vocabulary(ids, str(written["name"]))
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"must be a vocabulary. Received: {error!r}") from error


def _plain(id_: Any, name: str) -> Any:
    """An id as JSON has it: a tuple as a list, which no id can be."""
    if isinstance(id_, np.generic):
        id_ = id_.item()
    if type(id_) is tuple:
        return [_plain(part, name) for part in id_]
    if type(id_) not in (int, float, str, bool) or (
        type(id_) is float and not math.isfinite(id_)
    ):
        raise TypeError(_refused(name, id_, f"a {type(id_).__name__}"))
    return id_


def _with_tuples(id_: Any) -> Any:
    return tuple(map(_with_tuples, id_)) if isinstance(id_, list) else id_


def _refused(name: str, id_: Any, kind: str) -> str:
    return (
        f"`{name}` must be int, finite float, str, bool or tuples of these, to be "
        f"written as JSON. Received: {id_!r} ({kind}). Make the ids str, for instance."
    )
