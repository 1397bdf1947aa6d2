"""Raw ids to contiguous indices, and back."""

import json
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.finite_json import read_json
from tfrecs._base.types import AnyArray, IntArray
from tfrecs.data.id_arrays import LARGEST, as_id_array, inexact

if TYPE_CHECKING:
    import pandas as pd

WRITTEN = "iufbO"
"""Kinds of arrays of ids that a file may hold."""


class Vocabulary:
    """The distinct raw ids of users or items; an id's position is its index.

    Args:
        ids: distinct raw ids, of any hashable kind, in the order of their indices.
        name: the name of the ids in messages.

    Raises:
        ValueError: if an id is missing or repeated.

    Example:
        >>> films = Vocabulary(["Heat", "Alien"], name="items")
        >>> films.index(["Alien", "Heat", "Tron"])
        array([ 1,  0, -1], dtype=int32)
        >>> films.ids[[1]]
        array(['Alien'], dtype=object)
    """

    def __init__(self, ids: Iterable[Any], name: str = "ids") -> None:
        self.name = name
        self.ids = as_id_array(ids, name).copy()
        self.ids.flags.writeable = False
        if not self._lookup.is_unique:
            twice = self.ids[self._lookup.duplicated()][:1].tolist()[0]
            raise ValueError(
                f"`{name}` must be distinct. Received: {twice!r:.60} more than once"
            )

    @classmethod
    def learn(cls, values: Iterable[Any], name: str) -> tuple["Vocabulary", IntArray]:
        """Returns the vocabulary of `values`, sorted if possible, and their indices."""
        import pandas as pd

        raw = as_id_array(values, name)
        _check_bools(raw, name)
        try:
            # Of texts alone, pandas 2 compares what is before a NUL. None has no id.
            mixed = np.append(raw, np.array([None])) if raw.dtype == object else raw
            codes, ids = pd.factorize(mixed)
        except TypeError as error:
            raise TypeError(_unhashable(name, raw)) from error
        try:
            order = np.argsort(ids, kind="stable")
        except TypeError:  # ids that do not compare keep the order of appearance
            order = np.arange(len(ids))
        place = np.empty(len(ids), dtype=np.int32)
        place[order] = np.arange(len(ids), dtype=np.int32)
        return cls(ids[order], name), place[codes[: len(raw)]]

    @cached_property
    def _lookup(self) -> "pd.Index[Any]":
        import pandas as pd

        return pd.Index(self.ids, tupleize_cols=False)

    def index(self, raw: Iterable[Any]) -> IntArray:
        """Returns the index of each raw id, -1 if unknown.

        Raises:
            TypeError: if an id cannot be looked up, such as a list.
            ValueError: if ids are integers and a float of 2**53 or more is looked up.
        """
        import pandas as pd

        ids, lookup = as_id_array(raw, self.name), self._lookup
        self._check_exact(ids)
        if {ids.dtype.kind, self.ids.dtype.kind} in ({"i", "f"}, {"u", "f"}):
            # Python compares integers and floats exactly, and NumPy as floats.
            ids, lookup = ids.astype(object), lookup.astype(object)
        try:
            found = lookup.get_indexer(pd.Index(ids, tupleize_cols=False))
        except TypeError as error:
            raise TypeError(_unhashable(self.name, ids)) from error
        return np.asarray(found, dtype=np.int32)

    def _check_exact(self, ids: AnyArray) -> None:
        """Raises ValueError for floats that may stand for another integer id."""
        wrong = inexact(ids)
        if wrong.any() and any(type(id_) is int for id_ in self.ids.tolist()):
            row = int(np.flatnonzero(wrong)[0])
            raise ValueError(
                f"`{self.name}` are integers, and floats of 2**53 or more do not hold "
                f"every integer. Received: {ids.tolist()[row]!r:.60} in row {row}. "
                'Pass integers, such as with dtype="Int64" in pandas.'
            )

    def known(self, raw: Iterable[Any]) -> IntArray:
        """Returns the index of each raw id.

        Raises:
            ValueError: if an id is not in the vocabulary.
        """
        ids = as_id_array(raw, self.name)
        indices = self.index(ids)
        unknown = np.flatnonzero(indices < 0)
        if unknown.size:
            first, known = ids[unknown].tolist()[0], self.ids[:1].tolist()[0]
            raise ValueError(
                f"`{self.name}` must be known. Received: {unknown.size} of {len(ids)} "
                f"unknown, the first {first!r:.60} (a {type(first).__name__}). Known "
                f"ids look like {known!r:.60} (a {type(known).__name__}); drop the "
                "unknown ones or learn from them first."
            )
        return indices

    def check_same(self, other: "Vocabulary") -> None:
        """Raises ValueError if the ids of the other vocabulary differ."""
        if self is not other and not np.array_equal(self.ids, other.ids):
            raise ValueError(
                "Both must share one vocabulary of users and items. Received: "
                f"{self!r} and {other!r}. Make one with the other's, such as "
                "from_arrays(..., user_vocabulary=train.users)."
            )

    def extended(self, raw: Iterable[Any]) -> "Vocabulary":
        """Returns a vocabulary with more ids; known ids keep their indices.

        Args:
            raw: raw ids, repeated or not; new ones are appended in their order.

        Raises:
            ValueError: if an id is missing.

        Example:
            >>> films = Vocabulary(["Heat", "Alien"], name="items")
            >>> films.extended(["Tron", "Heat", "Tron"]).ids.tolist()
            ['Heat', 'Alien', 'Tron']
        """
        ids = as_id_array(raw, self.name)
        new = dict.fromkeys(ids[self.index(ids) < 0].tolist())
        # As lists, since NumPy would turn ids of two kinds into one.
        return Vocabulary([*self.ids.tolist(), *new], self.name)

    def __len__(self) -> int:
        """Returns the number of ids."""
        return len(self.ids)

    def __repr__(self) -> str:
        """Returns the number of ids and the first ones."""
        first = ", ".join(f"{id_!r:.60}" for id_ in self.ids[:3].tolist())
        return f"<Vocabulary of {len(self)} {self.name}: {first}, ...>"


