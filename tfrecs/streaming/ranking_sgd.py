"""Gradient descent of ranking losses, with negatives drawn for each event."""

from dataclasses import dataclass

import numpy as np

from tfrecs._base.checks import (
    check_above_zero,
    check_choice,
    check_not_negative,
    check_positive,
)
from tfrecs._base.types import AnyArray, FloatArray
from tfrecs.streaming.event_log import EventLog
from tfrecs.streaming.vector_learner import VectorLearner


@dataclass
class RankingSgd(VectorLearner):
    """Matrix factorization that learns to rank an event's item above negatives.

    Negatives are drawn uniformly from the known items; items of the user are excluded.

    Formula:
        objective "bpr": mean over n of -ln sigmoid(<p_u, q_i> - <p_u, q_n>);
        "softmax": -ln of the share of exp(<p_u, q_i>) among itself and negatives;
        one step of gradient descent, times weight, with l2 on its vectors

    Args:
        objective: "bpr" or "softmax".
        num_negatives: negatives drawn for each event.
        embedding_dim: length of the vectors, unless they start from a model.
        learning_rate: size of a step.
        l2: L2 penalty on the vectors of an event.
        init_std: standard deviation of vectors before their first event.
        seed: seed of these vectors, and of the negatives.

    Raises:
        ValueError: if a setting is out of range.

    References:
        Rendle et al. 2009, "BPR: Bayesian Personalized Ranking from Implicit Feedback",
        fig. 4; Jean et al. 2015, "On Using Very Large Target Vocabulary for Neural
        Machine Translation", eq. 9, for the softmax.
    """

    objective: str = "softmax"
    num_negatives: int = 32
    embedding_dim: int = 32
    learning_rate: float = 0.3
    l2: float = 0.01
    init_std: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks the settings."""
        super().__post_init__()
        check_choice("objective", self.objective, ("bpr", "softmax"))
        check_positive(num_negatives=self.num_negatives)
        check_above_zero(learning_rate=self.learning_rate)
        check_not_negative(l2=self.l2, init_std=self.init_std)

    def learn(self, user: int, item: int, weight: float, log: EventLog) -> None:
        """Takes a step; the log contains the event already."""
        # Negatives depend on the event's number, so that no random state is kept.
        rng = np.random.default_rng((self.seed, log.num_events))
        drawn = rng.integers(log.num_items, size=self.num_negatives)
        negatives = drawn[~np.isin(drawn, log.items_of(user))]
        if len(negatives) == 0:
            return
        p, q = self._users.values[user], self._items.values
        others = q[negatives]  # [n, dim]
        pulls = self._pulls(others @ p - q[item] @ p)
        rate, shrink = self.learning_rate, self.l2
        step = weight * (pulls.sum() * q[item] - pulls @ others)
        q[item] += rate * (weight * pulls.sum() * p - shrink * q[item])
        change = -rate * (weight * pulls[:, None] * p + shrink * others)
        np.add.at(q, negatives, change)
        p += rate * (step - shrink * p)

    def _pulls(self, leads: FloatArray) -> AnyArray:
        """Returns the slope of the loss in each negative's lead, `[n]`."""
        if self.objective == "bpr":
            slopes: AnyArray = 1 / (1 + np.exp(-np.clip(leads, -60, 60))) / len(leads)
            return slopes
        highest = max(0.0, leads.max())
        shares: AnyArray = np.exp(leads - highest)
        return shares / (np.exp(-highest) + shares.sum())
