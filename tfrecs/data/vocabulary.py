"""Raw ids to contiguous indices, and back."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.types import AnyArray, IntArray

if TYPE_CHECKING:
    import pandas as pd


def as_id_array(values: Iterable[Any], name: str) -> AnyArray:
    """Gives raw ids as a one-dimensional array, tuples kept whole.

    Raises:
        ValueError: if `values` has more than one dimension, or a missing value.
    """
    import pandas as pd

    if isinstance(values, pd.Series | pd.Index | np.ndarray):
        ids = np.asarray(values)
    else:
        listed = list(values)
        kinds = {type(value) for value in listed}
        small = kinds == {int} and -(2**63) <= min(listed) <= max(listed) < 2**63
        if small or kinds == {float}:
            ids = np.asarray(listed)
        else:  # NumPy would make one id of 1 and "1", and columns of tuples
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
            f"the first in row {missing[0]}. Drop those rows or give them an id."
        )
    return ids


def collection(ids: Any, name: str) -> AnyArray:
    """Gives raw ids as an array, and refuses what is a single id.

    Raises:
        ValueError: if `ids` is not a collection of ids.
    """
    if isinstance(ids, str | bytes) or not isinstance(ids, Iterable):
        raise ValueError(
            f"`{name}` must be a collection of ids. Received: {ids!r}. Write "
            f"[{ids!r}] for a single one."
        )
    return as_id_array(ids, name)


class Vocabulary:
    """The distinct raw ids of users or items; an id's place is its index.

    Args:
        ids: distinct raw ids, of any hashable kind, in the order of their indices.
        name: what the ids are of, for messages.

    Raises:
        ValueError: if an id is missing or stands twice.

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
        """Gives the vocabulary of `values`, sorted if they sort, and their indices."""
        import pandas as pd

        raw = as_id_array(values, name)
        try:
            codes, ids = pd.factorize(raw)
        except TypeError as error:
            raise TypeError(_unhashable(name, raw)) from error
        try:
            order = np.argsort(ids, kind="stable")
        except TypeError:  # ids of kinds that do not compare keep their first order
            order = np.arange(len(ids))
        place = np.empty(len(ids), dtype=np.int32)
        place[order] = np.arange(len(ids), dtype=np.int32)
        return cls(ids[order], name), place[codes]

    @cached_property
    def _lookup(self) -> "pd.Index[Any]":
        import pandas as pd

        return pd.Index(self.ids, tupleize_cols=False)

    def index(self, raw: Iterable[Any]) -> IntArray:
        """Gives the index of each raw id, -1 where it is unknown.

        Raises:
            TypeError: if an id is of a kind that cannot be looked up, such as a list.
        """
        import pandas as pd

        ids = as_id_array(raw, self.name)
        try:
            found = self._lookup.get_indexer(pd.Index(ids, tupleize_cols=False))
        except TypeError as error:
            raise TypeError(_unhashable(self.name, ids)) from error
        return np.asarray(found, dtype=np.int32)

    def known(self, raw: Iterable[Any]) -> IntArray:
        """Gives the index of each raw id.

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

    def extended(self, raw: Iterable[Any]) -> "Vocabulary":
        """Gives a vocabulary with more ids: those that it has keep their indices.

        Args:
            raw: raw ids, any number of times; unknown ones come after, in their order.

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
        """Gives the number of ids."""
        return len(self.ids)

    def __repr__(self) -> str:
        """Tells how many ids there are and what the first ones look like."""
        first = ", ".join(repr(id_) for id_ in self.ids[:3].tolist())
        return f"<Vocabulary of {len(self)} {self.name}: {first}, ...>"


def _unhashable(name: str, ids: AnyArray) -> str:
    """Tells the first id that no dictionary could hold."""
    for id_ in ids.tolist():
        try:
            hash(id_)
        except TypeError:
            break
    return (
        f"`{name}` must be hashable, such as int, str or tuple. Received: "
        f"{type(id_).__name__}, {id_!r}"
    )
