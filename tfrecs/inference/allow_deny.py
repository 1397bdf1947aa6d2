"""One mask of the items that may not be recommended: seen, not allowed, or denied."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import AnyArray, BoolArray, IntArray
from tfrecs.data.id_arrays import collection
from tfrecs.data.interactions import Interactions

ItemChoice: TypeAlias = Iterable[Any] | Mapping[Any, Iterable[Any]] | None
"""Raw item ids for all users, or for each raw user id; None for no restriction."""

Mask: TypeAlias = Callable[[slice], "sp.csr_array | BoolArray"]
"""From rows of an answer to their excluded items, `[rows, num_items]`."""


def rows_of(matrix: sp.csr_array, ids: IntArray) -> Mask:
    """Returns a function from places in `ids` to rows of a matrix; of id -1, empty."""

    def mask(rows: slice) -> sp.csr_array:
        known = ids[rows] >= 0
        found = matrix[ids[rows][known]]
        if known.all():
            return found
        ends = np.zeros(len(known) + 1, found.indptr.dtype)
        ends[1:][known] = np.diff(found.indptr)
        shape = (len(known), matrix.shape[1])
        return sp.csr_array((found.data, found.indices, ends.cumsum()), shape=shape)

    return mask


def excluded_items(
    train: Interactions,
    users: AnyArray | None = None,
    *,
    seen: Mask | None = None,
    allow: ItemChoice = None,
    deny: ItemChoice = None,
) -> Mask | None:
    """Combines seen items, an allow list and a deny list into one mask.

    Args:
        train: the vocabularies.
        users: `[rows]` raw user ids; None if rows have no user ids.
        seen: mask of the seen items; None to keep them.
        allow: raw ids of the items that may be recommended; None for all.
        deny: raw ids of the items that may not.

    Returns:
        The mask; None if nothing is excluded.

    Raises:
        ValueError: if an item is unknown, if lists are by user but rows have no user
            ids, or if a mapping names no known user.
    """
    num_items = train.num_items
    for_all = np.zeros(num_items, dtype=bool)
    if allow is not None and not isinstance(allow, Mapping):
        for_all[:] = True
        for_all[train.items.known(collection(allow, "allow"))] = False
    if deny is not None and not isinstance(deny, Mapping):
        for_all[train.items.known(collection(deny, "deny"))] = True
    allowed = _by_row(train, users, allow, "allow")
    denied = _by_row(train, users, deny, "deny")
    if not (for_all.any() or allowed or denied):
        return seen

    def mask(rows: slice) -> BoolArray:
        excluded = np.tile(for_all, (rows.stop - rows.start, 1))
        for place, row in enumerate(range(rows.start, rows.stop)):
            if row in allowed:
                excluded[place] |= ~np.isin(np.arange(num_items), allowed[row])
            if row in denied:
                excluded[place, denied[row]] = True
        if seen is not None:
            excluded[seen(rows).nonzero()] = True
        return excluded

    return mask


def _by_row(
    train: Interactions, users: AnyArray | None, choice: ItemChoice, name: str
) -> dict[int, IntArray]:
    """Item indices of each row whose user is a key of the mapping."""
    if not isinstance(choice, Mapping):
        return {}
    if users is None:
        raise ValueError(
            f"`{name}` must be one collection of items here, where users have no ids. "
            "Received: a mapping of users to items"
        )
    chosen = {
        row: train.items.known(collection(choice[user], name))
        for row, user in enumerate(users.tolist())
        if user in choice
    }
    if choice and not chosen and (train.users.index(choice) < 0).all():
        first, known = next(iter(choice)), train.users.ids[:1].tolist()[0]
        raise ValueError(
            f"`{name}` must have known user ids as keys. Received: only unknown keys, "
            f"the first {first!r} (a {type(first).__name__}). Known ids look like "
            f"{known!r} (a {type(known).__name__})."
        )
    return chosen
