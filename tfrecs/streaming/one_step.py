"""Trains any Keras model by one step of its optimizer for each event."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_choice, check_positive
from tfrecs._base.types import AnyArray
from tfrecs.streaming.event_log import EventLog
from tfrecs.streaming.model_json import from_json, to_json
from tfrecs.streaming.stored import stored

if TYPE_CHECKING:
    import keras

    from tfrecs.models.two_tower import TwoTower


@dataclass
class OneStep:
    """Trains a Keras model to rank the item of each event above negatives.

    Unlike other learners it supports models with a hidden part. A step and a forward
    pass of both towers take milliseconds: for more than some hundred events a second
    use `Ridge`. New users and items start at the mean of the others; their rows are
    added in advance, by doubling. Models of features do not support new users or items.

    Build a learner with `OneStep.of(model)`; the constructor restores a saved one.

    Args:
        model_config: the model as JSON of Keras.
        optimizer_config: the optimizer as JSON of Keras.
        objective: name in `tfrecs.losses.LOSSES`.
        num_negatives: number of negatives drawn for each event.
        seed: seed of the negatives.

    Raises:
        ValueError: if the objective is unknown, or `num_negatives` is below 1.
    """

    model_config: str
    optimizer_config: str
    objective: str = "bpr"
    num_negatives: int = 8
    seed: int = 0
    _model: Any = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        """Builds the model from its config, without trained weights."""
        from tfrecs.losses import LOSSES

        check_choice("objective", self.objective, LOSSES)
        check_positive(num_negatives=self.num_negatives)
        self._compile(from_json(self.model_config), from_json(self.optimizer_config))

    @classmethod
    def of(
        cls,
        model: "TwoTower",
        *,
        optimizer: "keras.optimizers.Optimizer | None" = None,
        objective: str = "bpr",
        num_negatives: int = 8,
        seed: int = 0,
    ) -> "OneStep":
        """Builds a learner that trains a copy of a model.

        Args:
            model: from a builder of `tfrecs.models`, trained or not.
            optimizer: by default SGD with a learning rate of 0.05.
            objective: as of the class, like all that follow.
            num_negatives: number of negatives.
            seed: seed.
        """
        import keras

        architecture = to_json(model)
        settings = to_json(optimizer or keras.optimizers.SGD(0.05))
        learner = cls(architecture, settings, objective, num_negatives, seed)
        learner._model.set_weights(model.get_weights())
        return learner

    def start_from_model(self, model: "TwoTower") -> None:
        """Copies the weights of a model of the same kind and sizes.

        Raises:
            ValueError: if the kind or the sizes differ.
        """
        own, others = (
            [(weight.name, tuple(weight.shape)) for weight in of.weights]
            for of in (self._model, model)
        )
        if own != others:
            raise ValueError(
                "`model` must be of the same kind and sizes as the learner's, "
                f"{self._model.name} of {self._model.num_users} users and "
                f"{self._model.num_items} items. Received: {model.name} of "
                f"{model.num_users} and {model.num_items}. Use OneStep.of(model)."
            )
        self._model.set_weights(model.get_weights())

    def grow(self, log: EventLog) -> None:
        """Adds rows for new users and items if none are left."""
        rooms = self._model.num_users, self._model.num_items
        sizes = log.num_users, log.num_items
        self._grow_to(
            room if size <= room else max(size, 2 * room)
            for size, room in zip(sizes, rooms, strict=True)
        )

    def _grow_to(self, rooms: Iterable[int]) -> None:
        from tfrecs.models.growing import grow, grow_optimizer

        sizes = self._model.num_users, self._model.num_items
        users, items = (new - old for new, old in zip(rooms, sizes, strict=True))
        if not (users or items):
            return
        grown = grow(self._model, users=users, items=items)
        optimizer = grow_optimizer(self._model.optimizer, self._model, grown)
        self._compile(grown, optimizer)

    def _compile(self, model: Any, optimizer: Any) -> None:
        from tfrecs.losses import LOSSES

        model.compile(optimizer, loss=LOSSES[self.objective], jit_compile=False)
        optimizer.build(model.trainable_variables)
        self._model = model

    def scores(self, user: int | None, log: EventLog) -> AnyArray:
        """Returns the scores of all items, `[num_items]`."""
        if user is None:
            return log.item_counts
        scores: AnyArray = self._model.score_users(np.array([user], np.int32))[0]
        return scores[: log.num_items]

    def learn(self, user: int, item: int, weight: float, log: EventLog) -> None:
        """Takes a step; the log contains the event already."""
        rng = np.random.default_rng((self.seed, log.num_events))
        others = np.setdiff1d(np.arange(log.num_items), log.items_of(user))
        if len(others) == 0:
            return
        row = [[item, *rng.choice(others, self.num_negatives)]]
        self._model.train_on_batch(
            {"user_id": np.array([user], np.int32), "item_id": np.array(row, np.int32)},
            np.eye(1, 1 + self.num_negatives, dtype=np.float32),
            sample_weight=np.array([weight], np.float32),
        )

    def state(self) -> dict[str, AnyArray]:
        """Returns the variables of the model and the optimizer."""
        model = self._model
        variables = [*model.variables, *model.optimizer.variables]
        arrays = {f"{n}": np.array(v) for n, v in enumerate(variables)}
        return {"room": np.array([model.num_users, model.num_items]), **arrays}

    def restore(self, state: dict[str, AnyArray], log: EventLog) -> None:
        """Restores what `state` returned."""
        rooms = stored(state, "room", np.int64, (2,), 0).tolist()
        rows = max((len(x) for x in state.values() if x.ndim), default=0)
        for room, size in zip(rooms, (log.num_users, log.num_items), strict=True):
            if not size <= room <= rows:
                raise ValueError(f"`room` must be {size} to {rows}. Received: {room}")
        self._grow_to(rooms)
        variables = [*self._model.variables, *self._model.optimizer.variables]
        for number, variable in enumerate(variables):
            dtype, shape = np.array(variable).dtype, tuple(variable.shape)
            variable.assign(stored(state, str(number), dtype, shape))
