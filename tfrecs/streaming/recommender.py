"""Recommends on raw ids, and learns from each event."""

import math
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tfrecs._base.checks import check_choice, check_not_negative, check_positive
from tfrecs._base.types import AnyArray
from tfrecs.data.feedback import is_positive, warn_of_no_minimum
from tfrecs.data.id_arrays import as_id_array, is_exact
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.ranking.scorers import in_own_precision
from tfrecs.streaming.alone import alone
from tfrecs.streaming.event_log import EventLog, Forgetting
from tfrecs.streaming.events import events_of
from tfrecs.streaming.learners import Learner
from tfrecs.streaming.starting import start_of
from tfrecs.streaming.stored import part_of

if TYPE_CHECKING:
    from tfrecs.models.two_tower import TwoTower

CONFIDENCES: dict[str, Callable[[float], float]] = {
    "one": lambda rating: 1.0,
    "rating": lambda rating: rating,
    "log": lambda rating: 1 + math.log1p(rating),
}
"""Weight of an event by its rating: constant, proportional, or logarithmic."""

DIVERGED = (
    "Scores must be finite. Received: others, since learning has diverged. Lower the "
    "learning rate, or the weights of events."
)

INEXACT = (
    "`{}` must equal no other id, unlike True, which equals 1, or 2.0**53, and be of "
    "whole characters. Received: {}"
)

UNKNOWN_ITEM, REPEATED = 0, -1
"""Sentinel ranks of an item that never came, and of one that the user had."""


