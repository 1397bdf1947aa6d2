"""Incremental stochastic gradient descent: one step towards 1 for each event."""

from dataclasses import dataclass

from tfrecs._base.checks import check_above_zero, check_not_negative
from tfrecs.streaming.event_log import EventLog
from tfrecs.streaming.vector_learner import VectorLearner


@dataclass
class Isgd(VectorLearner):
    """Matrix factorization with one step of gradient descent for each event.

    There are no negatives: only the small start of the vectors keeps scores apart.

    Formula:
        e = weight * (1 - <p_u, q_i>);
        p_u += learning_rate * (e q_i - l2 p_u), and then
        q_i += learning_rate * (e p_u - l2 q_i)

    Args:
        embedding_dim: length of the vectors, unless they start from a model.
        learning_rate: size of a step.
        l2: L2 penalty on the vectors of an event.
        init_std: standard deviation of vectors before their first event.
        seed: seed of these vectors.

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

    def __post_init__(self) -> None:
        """Checks the settings."""
        super().__post_init__()
        check_above_zero(learning_rate=self.learning_rate)
        check_not_negative(l2=self.l2, init_std=self.init_std)

    def learn(self, user: int, item: int, weight: float, log: EventLog) -> None:
        """Takes a step."""
        p, q = self._users.values[user], self._items.values[item]
        error = weight * (1 - p @ q)
        p += self.learning_rate * (error * q - self.l2 * p)
        q += self.learning_rate * (error * p - self.l2 * q)
