"""Learners that start from a trained model."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.types import FloatArray
from tfrecs.data.interactions import Interactions
from tfrecs.data.sizes import check_same_sizes
from tfrecs.streaming.event_log import EventLog
from tfrecs.streaming.learners import Learner

if TYPE_CHECKING:
    from tfrecs.models.two_tower import TwoTower


def start_of(
    learner: Learner, log: EventLog, model: "TwoTower", train: Interactions
) -> Callable[[], None]:
    """Returns a function that starts a learner from a model of `train`.

    Raises:
        ValueError: if the learner cannot start from a model, or the model has a hidden
            part or other users and items.
    """
    takes_vectors: Any = getattr(learner, "start_from", None)
    takes_model: Any = getattr(learner, "start_from_model", None)
    if not (takes_vectors or takes_model):
        raise ValueError(
            f"{type(learner).__name__} cannot start from a model. Omit it."
        )
    check_same_sizes(model, train)
    if takes_vectors:
        return partial(takes_vectors, *_vectors_of(model), log)
    return partial(takes_model, model)


def _vectors_of(model: "TwoTower") -> tuple[FloatArray, FloatArray]:
    """Returns vectors of users and items whose inner products are the scores."""
    users = model.user_output(np.arange(model.num_users, dtype=np.int32))
    items = model.item_output()
    if "hidden" in items:
        raise ValueError(
            "`model` must have no hidden part, so that scores are inner products. "
            f"Received: {model.name}. Use a model such as mf, or the learner OneStep."
        )
    found = model.interaction.vectors(users, items)
    return np.array(found[0]), np.array(found[1])
