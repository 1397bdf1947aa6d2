"""What a learner of a stream must do, and those that there are, by name."""

from collections.abc import Callable
from typing import Protocol

from tfrecs._base.types import AnyArray, FloatArray
from tfrecs.streaming.event_log import EventLog
from tfrecs.streaming.isgd import Isgd
from tfrecs.streaming.item_item import ItemItem
from tfrecs.streaming.one_step import OneStep
from tfrecs.streaming.popular import Popular
from tfrecs.streaming.ranking_sgd import RankingSgd
from tfrecs.streaming.ridge import Ridge


class Learner(Protocol):
    """Makes scores of what it learned from events, one at a time.

    It is a dataclass of its settings. Users and items are numbers from 0, of which
    there are as many as in the log. One that can go on from a trained model has
    `start_from(users, items, log)` as well, which takes vectors whose inner products
    are the model's scores, or `go_on_from(model)`.
    """

    def grow(self, log: EventLog) -> None:
        """Makes room for users and items that the log has and it has not."""
        ...

    def scores(self, user: int | None, log: EventLog) -> FloatArray:
        """Gives scores of all items, `[num_items]`, which are not written to.

        Those for someone who is not known, None, are by what is popular.
        """
        ...

    def learn(self, user: int, item: int, weight: float, log: EventLog) -> None:
        """Learns from an event, which the log has already."""
        ...

    def state(self) -> dict[str, AnyArray]:
        """Gives all that it learned, as arrays."""
        ...

    def restore(self, state: dict[str, AnyArray]) -> None:
        """Goes back to what `state` gave, to the bit."""
        ...


LEARNERS: dict[str, Callable[..., Learner]] = {
    "ridge": Ridge,
    "ranking-sgd": RankingSgd,
    "isgd": Isgd,
    "item-item": ItemItem,
    "popular": Popular,
    "one-step": OneStep,
}
