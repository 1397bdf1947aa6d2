"""The first stage of two: a recommender's best items, as rows for a ranker."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.types import AnyArray, Scorer, Scores
from tfrecs.inference.encoders import Encoders
from tfrecs.inference.kept import kept_scorer
from tfrecs.inference.recommender import Recommender
from tfrecs.inference.second_stage.features import SideFeatures, check_distinct
from tfrecs.inference.second_stage.ranker import numbers_of

if TYPE_CHECKING:
    import pandas as pd

STAGE = ("score", "rank")
"""Columns of the first stage."""


class Candidates(NamedTuple):
    """First-stage answers: arrays `[rows]`, by query, best first.

    Args:
        queries: place of the row's user among the users that were asked for.
        user_ids: indices of the users.
        item_ids: indices of the items.
        scores: scores of the first stage.
        ranks: ranks of the first stage, from 1.
    """

    queries: AnyArray
    user_ids: AnyArray
    item_ids: AnyArray
    scores: AnyArray
    ranks: AnyArray


class FirstStage:
    """Returns candidates of users, and the ranker's rows of them.

    Args:
        recommender: the recommender.
        candidates: best unseen items of each user.
        encoders: of the features; by default the recommender's.
        context: names of context columns.

    Attributes:
        candidates: as given.
        columns: names of the columns of a row, in their order.

    Raises:
        TypeError: if it is not a recommender, or an encoder not one.
        ValueError: as `Reranked`.
    """

    def __init__(
        self,
        recommender: Recommender,
        candidates: int,
        encoders: Encoders,
        context: Sequence[str],
    ) -> None:
        if not isinstance(recommender, Recommender):
            raise TypeError(
                "`recommender` must be a Recommender. Received: "
                f"{type(recommender).__name__}. Make one: Recommender(model, train)."
            )
        check_positive(candidates=candidates)
        train = recommender.train
        if candidates > train.num_items:
            raise ValueError(
                f"`candidates` must be at most {train.num_items}, the catalogue's "
                f"size. Received: candidates={candidates}"
            )
        self._recommender, self.candidates = recommender, candidates
        user = encoders["user"] or recommender.user_encoder
        item = encoders["item"] or recommender.item_encoder
        self._users = SideFeatures("user", train, user)
        self._items = SideFeatures("item", train, item)
        parts = self._users.names, self._items.names, context, STAGE
        check_distinct(*parts)
        self.columns = [name for part in parts for name in part]

    def candidates_of(self, users: AnyArray, **limits: Any) -> Candidates:
        """Returns the candidates of users by their raw ids; raises as `recommend`.

        `limits` are its `exclude_seen`, `allow` and `deny`.
        """
        train = self._recommender.train
        table = self._recommender.recommend(users, self.candidates, **limits)
        user_ids = train.users.known(table["user"])
        item_ids = train.items.known(table["item"])
        ranks = table["rank"].to_numpy()
        listed = np.flatnonzero(np.isin(train.users.known(users), user_ids))
        queries = listed[np.cumsum(ranks == 1) - 1]
        return Candidates(queries, user_ids, item_ids, table["score"].to_numpy(), ranks)

    def rows(self, found: Candidates, context: "pd.DataFrame | None") -> "pd.DataFrame":
        """Returns the ranker's rows of candidates, with a row of context for each."""
        import pandas as pd

        parts = [self._users.rows(found.user_ids), self._items.rows(found.item_ids)]
        if context is not None:
            parts.append(context.reset_index(drop=True))
        of_stage = dict(zip(STAGE, (found.scores, found.ranks), strict=True))
        return pd.concat(parts, axis=1).assign(**of_stage)

    def numbers(self) -> tuple[Scores, Scores]:
        """Returns what a Keras model reads of all users, and of all items: float32.

        Raises:
            ValueError: if a column is not numeric, or not finite.
        """
        train = self._recommender.train
        users = self._users.rows(np.arange(train.num_users, dtype=np.int32))
        return numbers_of(users), numbers_of(
            self._items.rows(np.arange(train.num_items, dtype=np.int32))
        )

    @cached_property
    def scorer(self) -> Callable[[], Scorer]:
        """The first stage's scores of all items."""
        return kept_scorer(self._recommender.model, self._recommender.train)
