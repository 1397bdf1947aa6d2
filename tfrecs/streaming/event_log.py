"""What is known so far of a stream: who had what, how much it counts, and when."""

from dataclasses import dataclass

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.streaming._growing import GrowingLists, GrowingTable


@dataclass(frozen=True)
class Forgetting:
    """How what was long ago counts less.

    Formula:
        weight * 2^(-age / half_life), and nothing from an age of `window` on

    Args:
        by: what age is counted in: "event"s that came since, or "time", in the unit of
            the events' own times.
        half_life: age at which an event counts half; None for no decay.
        window: age from which an event counts no more; None for none.

    Raises:
        ValueError: if `by` is neither, or a number is not above 0.
    """

    by: str = "event"
    half_life: float | None = None
    window: float | None = None

    def __post_init__(self) -> None:
        """Checks what was given."""
        check_choice("by", self.by, ("event", "time"))
        for name in ("half_life", "window"):
            value = getattr(self, name)
            if value is not None and not 0 < value < np.inf:
                raise ValueError(f"`{name}` must be above 0. Received: {name}={value}")

    def share(self, ages: AnyArray) -> FloatArray:
        """How much of their weight events of these ages still have."""
        share = np.ones(len(ages), np.float32)
        if self.half_life is not None:
            share = np.exp2(-ages / self.half_life).astype(np.float32)
        if self.window is not None:
            share[ages >= self.window] = 0
        return share


@dataclass(frozen=True)
class Past:
    """Events of one user, or of one item, that still count; oldest first.

    Args:
        ids: `[n]` items of a user, or users of an item, each once.
        weights: `[n]` float32, after forgetting.
    """

    ids: IntArray
    weights: FloatArray


class EventLog:
    """All events so far, by user and by item; each pair once, as it last came.

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
        """Users that are known."""
        return len(self._by_user)

    @property
    def num_items(self) -> int:
        """Items that are known."""
        return len(self._by_item)

    @property
    def item_counts(self) -> AnyArray:
        """`[num_items]` int64, the distinct users of each item."""
        return self._counts.values

    def grow(self, num_users: int, num_items: int) -> None:
        """Makes room for users and items up to these numbers."""
        self._by_user.grow(num_users)
        self._by_item.grow(num_items)
        self._counts.grow(num_items)

    def add(self, user: int, item: int, weight: float, time: float) -> None:
        """Adds an event; a repeated pair counts once more, and as of now.

        Args:
            user: below `num_users`.
            item: below `num_items`.
            weight: how much it counts.
            time: its own; one that is earlier than the latest is older than that.
        """
        by_time = self.forgetting is not None and self.forgetting.by == "time"
        stamp = time if by_time else float(self.num_events)
        self.num_events += 1
        self.now = max(self.now, stamp)
        if not self.has(user, item):
            self._by_user.append(user, (item, weight, stamp))
            self._by_item.append(item, (user, weight, stamp))
            self._counts.values[item] += 1
            return
        self._by_user.repeat(user, (item, weight, stamp))
        self._by_item.repeat(item, (user, weight, stamp))

    def has(self, user: int, item: int) -> bool:
        """Whether the pair came before."""
        return bool((self._by_user.of(user)["id"] == item).any())

    def items_of(self, user: int) -> IntArray:
        """The items that a user had, forgotten ones too."""
        ids: IntArray = self._by_user.of(user)["id"]
        return ids

    def of_user(self, user: int, most: int) -> Past:
        """The latest `most` items of a user."""
        return self._past(self._by_user.of(user)[-most:])

    def of_item(self, item: int, most: int) -> Past:
        """The latest `most` users of an item."""
        return self._past(self._by_item.of(item)[-most:])

    def _past(self, events: AnyArray) -> Past:
        if self.forgetting is None:
            return Past(events["id"], events["weight"])
        share = self.forgetting.share(self.now - events["time"])
        kept = share > 0
        return Past(events["id"][kept], (events["weight"] * share)[kept])

    def state(self) -> dict[str, AnyArray]:
        """Everything, as arrays."""
        user_events, user_lengths = self._by_user.state()
        item_events, item_lengths = self._by_item.state()
        return {
            "user_events": user_events,
            "user_lengths": user_lengths,
            "item_events": item_events,
            "item_lengths": item_lengths,
            "counts": self.item_counts,
            "progress": np.array([self.num_events, self.now]),
        }

    def restore(self, state: dict[str, AnyArray]) -> None:
        """Goes back to what `state` gave."""
        self._by_user.restore(state["user_events"], state["user_lengths"])
        self._by_item.restore(state["item_events"], state["item_lengths"])
        self._counts.restore(state["counts"])
        self.num_events, self.now = int(state["progress"][0]), state["progress"][1]
