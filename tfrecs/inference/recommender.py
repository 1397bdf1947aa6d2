"""A trained model and its data: raw ids in, tables of recommendations out."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.types import AnyArray, FloatArray, IntArray, Scorer
from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import Vocabulary, collection
from tfrecs.evaluation.ranking.kernel import row_parts
from tfrecs.evaluation.ranking.scorers import (
    SCORE_BLOCK,
    ScoresUsers,
    as_scorer,
    check_scores,
)
from tfrecs.inference.allow_deny import ItemChoice, eligible
from tfrecs.inference.answers import best, row_names, seen_by, some, table
from tfrecs.inference.similarity import most_similar, vectors_of

if TYPE_CHECKING:
    import pandas as pd

    from tfrecs.inference.fold_in import FoldIn
    from tfrecs.models import TwoTower
    from tfrecs.models.two_tower import TowerOutput

UNKNOWN = ("error", "popular")
"""What is done with users that are not known."""


class Recommender:
    """Recommends by a model, to whoever is known by a raw id or not known at all.

    Answers are tables, best first for each one asked about, in the order of asking. The
    rank counts from 1. One with fewer items left than asked for gets fewer rows. Memory
    is bounded: the catalogue is scored in blocks. Ranks are those of `evaluate`, and of
    equal scores lower indices of `train` come first.

    Args:
        model: what `evaluate` takes; what needs towers says so.
        train: what the model was trained on, with the vocabularies of raw ids.
        settings: what a bundle is to keep of how the model was made; of what JSON has.
        metrics: what a bundle is to keep of how good it is; of what JSON has.

    Raises:
        TypeError: if `model` is none of the kinds that `evaluate` takes.
        ValueError: if the model and `train` differ in the number of users or items.

    Example:
        >>> import numpy as np
        >>> from tfrecs import Interactions, Recommender
        >>> train = Interactions.from_arrays(["ann", "bob"], ["Heat", "Alien"])
        >>> scores = np.array([[0.5, 0.9], [0.4, 0.1]])  # of Alien and Heat
        >>> Recommender(scores, train).recommend(["bob"], k=1)
          user  item  score  rank
        0  bob  Heat    0.1     1
    """

    def __init__(
        self,
        model: "ScoresUsers | Scorer | FloatArray",
        train: Interactions,
        *,
        settings: Mapping[str, Any] | None = None,
        metrics: Mapping[str, Any] | None = None,
    ) -> None:
        self._score = as_scorer(model)
        self.model = model
        self.train = train
        self.settings = dict(settings or {})
        self.metrics = dict(metrics or {})
        sizes = (train.num_users, train.num_items)
        given = getattr(model, "shape", None) or tuple(
            getattr(model, name, size)
            for name, size in zip(("num_users", "num_items"), sizes, strict=True)
        )
        if given != sizes:
            raise ValueError(
                "`model` must be of the users and items of `train`, of which there are "
                f"{sizes[0]} and {sizes[1]}. Received: a model of "
                f"{' and '.join(map(str, given))}"
            )

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
        """Gives each user's k best items.

        Args:
            users: raw ids.
            k: the most items for each user, from 1 to the catalogue's size.
            exclude_seen: whether the user's items in `train` are left out.
            allow: raw ids of items that may be recommended, all by default. One
                collection for everyone, or a mapping from raw user ids to collections;
                users that it does not name are not limited, but some that it names
                must be known.
            deny: raw ids of items that may not, alike.
            unknown: what users that `train` does not know get: an "error", or what is
                "popular", by interactions in `train`, which are then the score. With
                "popular" a column `source` says "model" or "popularity" for each row.

        Returns:
            A table of `user`, `item`, `score` and `rank`.

        Raises:
            ValueError: if a user or item is unknown, k is out of range, or scores are
                NaN.
        """
        check_choice("unknown", unknown, UNKNOWN)
        asked, train = collection(users, "users"), self.train
        find = train.users.index if unknown == "popular" else train.users.known
        user_ids = find(asked)
        may = eligible(train, asked, allow, deny)
        found = best(
            lambda rows: may.limit(self._known_scores(user_ids[rows]), rows),
            (len(asked), train.num_items),
            k,
            seen=seen_by(train, user_ids) if exclude_seen else None,
        )
        answer, rows = table(("user", asked), ("item", train.items.ids), found)
        if unknown == "popular":
            answer["source"] = np.where(user_ids >= 0, "model", "popularity")[rows]
        return answer

    def score(self, users: Iterable[Any], items: Iterable[Any]) -> "pd.DataFrame":
        """Gives the scores of pairs, the same that `recommend` ranks by.

        Each user is scored with the whole catalogue, by blocks of users.

        Args:
            users: `[pairs]` raw ids.
            items: `[pairs]` raw ids.

        Returns:
            A table of `user`, `item` and `score`, in the order given.

        Raises:
            ValueError: if the lengths differ, or a user or item is unknown.
        """
        import pandas as pd

        raw_users, raw_items = collection(users, "users"), collection(items, "items")
        if len(raw_users) != len(raw_items):
            raise ValueError(
                "`users` and `items` must be as long as each other, a pair for each "
                f"place. Received: {len(raw_users)} and {len(raw_items)}"
            )
        item_ids = self.train.items.known(raw_items)
        user_ids, rows = np.unique(
            self.train.users.known(raw_users), return_inverse=True
        )
        scores = np.empty(len(rows), dtype=np.float32)
        shape = (len(user_ids), self.train.num_items)
        for block in row_parts(*shape, SCORE_BLOCK):
            of_block = self._checked_scores(user_ids[block])
            pairs = np.flatnonzero((rows >= block.start) & (rows < block.stop))
            scores[pairs] = of_block[rows[pairs] - block.start, item_ids[pairs]]
        return pd.DataFrame({"user": raw_users, "item": raw_items, "score": scores})

    def similar_items(
        self, items: Iterable[Any], k: int = 10, *, measure: str = "cosine"
    ) -> "pd.DataFrame":
        """Gives the k items that are most like each one, itself left out.

        Items are compared by what the item tower gives: the factors, without the bias,
        or where there are none, the first layer of the hidden part.

        Args:
            items: raw ids.
            k: from 1 to the number of other items.
            measure: a name of `tfrecs.inference.similarity.MEASURES`.

        Returns:
            A table of `similar_to` (the one asked about), `item`, `score`, `rank`.

        Raises:
            TypeError: if the model has no towers.
            ValueError: if an item or `measure` is unknown, or k is out of range.
        """
        vectors = vectors_of(self._towers("similar_items").item_output())
        asked, places = _known(self.train.items, items, "items")
        found = most_similar(vectors, places, k, measure=measure)
        return table(("similar_to", asked), ("item", self.train.items.ids), found)[0]

    def similar_users(
        self, users: Iterable[Any], k: int = 10, *, measure: str = "cosine"
    ) -> "pd.DataFrame":
        """Gives the k users who are most like each one, themselves left out.

        Args:
            users: raw ids.
            k: from 1 to the number of other users.
            measure: a name of `tfrecs.inference.similarity.MEASURES`.

        Returns:
            A table of `similar_to` (the one asked about), `user`, `score`, `rank`.

        Raises:
            TypeError: if the model has no towers.
            ValueError: if a user or `measure` is unknown, or k is out of range.
        """
        everyone = np.arange(self.train.num_users, dtype=np.int32)
        vectors = vectors_of(self._towers("similar_users").user_output(everyone))
        asked, places = _known(self.train.users, users, "users")
        found = most_similar(vectors, places, k, measure=measure)
        return table(("similar_to", asked), ("user", self.train.users.ids), found)[0]

    def recommend_for_history(
        self,
        items: Iterable[Any],
        k: int = 10,
        *,
        exclude_seen: bool = True,
        allow: Iterable[Any] | None = None,
        deny: Iterable[Any] | None = None,
    ) -> "pd.DataFrame":
        """Gives the k best items for someone who is not in the model.

        What the model would know of them is sought by `tfrecs.inference.fold_in`; nothing is
        trained. What that needs of the model is kept from the first call on: after more
        training, make another `Recommender`.

        Args:
            items: raw ids of what they had, one at least.
            k: the most items, from 1 to the catalogue's size.
            exclude_seen: whether these items are left out.
            allow: raw ids of items that may be recommended, all by default.
            deny: raw ids of items that may not.

        Returns:
            A table of `item`, `score`, `rank`.

        Raises:
            TypeError: if the model has no towers.
            ValueError: if there are no items, one is unknown, or k is out of range.
        """
        model, train = self._towers("recommend_for_history"), self.train
        history = np.unique(train.items.known(collection(items, "items")))
        may = eligible(train, None, allow, deny)
        if exclude_seen:
            may.everyone[history] = False
        output = self._fold_in.user_output([history])
        scores = model.score_outputs(output, model.item_output())
        found = best(lambda rows: may.limit(scores, rows), scores.shape, k)
        return table(None, ("item", train.items.ids), found)[0]

    def recommend_for_new_users(
        self,
        user_features: Any,
        k: int = 10,
        *,
        allow: Iterable[Any] | None = None,
        deny: Iterable[Any] | None = None,
    ) -> "pd.DataFrame":
        """Gives the k best items for users who have features and no id.

        Args:
            user_features: a row for each, of the kind and columns that `build_hybrid`
                was given. The index of a DataFrame names them in the answer, and else
                the number of the row.
            k: the most items for each, from 1 to the catalogue's size.
            allow: raw ids of items that may be recommended, all by default.
            deny: raw ids of items that may not.

        Returns:
            A table of `user`, `item`, `score`, `rank`.

        Raises:
            TypeError: if the model has no towers.
            ValueError: if the model has no user features, or they are other ones.
        """
        from tfrecs.models.hybrid import output_of_new

        model = self._towers("recommend_for_new_users")
        users = output_of_new(model, user_features, "user")
        items = model.item_output()
        may = eligible(self.train, None, allow, deny)
        found = best(
            lambda rows: may.limit(model.score_outputs(some(users, rows), items), rows),
            (len(users["factors"]), self.train.num_items),
            k,
        )
        asked = ("user", row_names(user_features, len(users["factors"])))
        return table(asked, ("item", self.train.items.ids), found)[0]

    def recommend_new_items(
        self, users: Iterable[Any], item_features: Any, k: int = 10
    ) -> "pd.DataFrame":
        """Gives each user's k best of items that have features and no id.

        Args:
            users: raw ids.
            item_features: a row for each new item, of the kind and columns that
                `build_hybrid` was given. The index of a DataFrame names them in the
                answer, and else the number of the row.
            k: from 1 to the number of new items.

        Returns:
            A table of `user`, `item`, `score`, `rank`.

        Raises:
            TypeError: if the model has no towers.
            ValueError: if the model has no item features, or they are other ones, a
                user is unknown, or k is out of range.
        """
        from tfrecs.models.hybrid import output_of_new

        model = self._towers("recommend_new_items")
        asked, user_ids = _known(self.train.users, users, "users")
        items = output_of_new(model, item_features, "item")
        names = row_names(item_features, len(items["factors"]))
        found = best(
            lambda rows: model.score_outputs(model.user_output(user_ids[rows]), items),
            (len(asked), len(names)),
            k,
        )
        return table(("user", asked), ("item", names), found)[0]

    def users_for_items(
        self, items: Iterable[Any], k: int = 10, *, exclude_seen: bool = True
    ) -> "pd.DataFrame":
        """Gives the k users who score each item highest.

        Args:
            items: raw ids.
            k: the most users for each item, from 1 to the number of users.
            exclude_seen: whether those who had the item in `train` are left out.

        Returns:
            A table of `item`, `user`, `score`, `rank`.

        Raises:
            TypeError: if the model has no towers.
            ValueError: if an item is unknown, or k is out of range.
        """
        model = self._towers("users_for_items")
        asked, item_ids = _known(self.train.items, items, "items")
        of_item = self.train.matrix.T.tocsr()
        seen = (lambda rows: of_item[item_ids[rows]]) if exclude_seen else None
        return self._best_users(
            asked, lambda rows: model.item_output(item_ids[rows]), k, seen
        )

    def users_for_new_items(self, item_features: Any, k: int = 10) -> "pd.DataFrame":
        """Gives the k users who score each new item highest.

        Args:
            item_features: as of `recommend_new_items`.
            k: from 1 to the number of users.

        Returns:
            A table of `item`, `user`, `score`, `rank`.

        Raises:
            TypeError: if the model has no towers.
            ValueError: if the model has no item features, or they are other ones, or k
                is out of range.
        """
        from tfrecs.models.hybrid import output_of_new

        model = self._towers("users_for_new_items")
        items = output_of_new(model, item_features, "item")
        names = row_names(item_features, len(items["factors"]))
        return self._best_users(names, lambda rows: some(items, rows), k)

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Writes a bundle, which `tfrecs.load` reads; see `tfrecs.inference.bundle`.

        Args:
            folder: where it is to be; nothing may be there yet.
            overwrite: whether to replace a bundle that is there, once the new one is
                whole.

        Raises:
            FileExistsError: if something is there that is not to be replaced.
            TypeError: if the model is not one of Keras, or ids, settings or metrics
                are of a kind that is not kept.
        """
        from tfrecs.inference.bundle import write_bundle

        write_bundle(self, Path(folder), overwrite=overwrite)

    def export_vectors(self, path: str | Path) -> None:
        """Writes vectors for a library of nearest neighbours; see `tfrecs.inference.export`.

        Args:
            path: the file, in NumPy's format .npz.

        Raises:
            TypeError: if the model has no towers, or ids are neither numbers nor str.
            ValueError: if the model has a hidden part, or `path` does not end in .npz.
        """
        from tfrecs.inference.export import write_vectors

        write_vectors(self._towers("export_vectors"), self.train, Path(path))

    def __repr__(self) -> str:
        """Tells the model's name and the sizes."""
        name = getattr(self.model, "name", type(self.model).__name__)
        return (
            f"<Recommender: {name}, {self.train.num_users} users x "
            f"{self.train.num_items} items>"
        )

    def _best_users(
        self,
        names: AnyArray,
        output_of: Callable[[slice], "TowerOutput"],
        k: int,
        seen: Callable[[slice], Any] | None = None,
    ) -> "pd.DataFrame":
        """The k best users for items of these names, whose tower outputs are computed by rows."""
        model, num_users = self._towers("users"), self.train.num_users
        users = model.user_output(np.arange(num_users, dtype=np.int32))
        found = best(
            lambda rows: model.score_outputs(users, output_of(rows)).T,
            (len(names), num_users),
            k,
            seen=seen,
        )
        return table(("item", names), ("user", self.train.users.ids), found)[0]

    @cached_property
    def _fold_in(self) -> "FoldIn":
        from tfrecs.inference.fold_in import FoldIn

        return FoldIn(self._towers("fold_in"), np.unique(self.train.user_ids))

    def _towers(self, asked: str) -> "TwoTower":
        """The model, if it has the towers that a method needs."""
        model: Any = self.model
        if not hasattr(model, "user_output"):
            raise TypeError(
                f"`{asked}` needs a model of two towers, such as from build_mf. "
                f"Received: {type(model).__name__}"
            )
        return model

    def _checked_scores(self, user_ids: IntArray) -> FloatArray:
        scores = self._score(user_ids)
        return check_scores(scores, len(user_ids), self.train.num_items)

    def _known_scores(self, user_ids: IntArray) -> FloatArray:
        """Scores of some users; popularity for those of id -1."""
        known = user_ids >= 0
        if known.all():
            return self._checked_scores(user_ids)
        counts = self.train.item_counts.astype(np.float32)
        scores = np.tile(counts, (len(user_ids), 1))
        if known.any():
            scores[known] = self._checked_scores(user_ids[known])
        return scores


def _known(
    vocabulary: Vocabulary, raw: Iterable[Any], name: str
) -> tuple[AnyArray, IntArray]:
    """Raw ids as an array, and their indices."""
    asked = collection(raw, name)
    return asked, vocabulary.known(asked)
