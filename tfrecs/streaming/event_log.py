"""The events of a stream so far, by user and by item."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tfrecs._base.checks import check_above_zero, check_choice
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.streaming.growing import GrowingLists, GrowingTable
from tfrecs.streaming.stored import stored


@dataclass(frozen=True)
class Forgetting:
    """Decay of the weights of old events.

    Formula:
        weight * 2^(-age / half_life), and 0 from an age of `window` on

    Args:
        by: unit of age: "event" for the number of later events, or "time" for the unit
            of the events' times.
        half_life: age at which an event counts half; None for no decay.
        window: age from which an event does not count; None for no limit.

    Raises:
        ValueError: if `by` is unknown, or a number is not above 0.
    """

    by: str = "event"
    half_life: float | None = None
    window: float | None = None

    def __post_init__(self) -> None:
        """Checks the settings."""
        check_choice("by", self.by, ("event", "time"))
        given = {"half_life": self.half_life, "window": self.window}
        check_above_zero(**{name: x for name, x in given.items() if x is not None})

    def share(self, ages: AnyArray) -> FloatArray:
        """Returns the factor of the weights of events of these ages."""
        share = np.ones(len(ages), np.float32)
        if self.half_life is not None:
            share = np.exp2(-ages / self.half_life).astype(np.float32)
        if self.window is not None:
            share[ages >= self.window] = 0
        return share


class Past(NamedTuple):
    """Ids and weights `[n]` of the events of a user or item that count, oldest first.

    Ids are distinct; weights are after forgetting.
    """

    ids: IntArray
    weights: FloatArray


class EventLog:
    """All events so far, by user and by item; each pair once, at its last event.

    Args:
        forgetting: None to remember everything.
    """

    def __init__(self, forgetting: Forgetting | None = None) -> None:
        self.forgetting = forgetting
        self.num_events = 0
        self.now = -np.inf
        self._by_user = GrowingLists()
        self._by_item = GrowingLists()
        self._counts = GrowingTable(dtype=np.int64)

    @property
    def num_users(self) -> int:
        """Number of known users."""
        return len(self._by_user)

    @property
    def num_items(self) -> int:
        """Number of known items."""
        return len(self._by_item)

    @property
    def item_counts(self) -> AnyArray:
        """`[num_items]` int64, number of distinct users of each item."""
        return self._counts.values

    def grow(self, num_users: int, num_items: int) -> None:
        """Adds users and items up to these numbers."""
        self._by_user.grow(num_users)
        self._by_item.grow(num_items)
        self._counts.grow(num_items)

    def add(self, user: int, item: int, weight: float, time: float) -> None:
        """Adds an event of known indices; a repeated pair adds its weight.

        The time may be earlier than the latest.
        """
        by_time = self.forgetting is not None and self.forgetting.by == "time"
        stamp = time if by_time else float(self.num_events)
        self.num_events += 1
        self.now = max(self.now, stamp)
        is_repeated = self.has(user, item)
        self._by_user.add(user, (item, weight, stamp), is_repeated)
        self._by_item.add(item, (user, weight, stamp), is_repeated)
        self._counts.values[item] += not is_repeated

    def has(self, user: int, item: int) -> bool:
        """Returns whether the pair had an event."""
        return bool((self._by_user.of(user)["id"] == item).any())

    def items_of(self, user: int) -> IntArray:
        """Returns the items of a user, forgotten ones included."""
        ids: IntArray = self._by_user.of(user)["id"]
        return ids

    def of_user(self, user: int, most: int) -> Past:
        """Returns the latest `most` items of a user."""
        return self._past(self._by_user.of(user)[-most:])

    def of_item(self, item: int, most: int) -> Past:
        """Returns the latest `most` users of an item."""
        return self._past(self._by_item.of(item)[-most:])

    def _past(self, events: AnyArray) -> Past:
        if self.forgetting is None:
            return Past(events["id"], events["weight"])
        share = self.forgetting.share(self.now - events["time"])
        kept = share > 0
        return Past(events["id"][kept], (events["weight"] * share)[kept])

    def state(self) -> dict[str, AnyArray]:
        """Returns the whole log as arrays."""
        return {
            **self._by_user.state("user"),
            **self._by_item.state("item"),
            "counts": self.item_counts,
            "progress": np.array([self.num_events, self.now]),
        }

    def restore(
        self, state: dict[str, AnyArray], num_users: int, num_items: int
    ) -> None:
        """Restores what `state` returned, of these numbers of users and items.

        Raises:
            ValueError: if the state is not of a log of them.
        """
        sizes = num_users, num_items
        by_user, by_item = GrowingLists(), GrowingLists()
        of_users = by_user.restore(state, "user", sizes)
        of_items = by_item.restore(state, "item", sizes[::-1])
        counts = stored(state, "counts", np.int64, (num_items,))
        _check_same(of_users, of_items, num_items, counts)
        progress = state["progress"][:1]  # the time is the latest of the events
        stored({"progress": progress}, "progress", float, (1,), len(of_users[0]), 2**53)
        self._by_user, self._by_item = by_user, by_item
        self._counts.restore(counts)
        self.num_events = int(progress[0])
        self.now = state["user_events"]["time"].max(initial=-np.inf)


def _check_same(
    of_users: tuple[AnyArray, AnyArray],
    of_items: tuple[AnyArray, AnyArray],
    num_items: int,
    counts: AnyArray,
) -> None:
    """Raises ValueError unless users and items have the same pairs, each once."""
    users, items = of_users
    pairs = np.sort(users * num_items + items)
    others = np.sort(of_items[1] * num_items + of_items[0])
    if not np.array_equal(pairs, others) or (pairs[1:] == pairs[:-1]).any():
        raise ValueError("users and items must have the same pairs, each once")
    if not np.array_equal(counts, np.bincount(items, minlength=num_items)):
        raise ValueError("`counts` must be the numbers of users of the items")
