"""Ranks with a model of histories, which grow with each event."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_not_negative, check_positive
from tfrecs._base.indices import PADDING
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.data.histories import padded, with_ids
from tfrecs.streaming.event_log import EventLog
from tfrecs.streaming.model_json import check_model, from_json, to_json
from tfrecs.streaming.stored import check_within, stored

if TYPE_CHECKING:
    from tfrecs.models.two_tower import TwoTower

PENDING = np.dtype([("user", np.int32), ("item", np.int32), ("weight", np.float32)])
"""An event that waits for the next step."""


@dataclass
class HistoryScorer:
    """Scores the next item of a user's history by a trained model.

    Start it by `IncrementalRecommender.fit(train, model)`, with a model such as from
    `build_gru`. An event changes the history of its user at once. After every `every`
    events the model takes one step on them, all at once: a softmax over the item of
    each event and shared negatives. Users without an event get the most popular items.
    New items start at the mean of the others; rows for them are added in advance, by
    doubling.

    Args:
        learning_rate: of `LazyAdam`; 0 for a model that does not change.
        every: number of events of a step.
        num_negatives: number of items drawn for a step, uniformly.
        seed: seed of the negatives.

    Raises:
        ValueError: if a number is out of range.
    """

    learning_rate: float = 0.001
    every: int = 256
    num_negatives: int = 1024
    seed: int = 0
    _model: Any = field(init=False, repr=False, default=None)
    _view: Any = field(init=False, repr=False, default=None)
    _items: Any = field(init=False, repr=False, default=None)  # tower output of all
    _pending: list[tuple[int, int, float]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Checks the settings."""
        check_not_negative(learning_rate=self.learning_rate)
        check_positive(every=self.every, num_negatives=self.num_negatives)
        self._pending = []

    def start_from_model(self, model: "TwoTower") -> None:
        """Copies a trained model of histories.

        Raises:
            ValueError: if the model reads no histories.
        """
        if model.max_length is None:
            raise ValueError(
                "`model` must read histories, such as from build_gru. Received: "
                f"{model.name}. Use it in OneStep."
            )
        self._use(type(model).from_config(model.get_config()))  # not compiled
        for own, other in zip(self._model.variables, model.variables, strict=True):
            own.assign(other)  # the state of dropout too
        self._items = self._model.item_output()

    def _use(self, model: Any, optimizer: Any = None) -> None:
        """Makes the view that trains a model, and its optimizer."""
        from tfrecs.losses.multinomial import negative_log_likelihood
        from tfrecs.optimizers import LazyAdam

        self._model, self._view = model, model.over_shared_softmax()
        optimizer = (
            LazyAdam(float(self.learning_rate)) if optimizer is None else optimizer
        )
        self._view.compile(optimizer, loss=negative_log_likelihood, jit_compile=False)
        optimizer.build(self._view.trainable_variables)

    def grow(self, log: EventLog) -> None:
        """Adds rows for new items if none are left."""
        if self._model is None or log.num_items <= self._model.num_items:
            return
        from tfrecs.models.growing import grow, grow_optimizer

        old, size = self._model, max(log.num_items, 2 * self._model.num_items)
        larger = grow(old, items=size - old.num_items)
        self._use(larger, grow_optimizer(self._view.optimizer, old, larger))
        self._items = self._model.item_output()

    def scores(self, user: int | None, log: EventLog) -> AnyArray:
        """Returns the scores of all items, `[num_items]`."""
        if user is None or not len(log.items_of(user)):
            return log.item_counts
        row = with_ids(self._model, self._histories([user], log), self._ids([user]))
        inputs = self._model.user_inputs(row)
        [p] = np.asarray(self._model.user_tower.predict_on_batch(inputs)["factors"])
        scores: FloatArray = self._items["factors"][: log.num_items] @ p
        if "bias" in self._items:
            scores += self._items["bias"][: log.num_items]
        return scores

    def _histories(self, users: list[int], log: EventLog, end: int = 0) -> IntArray:
        """Returns the last items of users, without the latest `end`."""
        histories = [log.items_of(user) for user in users]
        return padded([x[: len(x) - end] for x in histories], self._model.max_length)

    def _ids(self, users: list[int]) -> IntArray:
        """Returns the ids by which the model may know users, -1 for new ones."""
        ids = np.array(users, np.int32)
        return np.where(ids < (self._model.num_users or 0), ids, np.int32(-1))

    def learn(self, user: int, item: int, weight: float, log: EventLog) -> None:
        """Takes a step after every `every` events; the log contains them already."""
        if self._model is None:
            raise ValueError(
                "HistoryScorer needs a trained model. Received: none. Start with "
                "IncrementalRecommender.fit(train, model)."
            )
        if not self.learning_rate:
            return
        self._pending.append((user, item, weight))
        if len(self._pending) == self.every:
            self._step(log)
            self._pending = []

    def _step(self, log: EventLog) -> None:
        """Trains on the pending events: each is the next item of a position."""
        weights = {(user, item): 0.0 for user, item, _ in self._pending}
        for user, item, weight in self._pending:
            weights[user, item] += weight
        users = list(dict.fromkeys(user for user, _ in weights))
        next_item, history = self._histories(users, log), self._histories(users, log, 1)
        worth: AnyArray = np.zeros(next_item.shape, np.float32)
        for row, user in enumerate(users):
            for place in np.flatnonzero(history[row] != PADDING):
                worth[row, place] = weights.get((user, int(next_item[row, place])), 0.0)
        # Rows without an item, so that shapes are few.
        more = [[0, 2 ** (len(users) - 1).bit_length() - len(users)], [0, 0]]
        rng = np.random.default_rng((self.seed, log.num_events))
        negatives = rng.integers(0, log.num_items, self.num_negatives, np.int32)
        ids = np.tile(self._ids(users)[:, None], history.shape[1])
        inputs = {
            "user_id": np.pad(ids, more, constant_values=-1),
            "history": np.pad(history, more, constant_values=PADDING),
            "item_id": np.pad(np.maximum(next_item, 0), more).reshape(-1),
            "negative_id": negatives,
        }
        worth = np.pad(worth, more).reshape(-1)
        worth *= len(worth) / len(self._pending)  # Keras takes the mean of positions
        labels = np.ones((len(worth), 1), np.int8)
        self._view.train_on_batch(inputs, labels, sample_weight=worth)
        self._items = self._model.item_output()

    def state(self) -> dict[str, AnyArray]:
        """Returns the model, the optimizer, and the events that wait for a step."""
        pending = {"pending": np.array(self._pending, PENDING)}
        if self._model is None:
            return pending
        arrays = {f"{n}": np.array(v) for n, v in enumerate(self._variables())}
        return {**pending, "model": np.array(to_json(self._model)), **arrays}

    def _variables(self) -> list[Any]:
        return [*self._model.variables, *self._view.optimizer.variables]

    def restore(self, state: dict[str, AnyArray], log: EventLog) -> None:
        """Restores what `state` returned."""
        pending = stored(state, "pending", PENDING, (None,))
        for name, size in (("user", log.num_users), ("item", log.num_items)):
            check_within(pending[name], f"pending {name}s", 0, size - 1)
        check_within(pending["weight"], "pending weights", 0, np.inf)
        self._pending = pending.tolist()
        if "model" not in state:
            return
        config = str(state["model"])
        check_model(config, state)
        self._use(from_json(config))
        if self._model.max_length is None or self._model.num_items < log.num_items:
            raise ValueError(
                f"`model` must read histories of {log.num_items} items. Received: "
                f"{self._model.name} of {self._model.num_items}"
            )
        for number, variable in enumerate(self._variables()):
            dtype, shape = np.array(variable).dtype, tuple(variable.shape)
            variable.assign(stored(state, str(number), dtype, shape))
        self._items = self._model.item_output()
