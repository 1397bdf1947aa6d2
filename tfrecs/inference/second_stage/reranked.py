"""A second stage: a ranker reorders the best items of a recommender."""

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.types import AnyArray, IntArray, Scores
from tfrecs.data.features import FeatureEncoder
from tfrecs.data.id_arrays import collection
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.ranking.kernel import row_parts
from tfrecs.inference.allow_deny import ItemChoice
from tfrecs.inference.encoders import Encoders
from tfrecs.inference.recommender import Recommender
from tfrecs.inference.second_stage.features import context_rows, names_of
from tfrecs.inference.second_stage.first_stage import Candidates, FirstStage
from tfrecs.inference.second_stage.labels import held_out_pairs
from tfrecs.inference.second_stage.ranker import check_ranker, fit_ranker, ranker_scores

if TYPE_CHECKING:
    import pandas as pd

ROWS = 2**18
"""Most candidates that a ranker scores at once."""


class Reranked:
    """Recommends in two stages: a ranker reorders a recommender's best items.

    The first stage scores the whole catalogue, and its best unseen items of each user
    are candidates. The ranker reads one row for each candidate, with these columns:
        user_...: the user's features, and `user_interactions`, their number in `train`.
        item_...: the same for the item.
        the context columns: of the request, such as the hour.
        score, rank: of the first stage; ranks count from 1.

    Features are encoded by the encoders, which are the recommender's by default.
    Without encoders the columns are raw. An estimator gets a DataFrame. A Keras model
    gets the same columns as float32 `[rows, columns]`, which must be numeric and
    finite, and returns `[rows]` or `[rows, 1]`.

    Nothing here is saved: save the recommender as a bundle, and the ranker in its own
    way, such as `model.save("ranker.keras")`; then make a `Reranked` of both.

    Args:
        recommender: the first stage.
        ranker: a Keras model, or an estimator with `fit(X, y)` and `predict_proba(X)`
            or `predict(X)`, such as of scikit-learn or LightGBM.
        candidates: items of each user that the ranker reorders.
        context: names of context columns, in their order.
        user_encoder: the fitted encoder of users' features.
        item_encoder: the same for items.

    Raises:
        TypeError: if an argument is of another kind.
        ValueError: if there are more candidates than items, a column is named twice, or
            an encoder has no features to encode.

    Example:
        >>> from sklearn.linear_model import LogisticRegression
        >>> from tfrecs import Interactions, Recommender, Reranked
        >>> users, items = ["ann", "bob", "cy"], ["Alien", "Heat", "Tron"]
        >>> data = Interactions.from_arrays(users, items)
        >>> held_out = Interactions.from_arrays(
        ...     ["ann"],
        ...     ["Tron"],
        ...     user_vocabulary=data.users,
        ...     item_vocabulary=data.items,
        ... )
        >>> first = Recommender(np.array([[0.1, 0.3, 0.2]] * 3), data)
        >>> ranker = LogisticRegression()
        >>> both = Reranked.train(first, held_out, ranker, candidates=2, seed=0)
        >>> first.recommend(["ann"], k=2)["item"].tolist()
        ['Heat', 'Tron']
        >>> both.recommend(["ann"], k=2)["item"].tolist()
        ['Tron', 'Heat']
    """

    def __init__(
        self,
        recommender: Recommender,
        ranker: Any,
        candidates: int = 200,
        *,
        context: Sequence[str] = (),
        user_encoder: FeatureEncoder | None = None,
        item_encoder: FeatureEncoder | None = None,
    ) -> None:
        check_ranker(ranker)
        self.ranker, self.context = ranker, names_of(context)
        encoders: Encoders = {"user": user_encoder, "item": item_encoder}
        self._stage = FirstStage(recommender, candidates, encoders, self.context)
        self.recommender, self.candidates = recommender, candidates

    @classmethod
    def train(
        cls,
        recommender: Recommender,
        held_out: "Interactions | pd.DataFrame",
        ranker: Any,
        *,
        candidates: int = 200,
        context: Sequence[str] = (),
        user_encoder: FeatureEncoder | None = None,
        item_encoder: FeatureEncoder | None = None,
        seed: int,
        **settings: Any,
    ) -> "Reranked":
        """Fits the ranker to data that are new to the recommender.

        Then train the recommender's model again on all data, and make a `Reranked` of
        that recommender and the fitted ranker.

        Args:
            recommender: the first stage, trained without `held_out`.
            held_out: see `examples`.
            ranker: the ranker, which is changed; a Keras model must be compiled.
            candidates: as of `Reranked`, and the next three too.
            context: names of context columns.
            user_encoder: of users' features.
            item_encoder: of items' features.
            seed: of the order of the rows. The ranker has its own, such as
                `random_state`, or `keras.utils.set_random_seed`.
            **settings: arguments of the ranker's `fit`, such as `epochs=5`.

        Raises:
            TypeError, ValueError: as `Reranked` and `examples`.
        """
        made = cls(
            recommender,
            ranker,
            candidates,
            context=context,
            user_encoder=user_encoder,
            item_encoder=item_encoder,
        )
        fit_ranker(ranker, *made.examples(held_out, seed=seed), settings)
        return made

    def examples(
        self, held_out: "Interactions | pd.DataFrame", *, seed: int
    ) -> "tuple[pd.DataFrame, AnyArray]":
        """Returns the rows and labels to fit the ranker to, in the seed's order.

        Rows are candidates only. Of `Interactions` they are all candidates of the
        users, and positives have the label 1. Of impressions they are the rows whose
        item is a candidate, with their label and context. The logger `tfrecs` reports
        how many positives are among the candidates.

        Args:
            held_out: interactions with the vocabularies of `train`; or impressions, a
                table with columns of raw user and item ids, `clicked` of 0 and 1, and
                the context columns.
            seed: of the order.

        Returns:
            The rows, and their labels `[rows]`, float32 of 0 and 1.

        Raises:
            TypeError: if `held_out` is of another kind.
            ValueError: if a pair is in the recommender's `train`, a column is missing,
                an id is unknown, or one of the labels is missing.
        """
        train = self.recommender.train
        held = held_out_pairs(held_out, train, self.context)
        asked = np.unique(held.user_ids)
        first = self._stage.candidates_of(train.users.ids[asked])
        places, pairs, labels = held.labelled(
            first.user_ids, first.item_ids, train.num_items
        )
        found, known = int(labels.sum()), int(held.labels.sum())
        logging.getLogger("tfrecs").info(
            "the first stage finds %d of %d held-out positives among %d candidates",
            *(found, known, self.candidates),
        )
        if found in (0, len(labels)):
            raise ValueError(
                "`held_out` must have positives and others among the candidates. "
                f"Received: {found} positives of {len(labels)} rows, and {known} "
                f"positives in all. Pass more data, or more than {self.candidates} "
                "candidates."
            )
        order = np.random.default_rng(seed).permutation(len(labels))
        chosen = Candidates(*(column[places[order]] for column in first))
        context = None if held.context is None else held.context.iloc[pairs[order]]
        return self._stage.rows(chosen, context), labels[order]

    def recommend(
        self,
        users: Iterable[Any],
        k: int = 10,
        *,
        allow: ItemChoice = None,
        deny: ItemChoice = None,
        context: "pd.DataFrame | None" = None,
    ) -> "pd.DataFrame":
        """Returns each user's k best unseen items: `user`, `item`, `score`, `rank`.

        The scores are the ranker's. Of equal ones, the first stage's order stays.

        Args:
            users: raw ids, a collection.
            k: items for each user, at most `candidates`.
            allow: as of `Recommender.recommend`.
            deny: as of `Recommender.recommend`.
            context: a row with the context columns for each user, in their order.

        Raises:
            TypeError, ValueError: as `Recommender.recommend`; and if k is above
                `candidates`, the context does not fit, or a score is not finite.
        """
        import pandas as pd

        asked = collection(users, "users")
        check_positive(k=k)
        if k > self.candidates:
            raise ValueError(
                f"`k` must be at most candidates={self.candidates}, which the ranker "
                f"reorders. Received: k={k}. Make a Reranked of more candidates."
            )
        rows = context_rows(context, self.context, len(asked))
        found, scores = self._ranked(asked, rows, allow, deny)
        best = found.ranks <= k
        return pd.DataFrame(
            {
                "user": asked[found.queries[best]],
                "item": self.recommender.train.items.ids[found.item_ids[best]],
                "score": scores[best],
                "rank": found.ranks[best],
            }
        )

    def score_users(self, user_ids: IntArray) -> Scores:
        """Returns places as scores `[users, num_items]`, so that `evaluate` ranks them.

        Candidates come in the order of `recommend`, above all other items, which keep
        the order and ties of the first stage.

        Raises:
            ValueError: if the ranker reads context columns.
        """
        train = self.recommender.train
        context_rows(None, self.context, len(user_ids))
        found, _ = self._ranked(train.users.ids[user_ids], None)
        scores = np.empty((len(user_ids), train.num_items), dtype=np.float32)
        for row, first in zip(scores, self._stage.scorer()(user_ids), strict=True):
            distinct, places = np.unique(first, return_inverse=True)
            row[:] = places - len(distinct)
        scores[found.queries, found.item_ids] = self.candidates - found.ranks
        return scores

    def _ranked(
        self,
        asked: AnyArray,
        context: "pd.DataFrame | None",
        allow: ItemChoice = None,
        deny: ItemChoice = None,
    ) -> tuple[Candidates, Scores]:
        """Returns candidates in the ranker's order, with new ranks, and its scores."""
        found: list[tuple[Any, ...]] = []
        for part in row_parts(len(asked), self.candidates, ROWS) or [slice(0, 0)]:
            first = self._stage.candidates_of(asked[part], allow, deny)
            queries = first.queries + part.start
            given = None if context is None else context.iloc[queries]
            scores = ranker_scores(self.ranker, self._stage.rows(first, given))
            order = np.lexsort((first.ranks, -scores, queries))
            starts = np.searchsorted(queries, queries)  # as before sorting: by query
            ranks = np.arange(len(queries)) - starts + 1
            items = first.user_ids, first.item_ids[order], first.scores[order]
            found.append((queries, *items, ranks, scores[order]))
        *columns, scores = map(np.concatenate, zip(*found, strict=True))
        return Candidates(*columns), scores
