"""Incremental stochastic gradient descent: one step towards 1 for each event."""

from dataclasses import dataclass, field

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.types import AnyArray, FloatArray
from tfrecs.streaming._growing import GrowingVectors
from tfrecs.streaming.event_log import EventLog


@dataclass
class Isgd:
    """Matrix factorization that takes one step of gradient descent for each event.

    There are no negatives: that vectors are small is all that keeps scores apart.

    Formula:
        e = weight * (1 - <p_u, q_i>);
        p_u += learning_rate * (e q_i - l2 p_u), and then
        q_i += learning_rate * (e p_u - l2 q_i)

    Args:
        embedding_dim: length of the vectors; a model that is started from has its own.
        learning_rate: of a step.
        l2: pulls the vectors of an event towards zero.
        init_std: standard deviation of vectors before their first event.
        seed: of these.

    Raises:
        ValueError: if a setting is out of range.

    References:
        Vinagre, Jorge and Gama 2014, "Fast Incremental Matrix Factorization for
        Recommendation with Positive-only Feedback", algorithm 2, which updates both
        vectors from the old ones or, as here, one after the other.
    """

    embedding_dim: int = 128
    learning_rate: float = 0.05
    l2: float = 0.01
    init_std: float = 0.1
    seed: int = 0
    _vectors: GrowingVectors = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Checks the settings and makes room for vectors."""
        check_positive(embedding_dim=self.embedding_dim)
        check_step(self.learning_rate, self.l2, self.init_std)
        self._vectors = GrowingVectors(self.embedding_dim, self.init_std, self.seed)

    def start_from(self, users: FloatArray, items: FloatArray, log: EventLog) -> None:
        """Takes vectors of users and items."""
        self._vectors.restore(users, items)

    def grow(self, log: EventLog) -> None:
        """Makes room for the log's users and items."""
        self._vectors.grow(log.num_users, log.num_items)

    def scores(self, user: int | None, log: EventLog) -> FloatArray:
        """Scores of all items: `[num_items]`."""
        if user is None:
            return log.item_counts.astype(np.float32)
        return self._vectors.scores(user)

    def learn(self, user: int, item: int, weight: float, log: EventLog) -> None:
        """Takes a step."""
        p, q = self._vectors.users.values[user], self._vectors.items.values[item]
        error = weight * (1 - p @ q)
        p += self.learning_rate * (error * q - self.l2 * p)
        q += self.learning_rate * (error * p - self.l2 * q)

    def state(self) -> dict[str, AnyArray]:
        """What was learned, as arrays."""
        return self._vectors.state()

    def restore(self, state: dict[str, AnyArray]) -> None:
        """Goes back to what `state` gave."""
        self._vectors.restore(**state)


def check_step(learning_rate: float, l2: float, init_std: float) -> None:
    """Raises ValueError if a number of gradient descent is out of range."""
    if not 0 < learning_rate < float("inf"):
        raise ValueError(
            f"`learning_rate` must be above 0. Received: {learning_rate=!r}"
        )
    for name, value in (("l2", l2), ("init_std", init_std)):
        if not 0 <= value < float("inf"):
            raise ValueError(f"`{name}` must be at least 0. Received: {name}={value!r}")
