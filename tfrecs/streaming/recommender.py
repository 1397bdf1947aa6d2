"""Recommends on raw ids, and learns from each event as it comes."""

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_choice, check_positive
from tfrecs._base.types import AnyArray, FloatArray
from tfrecs.data.interactions import Interactions
from tfrecs.streaming.event_log import EventLog, Forgetting
from tfrecs.streaming.learners import Learner

if TYPE_CHECKING:
    from tfrecs.models import TwoTower

CONFIDENCES: dict[str, Callable[[float], float]] = {
    "one": lambda rating: 1.0,
    "rating": lambda rating: rating,
    "log": lambda rating: 1 + math.log1p(rating),
}
"""How much an event counts, by its rating: alike, in proportion, or slowly rising."""

DIVERGED = (
    "Scores must not be NaN. Received: NaN, since learning has diverged. Lower the "
    "learning rate, or the weights of events."
)

UNKNOWN_ITEM, REPEATED = 0, -1
"""What `rank` gives for an item that could not be recommended, or not again."""


class IncrementalRecommender:
    """Recommends to users of a stream, and learns from its events.

    New users and items are taken in when they first come. Before a user's first event
    recommendations are what is popular.

    Args:
        learner: what makes scores, such as `Ridge()`.
        confidence: of an event with a rating and no weight, a name of `CONFIDENCES`.
        forgetting: how what was long ago counts less; None to remember everything.
            `Ridge` and `ItemItem` heed it.

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
    ) -> None:
        check_choice("confidence", confidence, CONFIDENCES)
        self.learner = learner
        self.confidence = confidence
        self.log = EventLog(forgetting)
        self._users: dict[Hashable, int] = {}
        self._items: dict[Hashable, int] = {}
        self._item_ids: list[Hashable] = []

    def fit(
        self, train: Interactions, model: "TwoTower | None" = None
    ) -> "IncrementalRecommender":
        """Learns from a batch, by time if it has times; then goes on from a model.

        Args:
            train: what came before the stream.
            model: trained on `train` by `tfrecs.fit`: the learner goes on from its
                vectors, which a model with a hidden part has not, or, `OneStep`, from
                the model itself. None to learn from the events of `train` one by one.

        Returns:
            Itself.

        Raises:
            ValueError: if there were events already, the learner cannot go on from a
                model, or the model is of other users and items or has a hidden part.
        """
        if self.log.num_events:
            raise ValueError(
                "`fit` comes before any event. Received: a recommender with "
                f"{self.log.num_events}. Use partial_fit."
            )
        begin = None if model is None else self._beginning(model, train)
        for raw in train.users.ids.tolist():
            self._user_of(raw)
        for raw in train.items.ids.tolist():
            self._item_of(raw)
        self.log.grow(train.num_users, train.num_items)
        self.learner.grow(self.log)
        for row in by_time(train):
            user, item = int(train.user_ids[row]), int(train.item_ids[row])
            weight = self._weight(
                None if train.ratings is None else float(train.ratings[row]),
                None if train.weights is None else float(train.weights[row]),
            )
            time = 0.0 if train.timestamps is None else float(train.timestamps[row])
            self.log.add(user, item, weight, time)
            if begin is None:
                self.learner.learn(user, item, weight, self.log)
        if begin is not None:
            begin()
        return self

    def partial_fit(
        self,
        user: Hashable,
        item: Hashable,
        rating: float | None = None,
        weight: float | None = None,
        time: float = 0.0,
    ) -> None:
        """Learns from one event.

        Args:
            user: raw id.
            item: raw id.
            rating: how much it was liked, at least 0; see `confidence`.
            weight: how much it counts, at least 0, whatever the rating.
            time: of the event, for forgetting by time.

        Raises:
            ValueError: if a number is negative or not finite.
        """
        worth = self._weight(rating, weight)
        if not math.isfinite(time):
            raise ValueError(f"`time` must be finite. Received: time={time!r}")
        row, column = self._user_of(user), self._item_of(item)
        if row >= self.log.num_users or column >= self.log.num_items:
            self.log.grow(len(self._users), len(self._items))
            self.learner.grow(self.log)
        self.log.add(row, column, worth, time)
        self.learner.learn(row, column, worth, self.log)

    def recommend(
        self, user: Hashable, k: int = 10, *, exclude_seen: bool = True
    ) -> list[tuple[Hashable, float]]:
        """Gives the k items of highest score and their scores, best first.

        Args:
            user: raw id; someone who is not known gets what is popular.
            k: items, at least 1; there are fewer if not so many are known.
            exclude_seen: whether items that the user had are left out.

        Raises:
            ValueError: if k is below 1, or learning has diverged.
        """
        check_positive(k=k)
        row = self._users.get(user)
        scores = np.array(self.learner.scores(row, self.log), dtype=np.float32)
        if np.isnan(scores).any():
            raise ValueError(DIVERGED)
        if row is not None and exclude_seen:
            scores[self.log.items_of(row)] = -np.inf
        best = np.argsort(-scores, kind="stable")[:k]
        found = best[~np.isneginf(scores[best])]
        return [(self._item_ids[item], float(scores[item])) for item in found]

    def rank(self, user: Hashable, item: Hashable, *, exclude_seen: bool = True) -> int:
        """Tells where an item stands in the user's ranking now, ties against it.

        Args:
            user: raw id.
            item: raw id.
            exclude_seen: whether items that the user had are left out.

        Returns:
            1 for the first place; `UNKNOWN_ITEM` for an item that never came; and
            `REPEATED` for one that is left out since the user had it.

        Raises:
            ValueError: if learning has diverged.
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

    def knows(self, user: Hashable) -> bool:
        """Whether the user has had an event."""
        row = self._users.get(user)
        return row is not None and len(self.log.items_of(row)) > 0

    def had(self, user: Hashable, item: Hashable) -> bool:
        """Whether the user has had an event with the item."""
        row, column = self._users.get(user), self._items.get(item)
        return row is not None and column is not None and self.log.has(row, column)

    @property
    def users(self) -> list[Hashable]:
        """The raw ids of the users, in the order in which they came."""
        return list(self._users)

    @property
    def items(self) -> list[Hashable]:
        """The raw ids of the items, in the order in which they came."""
        return list(self._item_ids)

    def state(self) -> dict[str, AnyArray]:
        """Gives all that it learned, but for the ids, as arrays."""
        parts = {"log": self.log.state(), "learner": self.learner.state()}
        return {
            f"{part}/{name}": array
            for part, arrays in parts.items()
            for name, array in arrays.items()
        }

    def restore(
        self,
        state: Mapping[str, AnyArray],
        users: Iterable[Hashable],
        items: Iterable[Hashable],
    ) -> None:
        """Goes back to what `state`, `users` and `items` gave, to the bit."""
        self._users = {raw: place for place, raw in enumerate(users)}
        self._items = {raw: place for place, raw in enumerate(items)}
        self._item_ids = list(self._items)
        for part, owner in (("log", self.log), ("learner", self.learner)):
            prefix = f"{part}/"
            owner.restore(
                {
                    name.removeprefix(prefix): array
                    for name, array in state.items()
                    if name.startswith(prefix)
                }
            )

    def _user_of(self, raw: Hashable) -> int:
        return self._users.setdefault(raw, len(self._users))

    def _item_of(self, raw: Hashable) -> int:
        place = self._items.setdefault(raw, len(self._items))
        if place == len(self._item_ids):
            self._item_ids.append(raw)
        return place

    def _weight(self, rating: float | None, weight: float | None) -> float:
        for name, value in (("rating", rating), ("weight", weight)):
            if value is not None and not 0 <= value < math.inf:
                raise ValueError(
                    f"`{name}` must be at least 0, and finite. Received: {value!r}"
                )
        if weight is not None:
            return weight
        return 1.0 if rating is None else CONFIDENCES[self.confidence](rating)

    def _beginning(self, model: "TwoTower", train: Interactions) -> Callable[[], None]:
        """What lets the learner go on from a model, once the log has `train`."""
        takes_vectors: Any = getattr(self.learner, "start_from", None)
        takes_model: Any = getattr(self.learner, "go_on_from", None)
        if not (takes_vectors or takes_model):
            raise ValueError(
                f"{type(self.learner).__name__} counts, and cannot go on from a model. "
                "Leave the model out."
            )
        if (model.num_users, model.num_items) != (train.num_users, train.num_items):
            raise ValueError(
                f"`model` must be of {train.num_users} users and {train.num_items} "
                f"items, those of `train`. Received: {model.num_users} and "
                f"{model.num_items}"
            )
        if takes_vectors:
            return partial(takes_vectors, *_vectors_of(model), self.log)
        return partial(takes_model, model)


def _vectors_of(model: "TwoTower") -> tuple[FloatArray, FloatArray]:
    """Vectors of users and items, whose inner products are the model's scores."""
    users = model.user_output(np.arange(model.num_users, dtype=np.int32))
    items = model.item_output()
    if "hidden" in items:
        raise ValueError(
            "`model` must have no hidden part, since its scores are no inner products. "
            f"Received: {model.name}. Take mf, for instance, or the learner OneStep."
        )
    found = model.interaction.vectors(users, items)
    return np.array(found[0]), np.array(found[1])


def by_time(train: Interactions) -> Iterable[int]:
    """Gives rows in the order of their times, equals as they stand."""
    if train.timestamps is None:
        return range(len(train))
    order: list[int] = np.argsort(train.timestamps, kind="stable").tolist()
    return order
