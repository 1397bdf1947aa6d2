"""Learners of a stream by name; a file and a line in `LEARNERS` add one."""

from collections.abc import Callable
from typing import Protocol

from tfrecs._base.types import AnyArray
from tfrecs.streaming.event_log import EventLog
from tfrecs.streaming.history_scorer import HistoryScorer
from tfrecs.streaming.isgd import Isgd
from tfrecs.streaming.item_item import ItemItem
from tfrecs.streaming.one_step import OneStep
from tfrecs.streaming.popular import Popular
from tfrecs.streaming.ranking_sgd import RankingSgd
from tfrecs.streaming.ridge import Ridge


class Learner(Protocol):
    """Learns from events one at a time, and scores all items for a user.

    A learner is a dataclass of its settings. Users and items are indices below the
    log's numbers. A learner that can start from a trained model also has
    `start_from(users, items, log)`, which takes vectors whose inner products are the
    model's scores, or `start_from_model(model)`.
    """

    def grow(self, log: EventLog) -> None:
        """Adds users and items that are new in the log."""

    def scores(self, user: int | None, log: EventLog) -> AnyArray:
        """Returns the scores of all items, `[num_items]`, as a read-only view.

        Scores of an unknown user, None, are by popularity.
        """

    def learn(self, user: int, item: int, weight: float, log: EventLog) -> None:
        """Learns from an event, which the log contains already."""

    def state(self) -> dict[str, AnyArray]:
        """Returns everything that was learned, as arrays."""

    def restore(self, state: dict[str, AnyArray], log: EventLog) -> None:
        """Restores what `state` returned, exactly, for the users and items of a log.

        Raises:
            ValueError: if the state is of other sizes, or not finite.
        """


LEARNERS: dict[str, Callable[..., Learner]] = {
    "ridge": Ridge,
    "ranking-sgd": RankingSgd,
    "isgd": Isgd,
    "item-item": ItemItem,
    "popular": Popular,
    "one-step": OneStep,
    "history": HistoryScorer,
}
