"""A trained model and its data: raw ids in, tables of recommendations out."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tfrecs._base.limits import LIMITS, Limits
from tfrecs._base.types import AnyArray, Scorer, Scores
from tfrecs.data.features import FeatureEncoder
from tfrecs.data.id_arrays import collection
from tfrecs.data.interactions import Interactions
from tfrecs.data.sizes import check_same_sizes
from tfrecs.evaluation.ranking.scorers import (
    ScoresInBlocks,
    ScoresUsers,
    as_scorer,
    scores_of_pairs,
)
from tfrecs.inference.allow_deny import ItemChoice, excluded_items, rows_of
from tfrecs.inference.answers import answer_table, table_of_pairs
from tfrecs.inference.bundle import Bundle, read_bundle, write_bundle
from tfrecs.inference.checks import check_encoders
from tfrecs.inference.encoders import Encoders
from tfrecs.inference.given_histories import given_histories
from tfrecs.inference.item_index import ItemIndex
from tfrecs.inference.kept import kept_scorer
from tfrecs.inference.tower_ranking import TowerRanking
from tfrecs.inference.unknown_users import best_items_for, indices_of

if TYPE_CHECKING:
    import pandas as pd


class Recommender:
    """Recommends items and users by raw ids, for known and unknown users.

    Most methods return a table with k rows for each query, best first, in the order of
    the queries: raw ids, `score` and `rank`, which counts from 1. A query with fewer
    than k results gets fewer rows. Rankings equal `evaluate`'s; of equal scores,
    lower indices of `train` come first. Scores are computed in blocks of bounded
    memory.

    Several methods take:
        users, items: raw ids, a collection.
        k: results for each query, from 1 to the number to choose from.
        exclude_seen: whether to exclude pairs of `train`.
        allow: raw ids of the items that may be recommended; None for all.
        deny: raw ids of the items that may not.
        user_features, item_features: a table of new users or items with the columns
            that the encoder was fitted to; or numbers, as the model was built with. A
            table's index, or column of ids, names them; else the row numbers do.

    They raise ValueError if an id is unknown, k is out of range, features do not fit,
    or scores are NaN; and TypeError if they need a model of two towers and have
    another. All but `recommend` and `score` need one.

    Args:
        model: as in `evaluate`.
        train: training data, with the vocabularies of raw ids.
        user_encoder: the fitted encoder of the users' features that the model reads.
        item_encoder: the same for items.
        settings, metrics, protocol: JSON values to save with the model: how it was
            trained, its quality, and how that was measured.
        index: an index of the model's items, by which items for users are found; see
            `index`. It may also be assigned, as `item_index`, and is not saved.

    Raises:
        TypeError: if `evaluate` does not take such a model.
        ValueError: if model and `train` differ in the number of users or items, or an
            encoder does not fit the model.

    Example:
        >>> from tfrecs import Interactions, Recommender
        >>> train = Interactions.from_arrays(["ann", "bob"], ["Heat", "Alien"])
        >>> scores = np.array([[0.5, 0.9], [0.4, 0.1]])  # of Alien and Heat
        >>> Recommender(scores, train).recommend(["bob"], k=1)
          user  item  score  rank
        0  bob  Heat    0.1     1
    """

    def __init__(
        self,
        model: "ScoresUsers | Scorer | Scores",
        train: Interactions,
        *,
        user_encoder: FeatureEncoder | None = None,
        item_encoder: FeatureEncoder | None = None,
        settings: Mapping[str, Any] | None = None,
        metrics: Mapping[str, Any] | None = None,
        protocol: Mapping[str, Any] | None = None,
        index: ItemIndex | None = None,
    ) -> None:
        check_same_sizes(model, train)
        if not isinstance(model, ScoresInBlocks):
            as_scorer(model)  # refuses what cannot score
        self.model, self.train = model, train
        self.settings, self.metrics = dict(settings or {}), dict(metrics or {})
        self.protocol = dict(protocol or {})
        self.user_encoder, self.item_encoder = user_encoder, item_encoder
        self.item_index = index
        self._encoders: Encoders = {"user": user_encoder, "item": item_encoder}
        check_encoders(self._encoders, model)

    def recommend(
        self,
        users: Iterable[Any],
        k: int = 10,
        *,
        exclude_seen: bool = True,
        allow: ItemChoice = None,
        deny: ItemChoice = None,
        unknown: Literal["error", "popular"] = "error",
    ) -> "pd.DataFrame":
        """Returns each user's k best items: `user`, `item`, `score`, `rank`.

        `allow` and `deny` may also map raw user ids to item ids; users without a key
        are not restricted, and at least one key must be a known user. With
        `unknown="popular"`, users that are not in `train` get its most popular items,
        scored by their interactions, and a column `source` is "model" or "popularity".
        """
        asked, train = collection(users, "users"), self.train
        user_ids = indices_of(train.users, asked, unknown)
        seen = rows_of(train.matrix, user_ids) if exclude_seen else None
        excluded = excluded_items(train, asked, seen=seen, allow=allow, deny=deny)
        if self.item_index is None:
            found = best_items_for(self._scorer(), user_ids, k, train, excluded)
        else:
            found = self._towers.items_of_index(user_ids, k, excluded, self.item_index)
        table, rows = answer_table(("user", asked), ("item", train.items.ids), found)
        if unknown == "popular":
            table["source"] = np.where(user_ids >= 0, "model", "popularity")[rows]
        return table

    def score(self, users: Iterable[Any], items: Iterable[Any]) -> "pd.DataFrame":
        """Returns the scores that `recommend` ranks by, of pairs, in their order."""

        def of_pairs(raw_users: AnyArray, raw_items: AnyArray) -> Scores:
            known = train.users.known(raw_users), train.items.known(raw_items)
            return scores_of_pairs(self._scorer(), *known, train.num_items)

        train, asked = self.train, collection(users, "users")
        return table_of_pairs(asked, collection(items, "items"), of_pairs)

    def similar_items(
        self, items: Iterable[Any], k: int = 10, *, measure: str = "cosine"
    ) -> "pd.DataFrame":
        """Returns the k items most similar to each: `similar_to`, `item`, ...

        Item vectors are compared: the factors, without the bias, or the input of the
        hidden part in a model without factors. An item is not similar to itself.
        `measure` is a name in `tfrecs.inference.similarity.MEASURES`.
        """
        return self._towers.similar("item", items, k, measure)

    def similar_to_new_items(
        self, item_features: Any, k: int = 10, *, measure: str = "cosine"
    ) -> "pd.DataFrame":
        """Returns the k items most similar to each item with features and no id."""
        return self._towers.similar_to_new("item", item_features, k, measure)

    def similar_users(
        self, users: Iterable[Any], k: int = 10, *, measure: str = "cosine"
    ) -> "pd.DataFrame":
        """Returns the k users most similar to each; see `similar_items`."""
        return self._towers.similar("user", users, k, measure)

    def recommend_for_history(
        self,
        items: Iterable[Any],
        k: int = 10,
        *,
        exclude_seen: bool = True,
        allow: Iterable[Any] | None = None,
        deny: Iterable[Any] | None = None,
        unknown: Literal["error", "skip"] = "error",
        user_features: Any = None,
    ) -> "pd.DataFrame":
        """Returns the k best items for users who have these items and need no id.

        `items` is a history, the oldest first, or a list of histories, which a column
        `history` numbers from 0. Models of histories read them, and `user_features`. Of
        others users are inferred from items (`tfrecs.inference.fold_in`): make another
        `Recommender` after training. "skip" leaves out, and counts, unknown items.
        """
        towers, train = self._towers, self.train
        given = given_histories(items, train.items, unknown)
        seen = given.seen(train.num_items) if exclude_seen else None
        excluded = excluded_items(train, seen=seen, allow=allow, deny=deny)
        users = towers.with_histories(given.items, user_features)
        return given.labelled(towers.items_for(users, k, excluded, self.item_index))

    def recommend_for_new_users(
        self,
        user_features: Any,
        k: int = 10,
        *,
        allow: Iterable[Any] | None = None,
        deny: Iterable[Any] | None = None,
    ) -> "pd.DataFrame":
        """Returns the k best items for users who have features and no id."""
        excluded = excluded_items(self.train, allow=allow, deny=deny)
        new = self._towers.new("user", user_features)
        return self._towers.items_for(new, k, excluded, self.item_index)

    def recommend_new_items(
        self, users: Iterable[Any], item_features: Any, k: int = 10
    ) -> "pd.DataFrame":
        """Returns each user's k best of items that have features and no id."""
        new = self._towers.new("item", item_features)
        return self._towers.rank(self._towers.known("user", users), new, k)

    def users_for_items(
        self, items: Iterable[Any], k: int = 10, *, exclude_seen: bool = True
    ) -> "pd.DataFrame":
        """Returns the k users who score each item highest: `item`, `user`, ..."""
        towers, train = self._towers, self.train
        known = towers.known("item", items)
        item_ids = train.items.known(known.ids)
        seen = rows_of(train.matrix.T.tocsr(), item_ids) if exclude_seen else None
        return towers.rank(known, towers.all("user"), k, seen)

    def users_for_new_items(self, item_features: Any, k: int = 10) -> "pd.DataFrame":
        """Returns the k users who score each item with features and no id highest."""
        new = self._towers.new("item", item_features)
        return self._towers.rank(new, self._towers.all("user"), k)

    def index(self, *, expansion: int = 64, threads: int = 0) -> ItemIndex:
        """Makes an approximate index of all items, and logs its recall.

        Needs `pip install 'tfrecs[ann]'`; see `tfrecs.inference.item_index.ItemIndex`.
        """
        return self._towers.index(expansion, threads)

    def save(
        self, folder: str | Path, *, overwrite: bool = False, durable: bool = True
    ) -> None:
        """Writes a bundle that `load` reads; see `tfrecs.inference.bundle`.

        Args:
            folder: a new folder; its parents are made.
            overwrite: whether to replace a bundle, once the new one is complete.
            durable: whether to wait until it is on the disk.

        Raises:
            FileExistsError: if the folder holds anything that must not be replaced.
            TypeError: if the model is not of Keras, or other parts are not JSON values.
        """
        bundle = Bundle.of(self)
        write_bundle(Path(folder), bundle, overwrite=overwrite, durable=durable)

    @classmethod
    def load(cls, folder: str | Path, *, limits: Limits = LIMITS) -> "Recommender":
        """Loads a bundle that `save` wrote; also `tfrecs.load`.

        Every file is checked first. The model is not compiled: compile it to train on.

        Raises:
            FileNotFoundError: if there is no bundle.
            ValueError: if a file is missing, damaged, too large or of a later version,
                a number is not finite, a layer is not registered, or the bundle has a
                second stage, which `Reranked.load` reads.
        """
        return cls(**read_bundle(Path(folder), limits)._asdict())

    def export(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Writes a TensorFlow SavedModel that answers raw ids without tfrecs.

        See `tfrecs.inference.saved_model.writing`, also for errors.
        """
        from tfrecs.inference.saved_model.writing import write_saved_model

        of_model = self._towers.model, self.train, self._encoders
        write_saved_model(*of_model, Path(folder), overwrite=overwrite)

    def export_vectors(self, path: str | Path) -> None:
        """Writes an .npz file for nearest neighbours; see `tfrecs.inference.export`."""
        from tfrecs.inference.export import write_vectors

        write_vectors(self._towers.model, self.train, Path(path))

    def __repr__(self) -> str:
        """Returns the model's name and the sizes."""
        name = getattr(self.model, "name", type(self.model).__name__)
        sizes = f"{self.train.num_users} users x {self.train.num_items} items"
        return f"<Recommender: {name}, {sizes}>"

    @cached_property
    def _scorer(self) -> Callable[[], Scorer]:
        return kept_scorer(self.model, self.train)

    @cached_property
    def _towers(self) -> TowerRanking:
        return TowerRanking(self.model, self.train, self._encoders)


load = Recommender.load