class IncrementalRecommender:
    """Recommends to users of a stream, and learns from its events.

    New users and items are added with their first event. Before their first event users
    get the most popular items. Threads may call all methods at once: one at a time has
    the recommender, so that no answer is of half an event.

    Args:
        learner: scores the items, such as `Ridge()`.
        confidence: weight of an event by its rating, a name in `CONFIDENCES`; for
            events without a weight.
        forgetting: decay of old events, for `Ridge` and `ItemItem`; None for no decay.
        min_rating: lowest rating of an event that is learned; None for any above 0.
            Events without a rating are learned.

    Raises:
        ValueError: if `confidence` is unknown.

    Example:
        >>> from tfrecs.streaming import ItemItem
        >>> recommender = IncrementalRecommender(ItemItem())
        >>> for user, film in [("ann", "Heat"), ("ann", "Alien"), ("bob", "Heat")]:
        ...     recommender.partial_fit(user, film)
        >>> [film for film, _ in recommender.recommend("bob")]
        ['Alien']
    """

    def __init__(
        self,
        learner: Learner,
        *,
        confidence: str = "one",
        forgetting: Forgetting | None = None,
        min_rating: float | None = None,
    ) -> None:
        check_choice("confidence", confidence, CONFIDENCES)
        self.learner = learner
        self.confidence = confidence
        self.min_rating = min_rating
        self.log = EventLog(forgetting)
        self._users: dict[Hashable, int] = {}
        self._items: dict[Hashable, int] = {}
        self.lock = threading.RLock()

    @alone
    def fit(
        self, train: Interactions, model: "TwoTower | None" = None
    ) -> "IncrementalRecommender":
        """Learns from a batch, by time if it has times, or starts from a model of it.

        Args:
            train: interactions before the stream. Its `positives` are learned, by the
                minimum here or else its own.
            model: model that was trained on `train`. The learner starts from its
                vectors, so that it must have no hidden part, or, `OneStep` and
                `HistoryScorer`, from its weights. None to learn from the events of
                `train` one by one.

        Returns:
            Itself.

        Raises:
            ValueError: if there were events already, the learner cannot start from a
                model, or the model has a hidden part or other users and items.
        """
        if self.log.num_events:
            raise ValueError(
                "`fit` must come before any event. Received: a recommender with "
                f"{self.log.num_events}. Use partial_fit."
            )
        start = (
            None if model is None else start_of(self.learner, self.log, model, train)
        )
        self._number(train.users.ids.tolist(), train.items.ids.tolist())
        self._grow(len(self._users), len(self._items))
        if self.min_rating is not None and train.ratings is not None:
            train = replace(train, min_rating=self.min_rating)
        for event in events_of(train.positives):
            user, item = self._users[event.user], self._items[event.item]
            weight = self._weight(event.rating, event.weight)
            self.log.add(user, item, weight, event.time)
            if start is None:
                self.learner.learn(user, item, weight, self.log)
        if start is not None:
            start()
        return self

    @alone
    def partial_fit(
        self,
        user: Hashable,
        item: Hashable,
        rating: float | None = None,
        weight: float | None = None,
        time: float = 0.0,
    ) -> None:
        """Learns from one event, if it is a positive; see `learns_from`.

        Args:
            user: raw id.
            item: raw id.
            rating: rating, at least 0; see `confidence`.
            weight: weight, at least 0, which overrides the rating.
            time: time of the event, for forgetting by time.

        Raises:
            ValueError: if an id is missing or may equal another, such as True, or a
                number is negative or not finite.
        """
        worth = self._weight(rating, weight)
        if not math.isfinite(time):
            raise ValueError(f"`time` must be finite. Received: time={time!r}")
        if not self.learns_from(rating):
            return
        sides = ("user", user, self._users), ("item", item, self._items)
        for name, raw, known in sides:
            if not is_exact(raw):
                raise ValueError(INEXACT.format(name, f"{raw!r:.60}"))
            if raw not in known:
                as_id_array([raw], name)
        row = self._users.get(user, len(self._users))
        column = self._items.get(item, len(self._items))
        if row >= self.log.num_users or column >= self.log.num_items:
            self._grow(row + 1, column + 1)
        self._users.setdefault(user, row)
        self._items.setdefault(item, column)
        self.log.add(row, column, worth, time)
        self.learner.learn(row, column, worth, self.log)

    @alone
    def recommend(
        self, user: Hashable, k: int = 10, *, exclude_seen: bool = True
    ) -> list[tuple[Hashable, float]]:
        """Returns the top-k items and their scores, best first.

        Args:
            user: raw id; an unknown user gets the most popular items.
            k: number of items, at least 1; fewer are returned if fewer are known.
            exclude_seen: whether to exclude items that the user had.

        Raises:
            ValueError: if k is below 1, or learning has diverged.
        """
        check_positive(k=k)
        row = self._users.get(user)
        scores = in_own_precision(self.learner.scores(row, self.log)).copy()
        if np.isnan(scores).any():
            raise ValueError(DIVERGED)
        if row is not None and exclude_seen:
            scores[self.log.items_of(row)] = -np.inf
        best = np.argsort(-scores, kind="stable")[:k]
        items = self.items
        found = best[~np.isneginf(scores[best])].tolist()
        return [(items[item], float(scores[item])) for item in found]

    @alone
    def rank(self, user: Hashable, item: Hashable, *, exclude_seen: bool = True) -> int:
        """Returns the rank of an item in the user's current ranking, ties against it.

        Arguments and errors are as in `recommend`.

        Returns:
            1 for the best item; `UNKNOWN_ITEM` for an unknown item; and `REPEATED` for
            an excluded item.
        """
        column = self._items.get(item)
        if column is None:
            return UNKNOWN_ITEM
        row = self._users.get(user)
        scores = self.learner.scores(row, self.log)
        own = scores[column]
        if math.isnan(own):
            raise ValueError(DIVERGED)
        ahead = np.count_nonzero(scores >= own)
        if row is not None and exclude_seen:
            seen = self.log.items_of(row)
            if (seen == column).any():
                return REPEATED
            ahead -= np.count_nonzero(scores[seen] >= own)
        return int(ahead)

    def learns_from(self, rating: float | None) -> bool:
        """Returns whether an event of this rating is a positive, as all without one.

        If no minimum was given, a rating other than 1 logs a warning.
        """
        if rating is None:
            return True
        if self.min_rating is None and rating != 1:
            remedy = "IncrementalRecommender(..., min_rating=...)"
            warn_of_no_minimum("Events have ratings", remedy)
        return bool(is_positive(rating, self.min_rating))

    @alone
    def knows(self, user: Hashable) -> bool:
        """Returns whether the user had an event."""
        row = self._users.get(user)
        return row is not None and len(self.log.items_of(row)) > 0

    @alone
    def had(self, user: Hashable, item: Hashable) -> bool:
        """Returns whether the user had an event with the item."""
        row, column = self._users.get(user), self._items.get(item)
        return row is not None and column is not None and self.log.has(row, column)

    @property
    @alone
    def users(self) -> list[Hashable]:
        """Raw ids of the users, in the order of their first events."""
        return list(self._users)

    @property
    @alone
    def items(self) -> list[Hashable]:
        """Raw ids of the items, in the order of their first events."""
        return list(self._items)

    @alone
    def state(self) -> dict[str, AnyArray]:
        """Returns everything that was learned as arrays, without the ids."""
        log, learner = self.log.state(), self.learner.state()
        return {
            **{f"log/{name}": array for name, array in log.items()},
            **{f"learner/{name}": array for name, array in learner.items()},
        }

    @alone
    def restore(
        self,
        state: Mapping[str, AnyArray],
        users: Iterable[Hashable],
        items: Iterable[Hashable],
    ) -> None:
        """Restores what `state`, `users` and `items` returned, or raises ValueError."""
        users, items = list(users), list(items)
        self.log.restore(part_of(state, "log/"), len(users), len(items))
        self.learner.restore(part_of(state, "learner/"), self.log)
        self._number(users, items)

    def _number(self, users: Iterable[Hashable], items: Iterable[Hashable]) -> None:
        self._users = {raw: number for number, raw in enumerate(users)}
        self._items = {raw: number for number, raw in enumerate(items)}

    def _grow(self, num_users: int, num_items: int) -> None:
        self.log.grow(num_users, num_items)
        self.learner.grow(self.log)

    def _weight(self, rating: float | None, weight: float | None) -> float:
        check_not_negative(rating=rating or 0.0, weight=weight or 0.0)
        if weight is not None:
            return weight
        return 1.0 if rating is None else CONFIDENCES[self.confidence](rating)