def _check_bools(ids: AnyArray, name: str) -> None:
    """Raises ValueError for True and 1, or False and 0, which would be one id."""
    import pandas as pd

    kinds = ("mixed", "mixed-integer")
    if ids.dtype != object or pd.api.types.infer_dtype(ids) not in kinds:
        return
    values = [id_ for id_ in ids.tolist() if type(id_) in (bool, int, float)]
    both = {id_ for id_ in values if type(id_) is bool} & {
        id_ for id_ in values if type(id_) is not bool
    }
    if both:
        raise ValueError(
            f"`{name}` must not hold both {min(both)!r} and {bool(min(both))!r}, which "
            "are equal. Make them str, for instance."
        )


def _unhashable(name: str, ids: AnyArray) -> str:
    """The message for the first id that is not hashable."""
    for id_ in ids.tolist():
        try:
            hash(id_)
        except TypeError:
            break
    return (
        f"`{name}` must be hashable, such as int, str or tuple. Received: "
        f"{type(id_).__name__}, {id_!r:.60}"
    )


def to_json(vocabulary: Vocabulary) -> str:
    """Writes a vocabulary of int, float, str, bool, or tuples of these as JSON.

    Raises:
        TypeError: if an id is of another kind, or infinite.
    """
    ids = vocabulary.ids
    if ids.dtype.kind not in WRITTEN:
        raise TypeError(_refused(vocabulary.name, ids[0], f"{ids.dtype}"))
    written = {
        "name": vocabulary.name,
        "dtype": "object" if ids.dtype == object else ids.dtype.str,
        "ids": [_plain(id_, vocabulary.name) for id_ in ids.tolist()],
    }
    return json.dumps(written, allow_nan=False, separators=(",", ":"))


def from_json(text: str) -> Vocabulary:
    """Reads the JSON of `to_json`; ids keep their types.

    Raises:
        ValueError: if it is not the JSON of a vocabulary.
    """
    try:
        written = read_json(text)
        kind, listed = np.dtype(written["dtype"]), written["ids"]
        if kind.kind not in WRITTEN:
            raise TypeError(f"ids of {kind}")
        ids: AnyArray = np.empty(len(listed), dtype=kind)
        ids[:] = [_with_tuples(id_) for id_ in listed]
        if kind.kind != "O" and ids.tolist() != listed:
            raise TypeError(f"other ids than {kind}")
        return Vocabulary(ids, str(written["name"]))
    except (KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"must be a vocabulary. Received: {error!r}") from error


def _plain(id_: Any, name: str) -> Any:
    """An id for JSON, where a tuple becomes a list, which is never an id."""
    if isinstance(id_, np.generic):
        id_ = id_.item()
    if type(id_) is tuple:
        return [_plain(part, name) for part in id_]
    too_large = type(id_) in (int, float) and not abs(id_) < LARGEST  # NaN too
    if type(id_) not in (int, float, str, bool) or too_large:
        raise TypeError(_refused(name, id_, f"a {type(id_).__name__}"))
    return id_


def _with_tuples(id_: Any) -> Any:
    return tuple(map(_with_tuples, id_)) if isinstance(id_, list) else id_


def _refused(name: str, id_: Any, kind: str) -> str:
    return (
        f"`{name}` must be int, finite float, str, bool or tuples of these, to be "
        f"written as JSON. Received: {id_!r:.60} ({kind}). Make the ids str, for "
        "instance."
    )
