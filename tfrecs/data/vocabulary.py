"""Raw ids to contiguous indices, and back."""

import json
import math
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.types import AnyArray, IntArray
from tfrecs.data.frames import one_column

if TYPE_CHECKING:
    import pandas as pd


def as_id_array(values: Iterable[Any], name: str) -> AnyArray:
    """Returns raw ids as a one-dimensional array, with tuples kept whole.

    Raises:
        TypeError: if `values` is a table.
        ValueError: if `values` has more than one dimension, or a missing value.
    """
    import pandas as pd

    values = one_column(values, name)
    if isinstance(values, pd.Series | pd.Index | np.ndarray):
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
    missing = np.flatnonzero(pd.isna(ids))
    if missing.size:
        raise ValueError(
            f"`{name}` must have no missing ids. Received: {missing.size} missing, "
            f"the first in row {missing[0]}. Drop these rows or assign an id."
        )
    return ids


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
                f"`{name}` must be distinct. Received: {twice!r} more than once"
            )

    @classmethod
    def learn(cls, values: Iterable[Any], name: str) -> tuple["Vocabulary", IntArray]:
        """Returns the vocabulary of `values`, sorted if possible, and their indices."""
        import pandas as pd

        raw = as_id_array(values, name)
        try:
            codes, ids = pd.factorize(raw)
        except TypeError as error:
            raise TypeError(_unhashable(name, raw)) from error
        try:
            order = np.argsort(ids, kind="stable")
        except TypeError:  # ids that do not compare keep the order of appearance
            order = np.arange(len(ids))
        place = np.empty(len(ids), dtype=np.int32)
        place[order] = np.arange(len(ids), dtype=np.int32)
        return cls(ids[order], name), place[codes]

    @cached_property
    def _lookup(self) -> "pd.Index[Any]":
        import pandas as pd

        return pd.Index(self.ids, tupleize_cols=False)

    def index(self, raw: Iterable[Any]) -> IntArray:
        """Returns the index of each raw id, -1 if unknown.

        Raises:
            TypeError: if an id cannot be looked up, such as a list.
        """
        import pandas as pd

        ids = as_id_array(raw, self.name)
        try:
            found = self._lookup.get_indexer(pd.Index(ids, tupleize_cols=False))
        except TypeError as error:
            raise TypeError(_unhashable(self.name, ids)) from error
        return np.asarray(found, dtype=np.int32)

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
                f"unknown, the first {first!r} (a {type(first).__name__}). Known ids "
                f"look like {known!r} (a {type(known).__name__}); drop the unknown "
                "ones or learn from them first."
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
        import pandas as pd

        ids = as_id_array(raw, self.name)
        new = pd.unique(ids[self.index(ids) < 0])
        # As lists, since NumPy would turn ids of two kinds into one.
        return Vocabulary([*self.ids.tolist(), *new.tolist()], self.name)

    def __len__(self) -> int:
        """Returns the number of ids."""
        return len(self.ids)

    def __repr__(self) -> str:
        """Returns the number of ids and the first ones."""
        first = ", ".join(repr(id_) for id_ in self.ids[:3].tolist())
        return f"<Vocabulary of {len(self)} {self.name}: {first}, ...>"


def _unhashable(name: str, ids: AnyArray) -> str:
    """The message for the first id that is not hashable."""
    for id_ in ids.tolist():
        try:
            hash(id_)
        except TypeError:
            break
    return (
        f"`{name}` must be hashable, such as int, str or tuple. Received: "
        f"{type(id_).__name__}, {id_!r}"
    )


def to_json(vocabulary: Vocabulary) -> str:
    """Writes a vocabulary of int, float, str, bool, or tuples of these as JSON.

    Raises:
        TypeError: if an id is of another kind, or infinite.
    """
    ids = vocabulary.ids
    if ids.dtype.kind not in "iufbO":
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
        written = json.loads(text)
        kind = np.dtype(written["dtype"])
        ids: AnyArray = np.empty(len(written["ids"]), dtype=kind)
        ids[:] = [_with_tuples(id_) for id_ in written["ids"]]
        return Vocabulary(ids, str(written["name"]))
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"must be a vocabulary. Received: {error!r}") from error


def _plain(id_: Any, name: str) -> Any:
    """An id for JSON, where a tuple becomes a list, which is never an id."""
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
