"""Which items may be recommended to whom, by raw ids."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tfrecs._base.types import AnyArray, BoolArray, FloatArray, IntArray
from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import collection

ItemChoice: TypeAlias = Iterable[Any] | Mapping[Any, Iterable[Any]] | None
"""Raw item ids for everyone, or for each raw user id that it names; None for none."""


@dataclass(frozen=True)
class Eligible:
    """Which items may stand in each row of an answer.

    Args:
        everyone: `[num_items]`, whether an item may be recommended at all.
        allowed_in: for rows that have a choice of their own, the items that may.
        excluded_in: for rows that have a choice of their own, the items that may not.
    """

    everyone: BoolArray
    allowed_in: Mapping[int, IntArray]
    excluded_in: Mapping[int, IntArray]

    def limit(self, scores: FloatArray, rows: slice) -> FloatArray:
        """Gives scores `[rows, num_items]`, -inf for items that may not stand there."""
        if self.everyone.all() and not self.allowed_in and not self.excluded_in:
            return scores
        limited = np.where(self.everyone, scores, np.float32(-np.inf))
        for place, row in enumerate(range(rows.start, rows.stop)):
            if row in self.allowed_in:
                others = np.ones(len(self.everyone), dtype=bool)
                others[self.allowed_in[row]] = False
                limited[place, others] = -np.inf
            if row in self.excluded_in:
                limited[place, self.excluded_in[row]] = -np.inf
        return limited


def eligible(
    train: Interactions,
    asked: AnyArray | None,
    allow: ItemChoice,
    deny: ItemChoice,
) -> Eligible:
    """Reads the `allow` and `deny` of a recommender's methods.

    Args:
        train: of the users and the catalogue.
        asked: `[rows]` raw user ids; None where rows are not of users with ids.
        allow: raw ids of the items that may be recommended; None for all.
        deny: raw ids of the items that may not; None for none.

    Raises:
        ValueError: if an item is unknown, users are named where they have no ids, or
            none of the users named is known or asked about.
    """
    items = train.items
    everyone = np.ones(len(items), dtype=bool)
    if allow is not None and not isinstance(allow, Mapping):
        everyone[:] = False
        everyone[items.known(collection(allow, "allow"))] = True
    if deny is not None and not isinstance(deny, Mapping):
        everyone[items.known(collection(deny, "deny"))] = False
    return Eligible(
        everyone,
        _by_row(train, asked, allow, "allow"),
        _by_row(train, asked, deny, "deny"),
    )


def _by_row(
    train: Interactions, asked: AnyArray | None, choice: ItemChoice, name: str
) -> dict[int, IntArray]:
    """The items that a choice names for each row's user, where it names that one."""
    if not isinstance(choice, Mapping):
        return {}
    if asked is None:
        raise ValueError(
            f"`{name}` must be one collection of items here, where users have no ids. "
            "Received: a mapping of users to items"
        )
    chosen = {
        row: train.items.known(collection(choice[user], name))
        for row, user in enumerate(asked.tolist())
        if user in choice
    }
    if choice and not chosen and (train.users.index(choice) < 0).all():
        first, known = next(iter(choice)), train.users.ids[:1].tolist()[0]
        raise ValueError(
            f"`{name}` must name users by their ids. Received: {first!r} (a "
            f"{type(first).__name__}), of no user, as all that it names. Known ids "
            f"look like {known!r} (a {type(known).__name__})."
        )
    return chosen
