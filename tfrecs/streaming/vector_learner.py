"""The methods that learners of vectors share."""

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.types import AnyArray, FloatArray
from tfrecs.streaming.event_log import EventLog
from tfrecs.streaming.growing import GrowingTable
from tfrecs.streaming.stored import stored


class VectorLearner:
    """The methods of a `Learner` whose scores are inner products of vectors.

    A vector is drawn from N(0, init_std^2) when it is added. It depends on the seed and
    its index only, not on when it is added.
    """

    embedding_dim: int
    init_std: float
    seed: int

    def __post_init__(self) -> None:
        """Checks the length of the vectors."""
        check_positive(embedding_dim=self.embedding_dim)
        self._users = GrowingTable(self.embedding_dim)
        self._items = GrowingTable(self.embedding_dim)

    def start_from(self, users: FloatArray, items: FloatArray, log: EventLog) -> None:
        """Replaces the vectors of users and items."""
        self._users.restore(users)
        self._items.restore(items)

    def grow(self, log: EventLog) -> None:
        """Adds vectors of new users and items."""
        sides = (self._users, log.num_users), (self._items, log.num_items)
        for side, (table, size) in enumerate(sides):
            known, dim = table.values.shape
            table.grow(size)
            for place in range(known, size):
                rng = np.random.default_rng((self.seed, side, place))
                table.values[place] = rng.normal(0, self.init_std, dim)

    def scores(self, user: int | None, log: EventLog) -> AnyArray:
        """Returns the scores of all items, `[num_items]`."""
        if user is None:
            return log.item_counts
        scores: FloatArray = self._items.values @ self._users.values[user]
        return scores

    def state(self) -> dict[str, AnyArray]:
        """Returns the vectors."""
        return {"users": self._users.values, "items": self._items.values}

    def restore(self, state: dict[str, AnyArray], log: EventLog) -> None:
        """Restores the vectors that `state` returned."""
        users = stored(state, "users", np.float32, (log.num_users, None))
        shape = log.num_items, users.shape[1]
        self._users, self._items = GrowingTable(shape[1]), GrowingTable(shape[1])
        self._users.restore(users)
        self._items.restore(stored(state, "items", np.float32, shape))
