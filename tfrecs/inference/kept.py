"""Values computed from all items of a model, kept until its weights change."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from tfrecs._base.forks import check_not_forked
from tfrecs._base.types import AnyArray, Scorer
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.ranking.scorers import as_scorer

if TYPE_CHECKING:
    import keras

T = TypeVar("T")

READ_WHOLE = 2**17
"""Most numbers of a weight of which every one is compared."""


class Kept(Generic[T]):
    """Returns a value, which is computed again after a change of a tower's weights.

    Before each use every number of a small weight is compared, and the first number of
    each row of a table, which takes a fraction of the time of a product with the table.
    That sees training of any kind, loaded weights and assigned ones. It does not see a
    change of a table that leaves the first number of every row as it is.

    Args:
        compute: the value.
        tower: the model whose weights the value depends on.
    """

    def __init__(self, compute: Callable[[], T], tower: "keras.Model") -> None:
        self._compute = compute
        self._sample = _sampler(tower)
        self._kept: tuple[list[AnyArray], T] | None = None

    def __call__(self) -> T:
        """Returns the value for the weights of now."""
        check_not_forked()
        sample, kept = self._sample(), self._kept
        if kept is None or not all(map(np.array_equal, kept[0], sample)):
            kept = sample, self._compute()  # of weights not older than the sample
            self._kept = kept
        return kept[1]


def kept_scorer(model: Any, train: Interactions) -> Callable[[], Scorer]:
    """Returns a function that returns `as_scorer(model, train=train)`.

    The scorer of a two-tower model, or of a view of one, is kept.
    """

    def scorer() -> Scorer:
        return as_scorer(model, train=train)

    tower = getattr(getattr(model, "towers", model), "item_tower", None)
    return scorer if tower is None else Kept(scorer, tower)


def _sampler(tower: "keras.Model") -> Callable[[], list[AnyArray]]:
    """Returns a function that reads the numbers to compare."""
    import keras

    from tfrecs.models.gathering import to_numpy

    read = _viewed if keras.backend.backend() == "tensorflow" else _converted
    return lambda: [
        np.array(to_numpy(_sample_of(read(weight)))) for weight in tower.variables
    ]


def _converted(weight: Any) -> Any:
    from keras import ops

    return ops.convert_to_tensor(weight)


def _viewed(weight: Any) -> Any:
    """Returns a weight of TensorFlow without a copy, on a CPU as an array."""
    import tensorflow as tf

    value = weight.value
    if not isinstance(value, tf.distribute.DistributedValues):
        # Each read would copy a table after an update of rows. Without that, the next
        # update copies a table that is being read.
        tf.raw_ops.DisableCopyOnRead(resource=value.handle)
    tensor = tf.convert_to_tensor(value)
    return np.asarray(tensor) if "CPU" in tensor.device else tensor


def _sample_of(weight: Any) -> Any:
    is_table = len(weight.shape) > 1 and math.prod(weight.shape) > READ_WHOLE
    return weight[..., 0] if is_table else weight
