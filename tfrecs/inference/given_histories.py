"""Histories of raw items, of users who need no id."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.types import AnyArray, IntArray
from tfrecs.data.columns import pairs_matrix
from tfrecs.data.id_arrays import collection
from tfrecs.data.vocabulary import Vocabulary
from tfrecs.inference.allow_deny import Mask

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN_ITEMS = ("error", "skip")
"""Treatments of items of a history that the vocabulary lacks."""


class GivenHistories(NamedTuple):
    """Histories by index, the oldest item first.

    Args:
        items: the known items of each history.
        num_unknown: `[histories]`, items of each that are left out; None where unknown
            items are errors.
        is_single: whether one history was passed, and no list of histories.
    """

    items: list[IntArray]
    num_unknown: AnyArray | None
    is_single: bool

    def seen(self, num_items: int) -> Mask:
        """Returns the mask of the items of each history, `[histories, num_items]`."""
        distinct = [np.unique(items) for items in self.items]
        numbers = np.arange(len(distinct), dtype=np.int32)
        rows = np.repeat(numbers, [len(x) for x in distinct])
        columns = np.concatenate([np.empty(0, np.int32), *distinct])
        matrix = pairs_matrix(rows, columns, (len(distinct), num_items))
        return lambda rows: matrix[rows]

    def labelled(self, table: "pd.DataFrame") -> "pd.DataFrame":
        """Returns a table of users' results with the columns of histories."""
        table = table.rename(columns={"user": "history"})
        if self.num_unknown is not None:
            table["num_unknown"] = self.num_unknown[table["history"]]
        return table.drop(columns="history") if self.is_single else table


def given_histories(
    items: Iterable[Any], vocabulary: Vocabulary, unknown: str
) -> GivenHistories:
    """Looks up the raw items of one history, or of each in a list of histories.

    Its first element decides: a list, or another collection that cannot be a raw id, is
    a history. Without an element it is one history.

    Raises:
        ValueError: if `unknown` is not in `UNKNOWN_ITEMS`, if items are unknown with
            "error", or if something is not a collection.
    """
    check_choice("unknown", unknown, UNKNOWN_ITEMS)
    if isinstance(items, Iterator):
        items = list(items)
    is_single = not _is_several(items)
    raw = [items] if is_single else items
    arrays = [collection(history, "items").tolist() for history in raw]
    find = vocabulary.known if unknown == "error" else vocabulary.index
    found = np.split(
        find([*chain.from_iterable(arrays)]), np.cumsum([len(x) for x in arrays])[:-1]
    )
    known = [history[history >= 0] for history in found]
    missing = [len(x) - len(y) for x, y in zip(found, known, strict=True)]
    counted = np.array(missing) if unknown == "skip" else None
    return GivenHistories(known, counted, is_single)


def _is_several(items: Any) -> bool:
    """Returns whether the first element is a collection that cannot be a raw id."""
    first = next(iter(items), None) if isinstance(items, Iterable) else None
    return isinstance(first, Iterable) and type(first).__hash__ is None
