"""Matrix factorization that solves for the user and the item of each event."""

from dataclasses import dataclass, field

import numpy as np

from tfrecs._base.checks import check_above_zero, check_positive
from tfrecs._base.types import AnyArray, FloatArray
from tfrecs.streaming.event_log import EventLog, Past
from tfrecs.streaming.growing import GrowingTable
from tfrecs.streaming.stored import stored
from tfrecs.streaming.vector_learner import VectorLearner


@dataclass
class Ridge(VectorLearner):
    """Implicit matrix factorization by least squares, one user and item at a time.

    After an event its user's vector becomes the best one given all items' vectors, and
    then its item's vector the best one given all users' vectors. A new user's first
    items count at once, and there is no learning rate. Users without events get the
    most popular items.

    Formula:
        p_u minimizes unobserved_weight * sum over all items of <p, q>^2
        + sum over the user's items of weight * (1 - <p, q>)^2 + l2 |p|^2;
        q_i likewise over users

    Args:
        embedding_dim: length of the vectors, unless they start from a model.
        unobserved_weight: weight of pairs without an event.
        l2: L2 penalty; the higher, the less a short past counts.
        most: number of latest events of a user or an item that are used.
        seed: seed of items' vectors before their first event.

    Raises:
        ValueError: if a size is below 1, or a weight is not above 0.

    References:
        Hu, Koren and Volinsky 2008, "Collaborative Filtering for Implicit Feedback
        Datasets", eq. 4; He et al. 2016, "Fast Matrix Factorization for Online
        Recommendation with Implicit Feedback", sec. 4.4, for solving after each event.
    """

    embedding_dim: int = 32
    unobserved_weight: float = 0.3
    l2: float = 5.0
    most: int = 200
    seed: int = 0
    _grams: dict[str, AnyArray] = field(init=False, repr=False)

    init_std = 0.1  # of an item's vector before its first event

    def __post_init__(self) -> None:
        """Checks the settings."""
        super().__post_init__()
        check_positive(most=self.most)
        check_above_zero(unobserved_weight=self.unobserved_weight, l2=self.l2)
        empty = np.zeros((self.embedding_dim, self.embedding_dim))
        self._grams = {"users": empty, "items": empty.copy()}  # sums of outer products

    def start_from(self, users: FloatArray, items: FloatArray, log: EventLog) -> None:
        """Replaces items' vectors `[num_items, dim]`, and solves for all users.

        Items without events keep the vectors of new items.
        """
        self._users = GrowingTable(items.shape[1])
        self._items = GrowingTable(items.shape[1])
        super().grow(log)
        self._users.values[:] = 0
        known = log.item_counts > 0
        self._items.values[known] = items[known]
        exact = self._items.values.astype(float)
        self._grams = {"items": exact.T @ exact}
        self._grams["users"] = np.zeros_like(self._grams["items"])
        for user in range(log.num_users):
            self._solve("users", user, log.of_user(user, self.most))

    def grow(self, log: EventLog) -> None:
        """Adds vectors of new users, zeros, and of new items, random.

        From zeros on both sides nothing could be learned.
        """
        users, items = len(self._users.values), len(self._items.values)
        super().grow(log)
        self._users.values[users:] = 0
        new = self._items.values[items:].astype(float)
        self._grams["items"] += new.T @ new

    def scores(self, user: int | None, log: EventLog) -> AnyArray:
        """Returns the scores of all items, `[num_items]`."""
        is_new = user is None or len(log.items_of(user)) == 0
        return super().scores(None if is_new else user, log)

    def learn(self, user: int, item: int, weight: float, log: EventLog) -> None:
        """Solves for the user and then for the item; the log contains the event."""
        self._solve("users", user, log.of_user(user, self.most))
        self._solve("items", item, log.of_item(item, self.most))

    def _solve(self, side: str, row: int, past: Past) -> None:
        """Solves for the vector of a row of one side, given the other side."""
        own, other = self._users.values, self._items.values
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
        """Returns the vectors and their Gram matrices."""
        grams = {f"gram_of_{side}": gram for side, gram in self._grams.items()}
        return {**super().state(), **grams}

    def restore(self, state: dict[str, AnyArray], log: EventLog) -> None:
        """Restores what `state` returned."""
        super().restore(state, log)
        shape = 2 * self._items.values.shape[1:]
        self._grams = {
            side: stored(state, f"gram_of_{side}", float, shape) for side in self._grams
        }
