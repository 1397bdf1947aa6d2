"""The functions of an exported recommender of two stages."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfrecs._base.types import Scores
from tfrecs.inference.saved_model.answers import Answers, best_items
from tfrecs.inference.saved_model.scores import AT_ONCE


class Ranking(NamedTuple):
    """A second stage with a Keras ranker.

    Args:
        ranker: the model.
        candidates: best items of each user that it orders.
        context: names of the columns of requests, in their order.
        users: the other columns of all users, `[num_users, ...]` float32.
        items: the same for items.
    """

    ranker: Any
    candidates: int
    context: Sequence[str]
    users: Scores
    items: Scores


class RerankedAnswers(Answers):
    """Answers in the order of a ranker, as `Reranked.recommend`, up to rounding.

    Other functions than `recommend` answer from the first stage.
    """

    candidates: int

    def __init__(self, ranking: Ranking, *first: Any) -> None:
        super().__init__(*first)
        ranker, self.candidates, context, users, items = ranking
        self.context = tuple(context)
        self._columns = [tf.Variable(x, trainable=False) for x in (users, items)]
        # In a function, as in CatalogueScores.
        self._ranker: Callable[[Any], Any] = lambda rows: ranker(rows, training=False)
        self._ranker_weights = [weight.value for weight in ranker.variables]
        width = users.shape[1] + items.shape[1] + len(context) + 2
        self._ranked_at_once = max(1, AT_ONCE // (self.candidates * width))

    def recommend(
        self,
        user_id: Any,
        k: Any,
        exclude_seen: Any,
        allow: Any,
        deny: Any,
        context: Any = None,
    ) -> dict[str, Any]:
        """Returns the k best items of users `[n]` with context `[n, columns]`."""
        users, barred = self.users.index(user_id), self._barred(allow, deny)
        if context is None:
            context = tf.zeros([tf.size(users), 0])
        tf.debugging.assert_less_equal(
            k,
            self.candidates,
            f"`k` must be at most {self.candidates}, the number of candidates that the "
            "second stage orders",
        )
        has_rows = tf.debugging.assert_equal(
            tf.shape(context)[0],
            tf.size(users),
            "`context` must have a row for each of `user_id`",
        )
        with tf.control_dependencies([has_rows]):  # else gathering may fail first
            context = tf.identity(context)

        def best(given: tuple[Any, Any]) -> dict[str, Any]:
            some, its_context = given
            scores = self._of_users(some, exclude_seen, barred)
            found = best_items(scores, self.candidates)
            found = self._ordered(some, found, its_context)
            return {name: part[:, : tf.maximum(k, 1)] for name, part in found.items()}

        tf.debugging.assert_positive(k, "`k` must be at least 1")
        height = min(self._scores.users_at_once, self._ranked_at_once)
        return self._answer(best, (users, context), users >= 0, height)

    def _ordered(
        self, users: Any, found: dict[str, Any], context: Any
    ) -> dict[str, Any]:
        """Orders items of users by the ranker; of unknown users, not at all.

        Args:
            users: indices `[n]`, -1 if unknown.
            found: `item` and `score` `[n, candidates]`, best first; -inf for no item.
            context: `[n, columns]`.
        """
        items, scores = found["item"], found["score"]
        of_users, of_items = self._columns
        is_item = scores > -np.inf
        ranks = tf.range(1, self.candidates + 1, dtype=tf.float32)
        columns = [
            self._for_each(tf.gather(of_users, tf.maximum(users, 0))),
            tf.gather(of_items, items),
            self._for_each(
                tf.debugging.check_numerics(context, "`context` must be finite")
            ),
            tf.where(is_item, scores, 0.0)[..., None],
            tf.broadcast_to(ranks, tf.shape(items))[..., None],
        ]
        rows = tf.concat(columns, axis=2)  # [n, candidates, columns]
        own = self._ranker(tf.reshape(rows, [-1, rows.shape[-1]]))
        own = tf.reshape(tf.cast(own, tf.float32), tf.shape(items))
        own = tf.debugging.check_numerics(own, "The ranker's scores must be finite")
        own = tf.where((users >= 0)[:, None], own, scores)
        own, places = tf.math.top_k(tf.where(is_item, own, -np.inf), self.candidates)
        return {"item": tf.gather(items, places, batch_dims=1), "score": own}

    def _for_each(self, columns: Any) -> Any:
        """Returns columns `[n, ...]` for each candidate: `[n, candidates, ...]`."""
        return tf.repeat(columns[:, None], self.candidates, axis=1)
