"""Matrix factorization that is solved anew for the user and the item of each event."""

from dataclasses import dataclass, field

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.types import AnyArray, FloatArray
from tfrecs.streaming._growing import GrowingVectors
from tfrecs.streaming.event_log import EventLog, Past

INIT_STD = 0.1
"""Standard deviation of an item's vector before its first event."""


@dataclass
class Ridge:
    """Implicit matrix factorization by least squares, one user and item at a time.

    After an event its user's vector is the best one for the items' vectors as they are,
    and then its item's for the users'. So a newcomer's first items tell at once, and
    nothing depends on a learning rate. Users without a past are shown what is popular.

    Formula:
        p_u minimizes unobserved_weight * sum over all items of <p, q>^2
        + sum over the user's items of weight * (1 - <p, q>)^2 + l2 |p|^2;
        q_i likewise over users

    Args:
        embedding_dim: length of the vectors; a model that is started from has its own.
        unobserved_weight: of pairs without an event.
        l2: the higher, the less a short past says.
        most: the latest events of a user, and of an item, that are looked at.
        seed: of items' vectors before their first event.

    Raises:
        ValueError: if a size is below 1, or a weight is not above 0.

    References:
        Hu, Koren and Volinsky 2008, "Collaborative Filtering for Implicit Feedback
        Datasets", eq. 4; He et al. 2016, "Fast Matrix Factorization for Online
        Recommendation with Implicit Feedback", sec. 4.4, for solving again what an
        event touches.
    """

    embedding_dim: int = 32
    unobserved_weight: float = 0.3
    l2: float = 5.0
    most: int = 200
    seed: int = 0
    _vectors: GrowingVectors = field(init=False, repr=False)
    _grams: dict[str, AnyArray] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Checks the settings and makes room for vectors."""
        check_positive(embedding_dim=self.embedding_dim, most=self.most)
        for name in ("unobserved_weight", "l2"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(
                    f"`{name}` must be above 0. Received: {getattr(self, name)}"
                )
        self._vectors = GrowingVectors(self.embedding_dim, INIT_STD, self.seed)
        self._sum_up()

    def _sum_up(self) -> None:
        """Sums the outer products of all vectors of a side."""
        tables = {"users": self._vectors.users, "items": self._vectors.items}
        exact = {name: table.values.astype(float) for name, table in tables.items()}
        self._grams = {name: rows.T @ rows for name, rows in exact.items()}

    def start_from(self, users: FloatArray, items: FloatArray, log: EventLog) -> None:
        """Takes items' vectors `[num_items, dim]`, and solves for all users.

        Items that have no event yet are left as if they were new.
        """
        self._vectors = GrowingVectors(items.shape[1], INIT_STD, self.seed)
        self._vectors.grow(log.num_users, log.num_items)
        self._vectors.users.values[:] = 0
        known = log.item_counts > 0
        self._vectors.items.values[known] = items[known]
        self._sum_up()
        for user in range(log.num_users):
            self._solve("users", user, log.of_user(user, self.most))

    def grow(self, log: EventLog) -> None:
        """Makes room for the log's users, of zeros, and for its items.

        Items start at random: from zeros alone nothing could be learned.
        """
        users, items = len(self._vectors.users.values), len(self._vectors.items.values)
        self._vectors.grow(log.num_users, log.num_items)
        self._vectors.users.values[users:] = 0
        new = self._vectors.items.values[items:].astype(float)
        self._grams["items"] += new.T @ new

    def scores(self, user: int | None, log: EventLog) -> FloatArray:
        """Scores of all items: `[num_items]`."""
        if user is None or len(log.items_of(user)) == 0:
            return log.item_counts.astype(np.float32)
        return self._vectors.scores(user)

    def learn(self, user: int, item: int, weight: float, log: EventLog) -> None:
        """Solves for the user and then for the item; the log has the event already."""
        self._solve("users", user, log.of_user(user, self.most))
        self._solve("items", item, log.of_item(item, self.most))

    def _solve(self, side: str, row: int, past: Past) -> None:
        """Finds the best vector of a row of a side, the other side being as it is."""
        own, other = self._vectors.users.values, self._vectors.items.values
        gram = self._grams["items"]
        if side == "items":
            own, other, gram = other, own, self._grams["users"]
        others = other[past.ids].astype(float)  # [n, dim]
        weighted = others * past.weights[:, None]
        left = self.unobserved_weight * gram + weighted.T @ others
        left.flat[:: len(left) + 1] += self.l2
        before = own[row].astype(float)
        own[row] = np.linalg.solve(left, weighted.sum(axis=0))
        after = own[row].astype(float)
        self._grams[side] += np.outer(after, after) - np.outer(before, before)

    def state(self) -> dict[str, AnyArray]:
        """What was learned, as arrays."""
        grams = {f"gram_of_{side}": gram for side, gram in self._grams.items()}
        return {**self._vectors.state(), **grams}

    def restore(self, state: dict[str, AnyArray]) -> None:
        """Goes back to what `state` gave."""
        self._vectors.restore(state["users"], state["items"])
        self._grams = {side: state[f"gram_of_{side}"].copy() for side in self._grams}
