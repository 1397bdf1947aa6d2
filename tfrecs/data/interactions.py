"""The data object: which user interacted with which item, under contiguous ids."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import AnyArray, BoolArray, FloatArray, IntArray
from tfrecs.data import raw
from tfrecs.data.columns import checked_columns, pair_keys, pairs_matrix
from tfrecs.data.feedback import positive_rows, rows_of_at_least
from tfrecs.data.histories import Histories, histories_of
from tfrecs.data.ids import IdTypes
from tfrecs.data.k_core import k_core_rows
from tfrecs.data.metadata import aligned_features, described, without_unused
from tfrecs.data.summary import summary
from tfrecs.data.vocabulary import Vocabulary

if TYPE_CHECKING:
    import pandas as pd

    from tfrecs.data.reading import Reading

_COLUMNS = ("user_ids", "item_ids", "ratings", "timestamps", "weights")


@dataclass(frozen=True, eq=False, repr=False)
class Interactions:
    """Pairs of user and item with their values, as a rule distinct; immutable.

    `from_arrays`, `from_frame` and `from_matrix` build one from raw ids. The parts of a
    data set share its vocabularies, so an id means the same in all of them.

    Args:
        user_ids: `[interactions]` int, contiguous from 0, indices into `users`.
        item_ids: `[interactions]` int, contiguous from 0, indices into `items`.
        users: the raw user ids.
        items: the raw item ids, which are the catalogue.
        ratings: `[interactions]`, finite, at least 0; or None.
        timestamps: `[interactions]`, finite, larger is later; or None.
        weights: `[interactions]`, finite, at least 0; None means 1 for each.
        user_features: one row for each user, in the order of `users`.
        item_features: one row for each item, in the order of `items`.
        min_rating: lowest rating of a positive, which `at_least` sets; see `positives`.
        source: summary of the file that they were read from.
        repeats: whether a pair may be repeated, as a history needs.

    Raises:
        ValueError: if lengths differ, an id or a value is bad, or a pair is repeated.
    """

    user_ids: IntArray
    item_ids: IntArray
    users: Vocabulary
    items: Vocabulary
    ratings: FloatArray | None = None
    timestamps: AnyArray | None = None
    weights: FloatArray | None = None
    user_features: "pd.DataFrame | None" = None
    item_features: "pd.DataFrame | None" = None
    min_rating: float | None = None
    source: "Reading | None" = None
    repeats: bool = False

    def __post_init__(self) -> None:
        """Checks each array once and makes it read-only."""
        given = {name: getattr(self, name) for name in _COLUMNS}
        checked = checked_columns(given, self.num_users, self.num_items, self.repeats)
        for name, column in checked.items():
            object.__setattr__(self, name, column)
        for role, ids in ("user", self.users), ("item", self.items):
            name = f"{role}_features"
            features = aligned_features(getattr(self, name), ids, role, name)
            object.__setattr__(self, name, features)

    @classmethod
    def from_arrays(
        cls,
        users: Iterable[Any],
        items: Iterable[Any],
        *,
        ratings: Iterable[float] | None = None,
        timestamps: Iterable[Any] | None = None,
        weights: Iterable[float] | None = None,
        duplicates: raw.Duplicates = "last",
        id_type: IdTypes = None,
        user_vocabulary: Vocabulary | None = None,
        item_vocabulary: Vocabulary | None = None,
        user_features: "pd.DataFrame | None" = None,
        item_features: "pd.DataFrame | None" = None,
    ) -> "Interactions":
        """Builds interactions from columns of equal length.

        Args:
            users: `[interactions]` raw user ids, of any hashable kind.
            items: `[interactions]` raw item ids, of any hashable kind.
            ratings: `[interactions]`, finite, at least 0.
            timestamps: `[interactions]`, numbers or datetimes, larger is later.
            weights: `[interactions]`, finite, at least 0.
            duplicates: the treatment of a repeated pair: keep the "last" or "first" by
                time (by row if there are no times), the one with the "max" rating, the
                "sum" of ratings and of weights (of occurrences, as ratings, if there
                is neither), "keep" all, for histories, or raise an "error".
            id_type: "text" or "integer" converts ids; or as {"user": "integer"}.
            user_vocabulary: ids to use instead of learning them, such as `train.users`.
            item_vocabulary: the catalogue to use instead of learning it.
            user_features: a row for each user: its id is the column with a usual name,
                such as `user_id`, or else the index.
            item_features: the same for items.

        Raises:
            ValueError: if lengths differ, ids are missing or not in a given
                vocabulary, values are bad, or pairs are repeated with "error".

        Example:
            >>> Interactions.from_arrays(["ann", "bob"], [7, 7], ratings=[4, 5])
            <Interactions: 2 of 2 users x 1 item, density 100.00%, with ratings>
        """
        columns = {"users": users, "items": items, "ratings": ratings}
        columns |= {"timestamps": timestamps, "weights": weights}
        known = user_vocabulary, item_vocabulary
        fields = raw.fields_of_columns(columns, duplicates, id_type, *known)
        return cls(**fields, user_features=user_features, item_features=item_features)

    @classmethod
    def from_frame(
        cls,
        frame: "pd.DataFrame",
        *,
        user_col: str | None = None,
        item_col: str | None = None,
        rating_col: str | None = None,
        time_col: str | None = None,
        weight_col: str | None = None,
        duplicates: raw.Duplicates = "last",
        id_type: IdTypes = None,
        user_features: "pd.DataFrame | None" = None,
        item_features: "pd.DataFrame | None" = None,
        users: "pd.DataFrame | None" = None,
        items: "pd.DataFrame | None" = None,
    ) -> "Interactions":
        """Builds interactions from the rows of a table; see `from_arrays`.

        Columns that are not named are found by usual names, as in `read_interactions`.

        Args:
            frame: a DataFrame, or a table of polars or pyarrow.
            user_col: the column of raw user ids, such as `user_id` or `userId`.
            item_col: raw item ids, such as `item_id` or `movieId`.
            rating_col: ratings, such as `rating` or `stars`.
            time_col: times, such as `timestamp`.
            weight_col: weights, by no usual name.
            duplicates: as in `from_arrays`.
            id_type: as in `from_arrays`.
            user_features: as in `from_arrays`, or with ids in the column `user_col`.
            item_features: the same for items.
            users: the same, of all users, also of ones without interactions.
            items: the same for items: these are the catalogue.

        Raises:
            ValueError: if the frame lacks a column, and as `from_arrays`.
        """
        named = {"user": user_col, "item": item_col, "rating": rating_col}
        named |= {"time": time_col, "weight": weight_col}
        columns, roles = raw.columns_of_roles(frame, named)
        fields = raw.fields_of_columns(columns, duplicates, id_type)
        fields |= described(fields, "user", roles["user"], user_features, users)
        fields |= described(fields, "item", roles["item"], item_features, items)
        return cls(**fields)

    @classmethod
    def from_matrix(
        cls,
        matrix: Any,
        *,
        users: Sequence[Any] | None = None,
        items: Sequence[Any] | None = None,
        user_features: "pd.DataFrame | None" = None,
        item_features: "pd.DataFrame | None" = None,
    ) -> "Interactions":
        """Builds interactions from a matrix of users (rows) by items (columns).

        Args:
            matrix: `[num_users, num_items]`, scipy sparse, dense or a DataFrame; each
                nonzero entry is an interaction, and its value the rating.
            users: `[num_users]` ids of rows; a DataFrame's own or 0, 1, ... by default.
            items: `[num_items]` ids of columns, likewise.
            user_features: as in `from_arrays`.
            item_features: as in `from_arrays`.

        Raises:
            ValueError: if the shape does not fit, as for a matrix of items by users.
        """
        fields = raw.fields_of_matrix(matrix, users, items)
        return cls(**fields, user_features=user_features, item_features=item_features)

    @property
    def num_users(self) -> int:
        """The number of known users, with or without interactions here."""
        return len(self.users)

    @property
    def num_items(self) -> int:
        """The size of the catalogue, with or without interactions here."""
        return len(self.items)

    @property
    def positives(self) -> "Interactions":
        """The interactions that count as positives.

        They are all without ratings, else those rated `min_rating` or more, or above 0
        if there is no minimum. Ranking models train on them alone; in test data they
        are the relevant items. Models of ratings use all. Raises ValueError if empty.
        """
        return self if self._rated_high is None else self._rated_high

    @cached_property
    def _rated_high(self) -> "Interactions | None":
        """The positives; None if all are, since a cycle would stay in memory."""
        rows = positive_rows(self.ratings, self.min_rating)
        return None if rows is None else self.take(rows)

    @cached_property
    def matrix(self) -> sp.csr_array:
        """`[num_users, num_items]` float32, 1 for each of `positives`, items sorted."""
        pairs, shape = self.positives, (self.num_users, self.num_items)
        return pairs_matrix(pairs.user_ids, pairs.item_ids, shape)

    @cached_property
    def item_counts(self) -> AnyArray:
        """`[num_items]` int64, the `positives` of each item."""
        return np.bincount(self.positives.item_ids, minlength=self.num_items)

    @cached_property
    def sequences(self) -> Histories:
        """The items of each user's `positives`, by time, then by row."""
        return histories_of(self.positives)

    def histories(self, max_length: int) -> IntArray:
        """Returns each user's last items, `[num_users, max_length]`, -1 before them."""
        return self.sequences.last(np.arange(self.num_users), max_length)

    def history(self, user: Any) -> AnyArray:
        """Returns the raw items of a raw user, the oldest first."""
        return self.items.ids[self.sequences[int(self.users.known([user])[0])]]

    def take(self, rows: AnyArray) -> "Interactions":
        """Returns the interactions at `rows` (a mask or indices), same vocabularies."""
        given = {n: getattr(self, n) for n in _COLUMNS if getattr(self, n) is not None}
        return replace(self, **{name: column[rows] for name, column in given.items()})

    def at_least(self, min_rating: float) -> "Interactions":
        """Returns the interactions rated `min_rating` or more, which are `positives`.

        Raises ValueError if there are no ratings, or none as high.
        """
        rows = rows_of_at_least(self.ratings, min_rating)
        return replace(self, min_rating=min_rating).take(rows)

    def k_core(self, *, user: int = 1, item: int = 1) -> "Interactions":
        """Returns the largest part whose users and items have enough interactions.

        `user` and `item` are the least numbers of each, of any rating; of positives in
        `data.positives.k_core(...)`. Raises ValueError if nothing is left.
        """
        rows = k_core_rows(self.user_ids, self.item_ids, user=user, item=item)
        return self.take(rows).compact()

    def compact(self) -> "Interactions":
        """Returns the same interactions without users and items that have none."""
        changed: dict[str, Any] = {}
        for side in ("user", "item"):
            names = (f"{side}_ids", f"{side}s", f"{side}_features")
            parts = without_unused(*(getattr(self, name) for name in names))
            changed |= zip(names, parts, strict=True)
        return replace(self, **changed)

    def contains(self, other: "Interactions") -> BoolArray:
        """Returns which of the pairs are here; raises as `Vocabulary.check_same`."""
        self.users.check_same(other.users)
        self.items.check_same(other.items)
        theirs = pair_keys(other.user_ids, other.item_ids, other.num_items)
        return np.isin(theirs, pair_keys(self.user_ids, self.item_ids, self.num_items))

    def num_shared(self, other: "Interactions") -> int:
        """Counts the positives that are also in `other`, as `contains` raises."""
        self.users.check_same(other.users)
        self.items.check_same(other.items)
        return int(self.matrix.multiply(other.matrix).nnz)

    def __len__(self) -> int:
        """Returns the number of interactions."""
        return len(self.user_ids)

    def __repr__(self) -> str:
        """Returns the size, the density and the names of the other columns."""
        return summary(self, (*_COLUMNS[2:], "user_features", "item_features"))
