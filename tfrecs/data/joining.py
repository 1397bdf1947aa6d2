"""Later interactions, joined to earlier ones."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.types import AnyArray
from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import Vocabulary

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("ratings", "timestamps", "weights")


def over(
    interactions: Interactions, users: Vocabulary, items: Vocabulary
) -> Interactions:
    """Returns the same interactions over other vocabularies.

    Args:
        interactions: all their raw ids must be in the vocabularies.
        users: the users, such as `train.users.extended(...)`.
        items: the items, such as `train.items.extended(...)`.

    Returns:
        Interactions over `users` and `items`. Features of new ids are missing values.

    Raises:
        ValueError: if a vocabulary lacks a raw id.
    """
    return replace(
        interactions,
        user_ids=users.known(interactions.users.ids)[interactions.user_ids],
        item_ids=items.known(interactions.items.ids)[interactions.item_ids],
        users=users,
        items=items,
    )


def join(train: Interactions, more: Interactions) -> Interactions:
    """Joins later interactions to earlier ones, which keep their indices.

    Args:
        train: the interactions that a model was trained on.
        more: later interactions, with their own vocabularies. Of a pair in both, the
            later one is kept, and both if either has repeated pairs.

    Returns:
        All of them. New users and items come after `train`'s, as in
        `tfrecs.models.growing.grow`. Of features in both, the later ones are kept.

    Raises:
        ValueError: if only one has ratings, timestamps or weights, or the types of ids
            differ.

    Example:
        >>> train = Interactions.from_arrays(["ann", "bob"], ["Heat", "Alien"])
        >>> more = Interactions.from_arrays(["ann", "al"], ["Tron", "Heat"])
        >>> joined = join(train, more)
        >>> joined.users.ids.tolist(), joined.items.ids.tolist()
        (['ann', 'bob', 'al'], ['Alien', 'Heat', 'Tron'])
    """
    for known, later_ids in ((train.users, more.users), (train.items, more.items)):
        _check_kinds(known, later_ids)
    users = train.users.extended(more.users.ids)
    items = train.items.extended(more.items.ids)
    earlier, later = (
        over(replace(part, user_features=None, item_features=None), users, items)
        for part in (train, more)
    )
    repeats = earlier.repeats or later.repeats
    kept = ~later.contains(earlier) | repeats
    columns: dict[str, Any] = {
        name: _column(earlier, later, name, kept) for name in COLUMNS
    }
    return replace(
        earlier,
        user_ids=np.concatenate([earlier.user_ids[kept], later.user_ids]),
        item_ids=np.concatenate([earlier.item_ids[kept], later.item_ids]),
        user_features=_rows_of_both(train.user_features, more.user_features),
        item_features=_rows_of_both(train.item_features, more.item_features),
        repeats=repeats,
        **columns,
    )


def _check_kinds(known: Vocabulary, later: Vocabulary) -> None:
    """Refuses "1" where 1 is known: everyone would be somebody new."""
    kinds = [{type(id_) for id_ in ids.ids.tolist()} for ids in (known, later)]
    if kinds[0].isdisjoint(kinds[1]) and (known.index(later.ids) < 0).all():
        mine, theirs = known.ids[:1].tolist()[0], later.ids[:1].tolist()[0]
        raise ValueError(
            f"`{known.name}` of `more` must be of a kind that `train` has. Received: "
            f"{theirs!r:.60} (a {type(theirs).__name__}), where known ones look like "
            f"{mine!r:.60} (a {type(mine).__name__}). Make them of one kind."
        )


def _column(
    earlier: Interactions, later: Interactions, name: str, kept: AnyArray
) -> AnyArray | None:
    """A column of both, one after the other, or None where neither has it."""
    parts: list[Any] = [getattr(earlier, name), getattr(later, name)]
    has = [part is not None for part in parts]
    if not any(has):
        return None
    if not all(has):
        raise ValueError(
            f"`train` and `more` must both have {name}, or neither. Received: {name} "
            f"of {'train' if has[0] else 'more'} alone"
        )
    return np.concatenate([parts[0][kept], parts[1]])


def _rows_of_both(
    earlier: "pd.DataFrame | None", later: "pd.DataFrame | None"
) -> "pd.DataFrame | None":
    """Rows of both frames, the later one's where it has a value."""
    import pandas as pd

    if earlier is None or later is None:
        return earlier if later is None else later
    later = later.dropna(how="all")
    return pd.concat([earlier[~earlier.index.isin(later.index)], later])
