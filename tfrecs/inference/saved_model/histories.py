"""Users with items and no id, in a graph."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from tfrecs._base.indices import PADDING
from tfrecs.inference.fold_in import FoldIn
from tfrecs.inference.saved_model.scores import CatalogueScores
from tfrecs.models.history_towers import UNKNOWN, HistoryTowers
from tfrecs.models.interaction import TowerOutput

if TYPE_CHECKING:
    from tfrecs.data.interactions import Interactions
    from tfrecs.models.two_tower import TwoTower

STEPS = 2.0 ** -np.arange(10, dtype=np.float32)
"""Lengths of steps to choose from, as shares of Newton's."""

CLOSE_ENOUGH = 1e-7
"""Relative decrease of the loss at which a step is the last one."""

MOST_STEPS = 50


def of_histories(
    model: "TwoTower", train: "Interactions", scores: CatalogueScores
) -> "ReadHistory | FoldedIn | None":
    """Returns a module from items `[m]` to what `CatalogueScores.catalogue` takes.

    Models that neither read histories nor have a single most probable user for each
    get None: a hidden part, a `y_range` or factors of one length may allow several.
    """
    if isinstance(model, HistoryTowers):
        return ReadHistory(model, scores)
    known = np.unique(train.positives.user_ids)
    if not scores.is_dot_product or len(known) < 2:
        return None
    fold_in = FoldIn(model, known)
    return FoldedIn(fold_in, scores) if fold_in.one_length is None else None


class ReadHistory(tf.Module):
    """The user tower of a model of histories."""

    def __init__(self, model: HistoryTowers, scores: CatalogueScores) -> None:
        super().__init__()
        # In a function, as in CatalogueScores.
        self._read: Callable[[Any], TowerOutput] = lambda rows: model.user_tower(
            model.user_inputs(rows)
        )
        self._length = model.max_length
        self._weights = [weight.value for weight in model.user_tower.variables]
        self._scores = scores

    def __call__(self, items: Any) -> TowerOutput:
        """Reads the last of items `[m]` int32, the oldest first."""
        length = self._length
        row = tf.concat([tf.fill([length], PADDING), items], axis=0)[-length:]
        row = tf.concat([[UNKNOWN], row], axis=0)  # no user id
        output = self._read(tf.reshape(row, [1, 1 + length]))
        user = {name: tf.cast(part, tf.float32) for name, part in output.items()}
        return self._scores.of_tower(user)


class FoldedIn(tf.Module):
    """Finds what `FoldIn` finds, by Newton's method in place of L-BFGS.

    The user's vector is v = v_0 + J w. With V the items' vectors, p the shares of items
    by softmax and n the number of items in the history, a step solves

        (J^T V^T (n diag(p) - n p p^T) V J + l2 I) step = slope of the loss

    Of the lengths in `STEPS` it takes the one with the lowest loss.
    """

    def __init__(self, fold_in: FoldIn, scores: CatalogueScores) -> None:
        super().__init__()
        mean, spread = fold_in.prior
        flat = np.concatenate([mean[None], mean + spread.T]).astype(np.float32)
        first, *others = np.asarray(scores.of_tower(fold_in.split(flat))["vectors"])
        self._first = tf.Variable(first, trainable=False)
        self._slope = tf.Variable(np.stack(others, axis=1) - first[:, None])
        self._scores, self._l2 = scores, fold_in.l2

    def __call__(self, items: Any) -> TowerOutput:
        """Infers the user of items `[m]` int32, each of which counts once."""
        rows = tf.cast(items, tf.int64)[:, None]
        ones = tf.ones_like(items, tf.float32)
        counts = tf.minimum(tf.scatter_nd(rows, ones, [self._scores.num_items]), 1.0)

        def step(place: Any, loss: Any, _: Any) -> tuple[Any, Any, Any]:
            places = place - STEPS[:, None] * self._newton(place, counts)
            losses = self._losses(places, counts)
            best = tf.argmin(losses)
            decrease = loss - losses[best]
            place = tf.where(decrease > 0, places[best], place)
            return place, losses[best], decrease > CLOSE_ENOUGH * tf.abs(loss)

        start = tf.zeros(self._slope.shape[1])
        state = start, self._losses(start[None], counts)[0], tf.constant(True)
        place = tf.while_loop(
            lambda *state: state[2], step, state, maximum_iterations=MOST_STEPS
        )[0]
        return {"vectors": self._vectors(place[None])}

    def _vectors(self, places: Any) -> Any:
        return self._first + tf.matmul(places, self._slope, transpose_b=True)

    def _losses(self, places: Any, counts: Any) -> Any:
        """Returns the loss that `FoldIn` minimizes at places `[n, size]`: `[n]`."""
        scores = self._scores.catalogue({"vectors": self._vectors(places)})
        surprise = tf.linalg.matvec(-tf.nn.log_softmax(scores), counts)
        return surprise + self._l2 / 2 * tf.reduce_sum(places**2, axis=1)

    def _newton(self, place: Any, counts: Any) -> Any:
        """Returns the step `[size]` at a place `[size]`."""
        number, v = tf.reduce_sum(counts), self._scores.item_vectors
        scores = tf.linalg.matvec(v, self._vectors(place[None])[0])
        shares = tf.nn.softmax(scores)
        mean = tf.linalg.matvec(v, shares, transpose_a=True)
        spread = tf.matmul(v, shares[:, None] * v, transpose_a=True)
        spread -= mean[:, None] * mean
        down = tf.linalg.matvec(v, number * shares - counts, transpose_a=True)
        down = tf.linalg.matvec(self._slope, down, transpose_a=True)
        curve = tf.matmul(spread, self._slope)
        curve = number * tf.matmul(self._slope, curve, transpose_a=True)
        curve += self._l2 * tf.eye(tf.size(place))
        return tf.linalg.solve(curve, (down + self._l2 * place)[:, None])[:, 0]
