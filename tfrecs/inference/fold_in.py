"""Fold-in: infers the tower output of a new user from a history of items.

The model is not changed. The result is the user tower output z
(factors, bias, hidden) that explains the history best and stays close to the outputs of
the users that the model knows.

    z = mean + spread w,   spread spread^T the covariance of the known users' z,
    minimize  - sum over the history of ln softmax(score(z, .))[item] + l2/2 |w|^2

With l2 = 1 this is the maximum a posteriori for a normal prior and softmax items. It is
unique for scores linear in z (no hidden part), and L-BFGS finds it. The user's own bias
stays at the prior, since it changes no item's share. If all known users' factors have
the same length, as in the cosine model, so has the result.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops
from scipy.optimize import minimize

from tfrecs._base.checks import check_above_zero
from tfrecs._base.indices import as_indices
from tfrecs._base.types import AnyArray, IntArray
from tfrecs.models.interaction import TowerOutput

if TYPE_CHECKING:
    from tfrecs.models.two_tower import TwoTower

CLOSE_ENOUGH = 1e-6
"""Relative decrease of the loss at which L-BFGS stops."""

SAME_LENGTH = 1e-3
"""Relative difference of lengths of factors that counts as none."""


@dataclass(frozen=True, eq=False)
class FoldIn:
    """Infers the user tower output of histories, one after the other.

    Statistics of the model are computed once: make a new one after more training.

    Args:
        model: any model of two towers.
        known_users: `[users]` ids of the prior, at least two, as a rule all users of
            training.
        l2: weight of the prior against the history. The default was the best on
            validation data for three models.
    """

    model: "TwoTower"
    known_users: IntArray
    l2: float = 0.5

    def __post_init__(self) -> None:
        """Checks the arguments."""
        if len(self.known_users) < 2:
            raise ValueError(
                "`known_users` must be at least two users, as a prior. Received: "
                f"{len(self.known_users)}"
            )
        check_above_zero(l2=self.l2)

    def user_output(self, histories: Sequence[IntArray]) -> TowerOutput:
        """Returns the output for users with these histories, as the model would.

        Args:
            histories: for each of them the item ids, one at least.

        Returns:
            Arrays `[histories, ...]`.

        Raises:
            ValueError: if a history is empty, or an id is out of range.
        """
        found = [self._most_probable(np.asarray(history)) for history in histories]
        return {
            name: np.stack([output[name] for output in found])
            for name in self._known_output
        }

    @cached_property
    def _known_output(self) -> TowerOutput:
        return self.model.user_output(self.known_users)

    @cached_property
    def prior(self) -> tuple[AnyArray, AnyArray]:
        """The mean `[size]` of known users' outputs, and `[size, size]` as above."""
        known = [part.reshape(len(part), -1) for part in self._known_output.values()]
        flat = np.concatenate(known, axis=1).astype(np.float64)
        variances, axes = np.linalg.eigh(
            np.cov(flat.T, ddof=0).reshape(2 * flat.shape[1:])
        )
        return flat.mean(axis=0), axes * np.sqrt(np.maximum(variances, 0))

    def _most_probable(self, history: IntArray) -> TowerOutput:
        """The output, without a first axis, of one history."""
        if len(history) == 0:
            raise ValueError(
                "A history must have at least one item. Received: none. Recommend "
                "what is popular to those without one."
            )
        items = as_indices(history, "histories", self.model.num_items)
        counts = np.bincount(items, minlength=self.model.num_items)
        mean, spread = self.prior

        def loss_and_slope(place: AnyArray) -> tuple[float, AnyArray]:
            flat = (mean + spread @ place).astype(np.float32)
            loss, slope = self._surprise(flat, counts.astype(np.float32))
            return (
                float(loss) + self.l2 / 2 * float(place @ place),
                np.asarray(slope, np.float64) @ spread + self.l2 * place,
            )

        found = minimize(
            loss_and_slope,
            np.zeros(spread.shape[1]),
            jac=True,
            method="L-BFGS-B",
            options={"ftol": CLOSE_ENOUGH},
        )
        output = self.split((mean + spread @ found.x).astype(np.float32)[None])
        return {name: np.asarray(part[0]) for name, part in output.items()}

    @cached_property
    def _surprise(self) -> Any:
        """From an output `[size]` and counts `[num_items]` to what the history costs.

        That is minus the sum of its items' log-probabilities, and how it changes with
        each number of the output.
        """
        # As a tensor, and not an array, they are no part of the graph.
        items = {
            name: ops.convert_to_tensor(part)
            for name, part in self.model.item_output().items()
        }

        def surprise(flat: Any, counts: Any) -> Any:
            user = self.split(flat[None])
            scores = self.model.interaction(user, items, catalogue=True)[0]
            scores = ops.cast(scores, "float32")  # of any precision
            return -ops.sum(counts * ops.log_softmax(scores))

        return _with_slope(surprise)

    def split(self, flat: Any) -> dict[str, Any]:
        """Splits flat outputs, `[n, size]`, into a tower output, `[n, ...]`."""
        output, done = {}, 0
        for name, known in self._known_output.items():
            part = flat[:, done : done + known[0].size]
            output[name] = part if known.ndim == 2 else part[:, 0]
            done += known[0].size
        if self.one_length is not None:
            unit = ops.normalize(output["factors"], axis=-1)
            output["factors"] = unit * self.one_length
        return output

    @cached_property
    def one_length(self) -> float | None:
        """The length that all known users' factors have; None if they differ."""
        if "factors" not in self._known_output:
            return None
        lengths = np.linalg.norm(self._known_output["factors"], axis=-1)
        mean = float(lengths.mean())
        return mean if np.ptp(lengths) <= SAME_LENGTH * mean else None


def _with_slope(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Compiles a function, which then also returns its slope by its first argument."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(jax.value_and_grad(function))
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def with_slope(flat: Any, counts: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(flat)
            value = function(flat, counts)
        return value, tape.gradient(value, flat)

    return with_slope
