"""Vectors of users and items, and what learners of vectors share."""

import numpy as np

from tfrecs._base.types import AnyArray, FloatArray
from tfrecs.streaming.event_log import EventLog
from tfrecs.streaming.growing import GrowingTable


class GrowingVectors:
    """Vectors of users and items, each drawn from N(0, std^2) when it is added.

    A vector depends on the seed and its index only, not on when it is added.
    """

    def __init__(self, dim: int, std: float, seed: int) -> None:
        self.dim, self.std, self.seed = dim, std, seed
        self.users, self.items = GrowingTable(dim), GrowingTable(dim)

    def grow(self, num_users: int, num_items: int) -> None:
        """Adds vectors up to these numbers."""
        sides = (self.users, num_users), (self.items, num_items)
        for side, (table, size) in enumerate(sides):
            known = len(table.values)
            table.grow(size)
            for place in range(known, size):
                rng = np.random.default_rng((self.seed, side, place))
                table.values[place] = rng.normal(0, self.std, self.dim)

    def restore(self, users: AnyArray, items: AnyArray) -> None:
        """Replaces the vectors."""
        self.dim = items.shape[1]
        self.users, self.items = GrowingTable(self.dim), GrowingTable(self.dim)
        self.users.restore(users)
        self.items.restore(items)


class VectorLearner:
    """The methods of a `Learner` whose scores are inner products of vectors."""

    _vectors: GrowingVectors

    def start_from(self, users: FloatArray, items: FloatArray, log: EventLog) -> None:
        """Replaces the vectors of users and items."""
        self._vectors.restore(users, items)

    def grow(self, log: EventLog) -> None:
        """Adds vectors of new users and items."""
        self._vectors.grow(log.num_users, log.num_items)

    def scores(self, user: int | None, log: EventLog) -> FloatArray:
        """Returns the scores of all items, `[num_items]`."""
        if user is None:
            return log.item_counts.astype(np.float32)
        vectors = self._vectors
        scores: FloatArray = vectors.items.values @ vectors.users.values[user]
        return scores

    def state(self) -> dict[str, AnyArray]:
        """Returns the vectors."""
        return {
            "users": self._vectors.users.values,
            "items": self._vectors.items.values,
        }

    def restore(self, state: dict[str, AnyArray]) -> None:
        """Restores the vectors that `state` returned."""
        self._vectors.restore(state["users"], state["items"])
