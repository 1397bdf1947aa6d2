"""The functions of an exported recommender."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from tfrecs._base.cosine import unit_rows
from tfrecs.data.histories import reader_of
from tfrecs.inference.encoders import Encoders
from tfrecs.inference.saved_model.blocks import in_blocks
from tfrecs.inference.saved_model.histories import of_histories
from tfrecs.inference.saved_model.newcomers import Newcomers
from tfrecs.inference.saved_model.raw_ids import RawIds
from tfrecs.inference.saved_model.scores import CatalogueScores
from tfrecs.inference.similarity import vectors_of
from tfrecs.models.interaction import TowerOutput

if TYPE_CHECKING:
    from tfrecs.data.interactions import Interactions
    from tfrecs.models.two_tower import TwoTower

TINY = np.finfo(np.float32).tiny
TYPES = {"item": tf.int32, "score": tf.float32}


class Answers(tf.Module):
    """Answers of a two-tower model to raw ids; see `write_saved_model`."""

    candidates: int | None = None
    context: Sequence[str] = ()

    def __init__(
        self, model: "TwoTower", train: "Interactions", encoders: Encoders
    ) -> None:
        super().__init__()
        everyone = np.arange(train.num_users, dtype=np.int32)
        users = model.user_output(reader_of(model, train)(everyone))
        items = model.item_output()
        self.users, self.items = RawIds(train.users), RawIds(train.items)
        self._scores = CatalogueScores(model, users, items)
        self._unit = _constant(unit_rows(vectors_of(items)))
        self._popularity = _constant(train.item_counts.astype(np.float32))
        self._seen = _constant(train.matrix.indices.astype(np.int32))
        self._starts = _constant(train.matrix.indptr.astype(np.int64))
        self.of_history: Any = of_histories(model, train, self._scores)
        of_sides = {
            side: Newcomers(model, train, side, encoder)
            for side, encoder in encoders.items()
            if encoder is not None
        }
        self.new_users: Any = of_sides.get("user")
        self.new_items: Any = of_sides.get("item")

    def recommend(
        self, user_id: Any, k: Any, exclude_seen: Any, allow: Any, deny: Any
    ) -> dict[str, Any]:
        """Returns the k best items of users `[n]`."""
        users = self.users.index(user_id)
        barred = self._barred(allow, deny)

        def best(some: Any) -> dict[str, Any]:
            return best_items(self._of_users(some, exclude_seen, barred), k)

        return self._answer(best, users, users >= 0, self._scores.users_at_once)

    def _of_users(self, users: Any, exclude_seen: Any, barred: Any) -> Any:
        """Returns scores of all items, -inf for items that are excluded.

        `users` are indices; of -1, unknown users, the scores are popularity.
        """
        is_known = users >= 0
        scores = self._scores.catalogue(self._scores.known(tf.maximum(users, 0)))
        scores = tf.where(is_known[:, None], scores, self._popularity[None])
        scores = tf.where(barred, -np.inf, scores)
        return self._without_seen(scores, users, exclude_seen & is_known)

    def recommend_for_history(
        self, items: Any, k: Any, exclude_seen: Any, allow: Any, deny: Any
    ) -> dict[str, Any]:
        """Returns the k best items of one user with items `[m]`, the oldest first."""
        history = self.items.index(items)
        history = tf.cast(history[history >= 0], tf.int32)
        barred = self._barred(allow, deny)
        is_known = tf.size(history) > 0
        scores = self._scores.catalogue(self.of_history(history))
        scores = tf.where(is_known, scores, self._popularity[None])
        scores = tf.where(barred, -np.inf, scores)
        own = tf.where(exclude_seen, _among(history, self._scores.num_items), False)
        scores = tf.where(own, -np.inf, scores)
        alone = tf.zeros([1]), is_known[None]
        return self._answer(lambda _: best_items(scores, k), *alone, 1)

    def recommend_for_new_users(
        self, features: Any, k: Any, allow: Any, deny: Any
    ) -> dict[str, Any]:
        """Returns the k best items of users with raw columns of features `[n, ...]`."""
        users = self.new_users(features)
        barred = self._barred(allow, deny)

        def best(some: TowerOutput) -> dict[str, Any]:
            scores = self._scores.catalogue(self._scores.of_tower(some))
            return best_items(tf.where(barred, -np.inf, scores), k)

        is_known = tf.fill([_count(users)], True)
        return self._answer(best, users, is_known, self._scores.users_at_once)

    def recommend_new_items(
        self, user_id: Any, features: Any, k: Any
    ) -> dict[str, Any]:
        """Returns the k best for users `[n]` of items with raw columns `[m, ...]`."""
        users, items = self.users.index(user_id), self.new_items(features)

        def best(some: Any) -> dict[str, Any]:
            user = self._scores.known(tf.maximum(some, 0))
            scores = self._scores.of_items(user, items)
            return best_items(tf.where((some >= 0)[:, None], scores, 0.0), k)

        height = self._scores.users_at_once_for(_count(items))
        found = in_blocks(best, users, height, TYPES)
        source = _source(users >= 0)
        return {"row": found["item"], "score": found["score"], "source": source}

    def similar_to_new_items(self, features: Any, k: Any) -> dict[str, Any]:
        """Returns the k items most similar to items with raw columns `[n, ...]`."""
        vectors = vectors_of(self.new_items(features))
        lengths = tf.maximum(tf.norm(vectors, axis=1, keepdims=True), TINY)

        def best(unit: Any) -> dict[str, Any]:
            return best_items(tf.matmul(unit, self._unit, transpose_b=True), k)

        height = self._scores.users_at_once
        is_known = tf.fill(tf.shape(vectors)[:1], True)
        return self._answer(best, vectors / lengths, is_known, height)

    def similar_items(self, item_id: Any, k: Any) -> dict[str, Any]:
        """Returns the k items most similar to items `[n]`, by the cosine."""
        items = self.items.index(item_id)

        def best(some: Any) -> dict[str, Any]:
            is_known = (some >= 0)[:, None]
            unit = tf.gather(self._unit, tf.maximum(some, 0))
            cosines = tf.matmul(unit, self._unit, transpose_b=True)
            places = tf.range(self._scores.num_items, dtype=tf.int64)
            cosines = tf.where(places == some[:, None], -np.inf, cosines)
            return best_items(tf.where(is_known, cosines, self._popularity[None]), k)

        return self._answer(best, items, items >= 0, self._scores.users_at_once)

    def score(self, user_id: Any, item_id: Any) -> dict[str, Any]:
        """Returns the scores of pairs `[n]`."""
        tf.debugging.assert_equal(
            tf.size(user_id),
            tf.size(item_id),
            "`user_id` and `item_id` must have the same length, one of each for a pair",
        )
        users, items = self.users.index(user_id), self.items.index(item_id)
        known_items = tf.maximum(items, 0)
        of_model = self._scores.pairs(
            self._scores.known(tf.maximum(users, 0)), known_items
        )
        counts = tf.where(items >= 0, tf.gather(self._popularity, known_items), 0.0)
        is_known = (users >= 0) & (items >= 0)
        return {
            "score": tf.where(is_known, of_model, counts),
            "source": _source(is_known),
        }

    def _answer(
        self,
        best: Callable[[Any], dict[str, Any]],
        queries: Any,
        is_known: Any,
        height: int,
    ) -> dict[str, Any]:
        """Returns raw ids, of the best items of queries `[n, ...]`."""
        found = in_blocks(best, queries, height, TYPES)
        is_item = found["score"] > -np.inf
        return {
            "item_id": self.items.at(tf.where(is_item, found["item"], -1)),
            "score": found["score"],
            "count": tf.reduce_sum(tf.cast(is_item, tf.int32), axis=1),
            "source": _source(is_known),
        }

    def _barred(self, allow: Any, deny: Any) -> Any:
        """Marks the items that may not be recommended: `[num_items]`."""
        allowed, denied = (
            _among(self.items.index(ids), self._scores.num_items)
            for ids in (allow, deny)
        )
        return denied | tf.where(tf.size(allow) > 0, ~allowed, False)

    def _without_seen(self, scores: Any, users: Any, is_excluded: Any) -> Any:
        """Returns the scores, -inf for items that users of training have."""
        known = tf.maximum(users, 0)
        starts = tf.gather(self._starts, known)
        ends = tf.where(is_excluded, tf.gather(self._starts, known + 1), starts)
        places = tf.ragged.range(starts, ends)
        items = tf.cast(tf.gather(self._seen, places.values), tf.int64)
        cells = tf.stack([places.value_rowids(), items], axis=1)
        lowest = tf.fill(tf.shape(items), -np.inf)
        return tf.tensor_scatter_nd_update(scores, cells, lowest)


def _constant(array: Any) -> Any:
    """Returns a variable, which a SavedModel keeps outside of its graph."""
    return tf.Variable(array, trainable=False)


def best_items(scores: Any, k: Any) -> dict[str, Any]:
    """Returns the k best of each row; of equal scores, the lower index first."""
    tf.debugging.assert_positive(k, "`k` must be at least 1")
    found, items = tf.math.top_k(scores, tf.minimum(k, tf.shape(scores)[1]))
    return {"item": items, "score": found}


def _count(output: TowerOutput) -> Any:
    return tf.shape(next(iter(output.values())))[0]


def _among(indices: Any, size: int) -> Any:
    """Marks the places of indices, of which -1 has none: `[size]`."""
    places = tf.cast(indices[indices >= 0], tf.int64)[:, None]
    marks = tf.ones(tf.shape(places)[:1], tf.int32)
    return tf.scatter_nd(places, marks, [size]) > 0


def _source(is_known: Any) -> Any:
    return tf.where(is_known, "model", "popularity")
