"""Rankings by tower outputs, for known and new users and items."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.types import AnyArray, IntArray, Scores
from tfrecs.data.histories import padded, reader_of, with_ids
from tfrecs.data.id_arrays import collection
from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import Vocabulary
from tfrecs.evaluation.ranking.top_k import top_k_of_rows
from tfrecs.inference.allow_deny import Mask, rows_of
from tfrecs.inference.answers import answer_table
from tfrecs.inference.encoders import Encoders, Side, encoded
from tfrecs.inference.item_index import ItemIndex
from tfrecs.inference.similarity import (
    most_similar_of_sides,
    nearest,
    two_sides,
    vectors_of,
)
from tfrecs.inference.unknown_users import popular_where_unknown

if TYPE_CHECKING:
    import pandas as pd

    from tfrecs.inference.fold_in import FoldIn
    from tfrecs.inference.kept import Kept
    from tfrecs.models.interaction import TowerOutput
    from tfrecs.models.two_tower import TwoTower

RECALL_K, RECALL_USERS = 10, 1_000
"""Items of each user, and users, whose recall is measured."""

LOW_RECALL = 0.9
"""A recall that is logged as a warning."""


@dataclass(frozen=True, eq=False)
class Entities:
    """Users or items that are ranked, or that others are ranked for.

    `ids` `[n]` are raw ids or names; `output` maps a slice of the n to tower output.
    """

    side: Side
    ids: AnyArray
    output: Callable[[slice], "TowerOutput"]


class TowerRanking:
    """Ranks the users or items of one tower for the other's; TypeError without towers.

    `train` has the vocabularies of the model.
    """

    def __init__(self, model: Any, train: Interactions, encoders: Encoders) -> None:
        if not hasattr(model, "user_output"):
            raise TypeError(
                "This method needs a model of two towers, such as from build_mf. "
                f"Received: {type(model).__name__}"
            )
        self.model: TwoTower = model
        self.train = train
        self._encoders = encoders
        self._item_sides: dict[str, Kept[tuple[Any, Any]]] = {}  # by measure

    def known(self, side: Side, raw: Iterable[Any]) -> Entities:
        """Looks up raw ids; raises ValueError if one is unknown."""
        ids = collection(raw, f"{side}s")
        indices = self._vocabulary(side).known(ids)
        if side == "user":
            return self._users(indices)
        return Entities(side, ids, lambda rows: self.model.item_output(indices[rows]))

    def _users(self, user_ids: IntArray) -> Entities:
        """Returns users by their indices."""
        read, output = reader_of(self.model, self.train), self.model.user_output
        ids = self.train.users.ids[user_ids]
        return Entities("user", ids, lambda rows: output(read(user_ids[rows])))

    def all(self, side: Side) -> Entities:
        """Returns all users or items of the vocabulary."""
        if side == "item":
            ids = self.train.items.ids
            return Entities(side, ids, lambda rows: _take(self._item_output(), rows))
        return self.known(side, self._vocabulary(side).ids)

    def new(
        self, side: Side, features: Any, histories: IntArray | None = None
    ) -> Entities:
        """Encodes and projects features; ValueError if they do not fit the model.

        New users may have histories `[new, max_length]` beside their features.
        """
        from tfrecs.models.cold_start import output_of_new

        names, numbers = encoded(features, self._encoders[side], side)
        output = output_of_new(self.model, numbers, side, histories)
        if names is None:
            names = np.arange(len(next(iter(output.values()))))
        return Entities(side, names, lambda rows: _take(output, rows))

    def with_histories(self, histories: Sequence[IntArray], features: Any) -> Entities:
        """Returns the output of users with these items, the oldest first.

        It is inferred by `fold_in` for models that read no histories.

        Args:
            histories: the items of each user.
            features: of these users, for a model that reads both; or None.

        Raises:
            ValueError: if features do not fit the model or the histories.
        """
        users, length = np.arange(len(histories)), self.model.max_length
        if length is not None:
            read, output = padded(histories, length), self.model.user_output
            if features is not None:
                return replace(self.new("user", features, read), ids=users)
            whole = with_ids(self.model, read)
            return Entities("user", users, lambda rows: output(whole[rows]))
        if features is not None:
            raise ValueError(
                "`user_features` beside a history need a model that reads both, "
                f"such as from build_gru. Received: {self.model.name}"
            )
        inferred = self._fold_in.user_output([np.unique(x) for x in histories])
        return Entities("user", users, lambda rows: _take(inferred, rows))

    def rank(
        self, queries: Entities, choices: Entities, k: int, excluded: Mask | None = None
    ) -> "pd.DataFrame":
        """Returns the k choices of highest score for each query."""
        found = self._exact(queries, choices, k, excluded)
        columns = (queries.side, queries.ids), (choices.side, choices.ids)
        return answer_table(*columns, found)[0]

    def _exact(
        self, queries: Entities, choices: Entities, k: int, excluded: Mask | None
    ) -> tuple[IntArray, Scores]:
        """Returns the places and scores of the k choices of highest score."""
        every = choices.output(slice(None))

        def scores(rows: slice) -> Scores:
            some = queries.output(rows)
            if queries.side == "user":
                return self.model.score_outputs(some, every)
            return self.model.score_outputs(every, some).T

        shape = (len(queries.ids), len(choices.ids))
        return top_k_of_rows(scores, shape, k, excluded=excluded)

    def items_for(
        self, users: Entities, k: int, excluded: Mask | None, index: ItemIndex | None
    ) -> "pd.DataFrame":
        """Returns the k items of highest score, or that the index finds, for users."""
        if index is None:
            return self.rank(users, self.all("item"), k, excluded)
        found = self._indexed(users, k, excluded, index)
        columns = ("user", users.ids), ("item", self.train.items.ids)
        return answer_table(*columns, found)[0]

    def items_of_index(
        self, user_ids: IntArray, k: int, excluded: Mask | None, index: ItemIndex
    ) -> tuple[IntArray, Scores]:
        """Returns items and scores `[users, k]`; of users of id -1, popular items."""
        users = self._users(np.maximum(user_ids, 0))
        found = self._indexed(users, k, excluded, index)
        return popular_where_unknown(found, user_ids, self.train, excluded)

    def index(self, expansion: int, threads: int) -> ItemIndex:
        """Makes an index of all items, and measures and logs its recall.

        The sample are users with interactions, whose items are excluded.
        """
        began = time.perf_counter()
        made = ItemIndex(self.model, expansion, threads)
        taken = time.perf_counter() - began
        known = np.unique(self.train.user_ids)
        size = min(RECALL_USERS, len(known))
        sample = np.random.default_rng(0).choice(known, size, replace=False)
        users, seen = self._users(sample), rows_of(self.train.matrix, sample)
        k = min(RECALL_K, self.train.num_items)
        exact = self._exact(users, self.all("item"), k, seen)[0]
        found = self._indexed(users, k, seen, made)[0]
        made.recall = _recall(found, exact)
        level = logging.INFO if made.recall >= LOW_RECALL else logging.WARNING
        logging.getLogger("tfrecs").log(
            level, "%r, of %d users; made in %.1f s", made, len(sample), taken
        )
        return made

    def _indexed(
        self, users: Entities, k: int, excluded: Mask | None, index: ItemIndex
    ) -> tuple[IntArray, Scores]:
        if index.model is not self.model:
            raise ValueError(
                "`index` must be of this recommender's model. Received: an index of "
                f"another one, {index.model.name}. Make one: recommender.index()."
            )
        return index.top_k(users.output, len(users.ids), k, excluded)

    def similar(
        self, side: Side, raw: Iterable[Any], k: int, measure: str
    ) -> "pd.DataFrame":
        """Returns the k of the same side that are most similar to each."""
        ids, every = collection(raw, f"{side}s"), self._vocabulary(side)
        rows = every.known(ids)
        found = most_similar_of_sides(self._two_sides(side, measure), rows, k)
        return answer_table(("similar_to", ids), (side, every.ids), found)[0]

    def similar_to_new(
        self, side: Side, features: Any, k: int, measure: str
    ) -> "pd.DataFrame":
        """Returns the k of the same side that are most similar to each new one."""
        new, every = self.new(side, features), self.all(side)
        queries, vectors = (vectors_of(x.output(slice(None))) for x in (new, every))
        found = nearest(queries, vectors, k, measure=measure)
        return answer_table(("similar_to", new.ids), (side, every.ids), found)[0]

    def _two_sides(self, side: Side, measure: str) -> tuple[Any, Any]:
        """Returns what similarity multiplies; of items, it is kept."""

        def sides() -> tuple[Any, Any]:
            return two_sides(vectors_of(self.all(side).output(slice(None))), measure)

        if side == "user":
            return sides()
        if measure not in self._item_sides:
            from tfrecs.inference.kept import Kept

            self._item_sides[measure] = Kept(sides, self.model.item_tower)
        return self._item_sides[measure]()

    def _vocabulary(self, side: Side) -> Vocabulary:
        return self.train.users if side == "user" else self.train.items

    @cached_property
    def _item_output(self) -> "Kept[TowerOutput]":
        from tfrecs.inference.kept import Kept

        return Kept(self.model.item_output, self.model.item_tower)

    @cached_property
    def _fold_in(self) -> "FoldIn":
        from tfrecs.inference.fold_in import FoldIn

        return FoldIn(self.model, np.unique(self.train.positives.user_ids))


def _take(output: "TowerOutput", rows: slice) -> "TowerOutput":
    return {name: part[rows] for name, part in output.items()}


def _recall(found: IntArray, best: IntArray) -> float:
    """Returns the share of the best items `[users, k]` that are found; 1 of none."""
    hits = (found[:, :, None] == best[:, None, :]) & (best >= 0)[:, None, :]
    total = np.count_nonzero(best >= 0)
    return float(hits.sum() / total) if total else 1.0
