"""The one data object: who interacted with what, under contiguous ids."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from tfrecs._base.checks import check_choice, check_positive
from tfrecs._base.types import AnyArray, BoolArray, FloatArray, IntArray
from tfrecs.data.columns import (
    Duplicates,
    as_amounts,
    as_indices,
    as_times,
    distinct_rows,
)
from tfrecs.data.vocabulary import Vocabulary, as_id_array

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Interactions:
    """Distinct (user, item) pairs with what is known of each; nothing can change it.

    Make one with `from_arrays`, `from_frame` or `from_matrix`, which take raw ids.
    Parts of one data set share its vocabularies, so that an id means the same
    everywhere.

    Args:
        user_ids: `[interactions]` int, contiguous from 0, indices into `users`.
        item_ids: `[interactions]` int, contiguous from 0, indices into `items`.
        users: the raw user ids.
        items: the raw item ids, which are the catalogue.
        ratings: `[interactions]`, finite, at least 0; None if there are none.
        timestamps: `[interactions]`, finite, larger is later; None if there are none.
        weights: `[interactions]`, finite, at least 0; None means 1 for each.
        user_features: one row for each user, in the order of `users`.
        item_features: one row for each item, in the order of `items`.

    Raises:
        ValueError: if lengths differ, an id is out of range, a value is missing,
            negative or not finite, or a pair stands twice.
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

    def __post_init__(self) -> None:
        """Checks every array once and makes it read-only."""
        columns = {
            "user_ids": as_indices(self.user_ids, "user_ids", len(self.users)),
            "item_ids": as_indices(self.item_ids, "item_ids", len(self.items)),
            "ratings": as_amounts(self.ratings, "ratings"),
            "timestamps": as_times(self.timestamps),
            "weights": as_amounts(self.weights, "weights"),
        }
        for name, column in columns.items():
            if column is None:
                continue
            if len(column) != len(self.user_ids):
                raise ValueError(
                    f"`{name}` must have one value for each interaction. Received: "
                    f"{len(column)} values and {len(self.user_ids)} user ids"
                )
            column.flags.writeable = False
            object.__setattr__(self, name, column)
        if len(self.user_ids) == 0:
            raise ValueError(
                "`Interactions` must hold at least one interaction. Received: none. "
                "If a filter left nothing, loosen it."
            )
        pairs = np.sort(self._pairs)  # np.unique takes ten times as long
        repeated = np.count_nonzero(pairs[1:] == pairs[:-1])
        if repeated:
            raise ValueError(
                f"Each (user, item) pair must stand once. Received: {repeated} "
                "repeated. Use from_arrays, whose `duplicates` says which to keep."
            )
        for name, frame, vocabulary in (
            ("user_features", self.user_features, self.users),
            ("item_features", self.item_features, self.items),
        ):
            if frame is not None:
                object.__setattr__(self, name, _aligned(frame, vocabulary, name))

    @classmethod
    def from_arrays(
        cls,
        users: Iterable[Any],
        items: Iterable[Any],
        *,
        ratings: Iterable[float] | None = None,
        timestamps: Iterable[Any] | None = None,
        weights: Iterable[float] | None = None,
        duplicates: Duplicates = "last",
        user_vocabulary: Vocabulary | None = None,
        item_vocabulary: Vocabulary | None = None,
        user_features: "pd.DataFrame | None" = None,
        item_features: "pd.DataFrame | None" = None,
    ) -> "Interactions":
        """Makes interactions from columns of equal length.

        Args:
            users: `[interactions]` raw user ids, of any hashable kind.
            items: `[interactions]` raw item ids, of any hashable kind.
            ratings: `[interactions]`, finite, at least 0.
            timestamps: `[interactions]`, numbers or datetimes, larger is later.
            weights: `[interactions]`, finite, at least 0.
            duplicates: what to do with a pair that stands more than once: keep the
                "last" or "first" by time (by row where there is no time), the one with
                the "max" rating, the "sum" of ratings and of weights (of occurrences,
                as ratings, where there is neither), or raise an "error".
            user_vocabulary: ids to use instead of learning them, such as `train.users`.
            item_vocabulary: the catalogue to use instead of learning it.
            user_features: a row for each user, indexed by raw id.
            item_features: a row for each item, indexed by raw id.

        Raises:
            ValueError: for lengths that differ, missing ids, ids that a given
                vocabulary lacks, bad values, or repeated pairs with "error".

        Example:
            >>> Interactions.from_arrays(["ann", "bob"], [7, 7], ratings=[4, 5])
            <Interactions: 2 of 2 users x 1 item, density 100.00%, with ratings>
        """
        check_choice("duplicates", duplicates, ("last", "first", "max", "sum", "error"))
        raw_users, raw_items = as_id_array(users, "users"), as_id_array(items, "items")
        columns = {
            "ratings": as_amounts(ratings, "ratings"),
            "timestamps": as_times(timestamps),
            "weights": as_amounts(weights, "weights"),
        }
        for name, column in {"items": raw_items, **columns}.items():
            if column is not None and len(column) != len(raw_users):
                raise ValueError(
                    f"`{name}` must be as long as `users`. Received: {len(column)} and "
                    f"{len(raw_users)}"
                )
        if len(raw_users) == 0:
            raise ValueError("`users` must hold at least one id. Received: none")
        if user_vocabulary is None:
            user_vocabulary, user_ids = Vocabulary.learn(raw_users, "users")
        else:
            user_ids = user_vocabulary.known(raw_users)
        if item_vocabulary is None:
            item_vocabulary, item_ids = Vocabulary.learn(raw_items, "items")
        else:
            item_ids = item_vocabulary.known(raw_items)
        rows, merged = distinct_rows(
            _pair_keys(user_ids, item_ids, len(item_vocabulary)), duplicates, **columns
        )
        return cls(
            user_ids=user_ids[rows],
            item_ids=item_ids[rows],
            users=user_vocabulary,
            items=item_vocabulary,
            user_features=user_features,
            item_features=item_features,
            **merged,
        )

    @classmethod
    def from_frame(
        cls,
        frame: "pd.DataFrame",
        *,
        user_col: str = "user_id",
        item_col: str = "item_id",
        rating_col: str | None = None,
        time_col: str | None = None,
        weight_col: str | None = None,
        duplicates: Duplicates = "last",
        user_features: "pd.DataFrame | None" = None,
        item_features: "pd.DataFrame | None" = None,
    ) -> "Interactions":
        """Makes interactions from a DataFrame with one row for each; see `from_arrays`.

        Raises:
            ValueError: if the frame lacks a named column, and as `from_arrays`.
        """
        for column in (user_col, item_col, rating_col, time_col, weight_col):
            if column is not None and column not in frame.columns:
                raise ValueError(
                    f"The data must have a column {column!r}. Received: columns "
                    f"{', '.join(map(str, frame.columns))}"
                )
        return cls.from_arrays(
            frame[user_col],
            frame[item_col],
            ratings=None if rating_col is None else frame[rating_col],
            timestamps=None if time_col is None else frame[time_col],
            weights=None if weight_col is None else frame[weight_col],
            duplicates=duplicates,
            user_features=user_features,
            item_features=item_features,
        )

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
        """Makes interactions from a matrix of users (rows) by items (columns).

        Args:
            matrix: `[num_users, num_items]`, scipy sparse or dense; what is not zero is
                an interaction, and its value is the rating.
            users: `[num_users]` raw ids of the rows; 0, 1, ... if not given.
            items: `[num_items]` raw ids of the columns; 0, 1, ... if not given.
            user_features: a row for each user, indexed by raw id.
            item_features: a row for each item, indexed by raw id.

        Raises:
            ValueError: if `users` or `items` do not fit the shape, as when the matrix
                is items by users.
        """
        coo = sp.coo_array(matrix)
        coo.sum_duplicates()
        coo.eliminate_zeros()
        if coo.ndim != 2:
            raise ValueError(
                f"`matrix` must be users x items. Received: shape {coo.shape}"
            )
        for axis, name, ids, features in (
            (0, "users", users, user_features),
            (1, "items", items, item_features),
        ):
            for given in (ids, features):
                if given is not None and len(given) != coo.shape[axis]:
                    turned = len(given) == coo.shape[1 - axis]
                    raise ValueError(
                        f"`matrix` must be users x items. Received: shape {coo.shape} "
                        f"and {len(given)} {name}."
                        + (" It looks transposed: pass matrix.T." if turned else "")
                    )
        user_ids, item_ids = coo.coords
        return cls(
            user_ids=user_ids,
            item_ids=item_ids,
            users=Vocabulary(
                np.arange(coo.shape[0]) if users is None else users, "users"
            ),
            items=Vocabulary(
                np.arange(coo.shape[1]) if items is None else items, "items"
            ),
            ratings=coo.data,
            user_features=user_features,
            item_features=item_features,
        )

    @property
    def num_users(self) -> int:
        """The number of known users, with or without interactions here."""
        return len(self.users)

    @property
    def num_items(self) -> int:
        """The size of the catalogue, with or without interactions here."""
        return len(self.items)

    @cached_property
    def matrix(self) -> sp.csr_array:
        """`[num_users, num_items]` float32, 1 for each interaction, items sorted."""
        ones = np.ones(len(self), dtype=np.float32)
        csr = sp.csr_array(
            (ones, (self.user_ids, self.item_ids)),
            shape=(self.num_users, self.num_items),
        )
        csr.sort_indices()
        return csr

    @cached_property
    def item_counts(self) -> AnyArray:
        """`[num_items]` int64, the interactions of each item."""
        return np.bincount(self.item_ids, minlength=self.num_items)

    @property
    def _pairs(self) -> AnyArray:
        return _pair_keys(self.user_ids, self.item_ids, self.num_items)

    def take(self, rows: AnyArray) -> "Interactions":
        """Gives the interactions at `rows` (a mask or indices), same vocabularies."""
        columns: dict[str, Any] = {
            name: None if getattr(self, name) is None else getattr(self, name)[rows]
            for name in ("user_ids", "item_ids", "ratings", "timestamps", "weights")
        }
        return replace(self, **columns)

    def at_least(self, min_rating: float) -> "Interactions":
        """Gives the interactions rated `min_rating` or more, same vocabularies.

        This is the usual way from ratings to implicit feedback.

        Raises:
            ValueError: if there are no ratings, or none as high.
        """
        if self.ratings is None:
            raise ValueError(
                "`at_least` needs ratings, and these interactions have none. Name the "
                "rating column when reading, or leave out the minimum."
            )
        keep = self.ratings >= min_rating
        if not keep.any():
            raise ValueError(
                f"`min_rating` must be at most {self.ratings.max():g}, the highest "
                f"rating. Received: min_rating={min_rating:g}"
            )
        return self.take(keep)

    def k_core(self, *, user: int = 1, item: int = 1) -> "Interactions":
        """Gives the largest part in which all users and items have enough interactions.

        Users and items that fall out leave the vocabularies too.

        Args:
            user: the least number of interactions of a user.
            item: the least number of interactions of an item.

        Raises:
            ValueError: if nothing is left.
        """
        check_positive(user=user, item=item)
        keep = np.ones(len(self), dtype=bool)
        while keep.any():
            per_user = np.bincount(self.user_ids[keep], minlength=self.num_users)
            per_item = np.bincount(self.item_ids[keep], minlength=self.num_items)
            enough = (per_user >= user)[self.user_ids] & (per_item >= item)[
                self.item_ids
            ]
            if not (keep & ~enough).any():
                return self.take(keep).compact()
            keep &= enough
        raise ValueError(
            f"No user and item have that many interactions with each other. Received: "
            f"user={user}, item={item}. Lower them."
        )

    def compact(self) -> "Interactions":
        """Gives the same interactions without users and items that have none."""
        used_users, user_ids = np.unique(self.user_ids, return_inverse=True)
        used_items, item_ids = np.unique(self.item_ids, return_inverse=True)
        users = Vocabulary(self.users.ids[used_users], self.users.name)
        items = Vocabulary(self.items.ids[used_items], self.items.name)
        return replace(
            self,
            user_ids=user_ids.astype(np.int32),
            item_ids=item_ids.astype(np.int32),
            users=users,
            items=items,
        )

    def contains(self, other: "Interactions") -> BoolArray:
        """Tells for each pair of `other` (same vocabularies) whether it is here too.

        Raises:
            ValueError: if the vocabularies differ.
        """
        self._check_vocabularies_of(other)
        return np.asarray(self.matrix[other.user_ids, other.item_ids] > 0).ravel()

    def num_shared(self, other: "Interactions") -> int:
        """Counts the pairs that are here and in `other`, faster than `contains`.

        Raises:
            ValueError: if the vocabularies differ.
        """
        self._check_vocabularies_of(other)
        return int(self.matrix.multiply(other.matrix).nnz)

    def _check_vocabularies_of(self, other: "Interactions") -> None:
        for mine, others in ((self.users, other.users), (self.items, other.items)):
            if mine is not others and not np.array_equal(mine.ids, others.ids):
                raise ValueError(
                    "Both must share one vocabulary of users and items. Received: "
                    f"{mine!r} and {others!r}. Make one with the other's, such as "
                    "from_arrays(..., user_vocabulary=train.users)."
                )

    def __len__(self) -> int:
        """Gives the number of interactions."""
        return len(self.user_ids)

    def __repr__(self) -> str:
        """Tells the number of interactions, users and items, and the density."""
        extras = [
            name.replace("_", " ")
            for name in (
                "ratings",
                "timestamps",
                "weights",
                "user_features",
                "item_features",
            )
            if getattr(self, name) is not None
        ]
        told = f", with {', '.join(extras)}" if extras else ""
        density = len(self) / (self.num_users * self.num_items)
        return (
            f"<Interactions: {len(self)} of {_count(self.num_users, 'user')} x "
            f"{_count(self.num_items, 'item')}, density {density:.2%}{told}>"
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _pair_keys(user_ids: IntArray, item_ids: IntArray, num_items: int) -> AnyArray:
    """One int64 for each pair, equal only for equal pairs."""
    return user_ids.astype(np.int64) * num_items + item_ids


def _aligned(
    frame: "pd.DataFrame", vocabulary: Vocabulary, name: str
) -> "pd.DataFrame":
    """The frame with one row for each id, in their order; missing rows hold NaN."""
    import pandas as pd

    if frame.index.has_duplicates:
        raise ValueError(
            f"`{name}` must have one row for each id. Received: "
            f"{frame.index[frame.index.duplicated()][0]!r} more than once"
        )
    ids = pd.Index(vocabulary.ids, tupleize_cols=False)
    if not ids.isin(frame.index).any():
        raise ValueError(
            f"`{name}` must be indexed by raw id, such as {vocabulary.ids[0]!r}. "
            f"Received: none of them, but {frame.index[:1].tolist()}. "
            "Use frame.set_index(...)."
        )
    return frame if frame.index.equals(ids) else frame.reindex(ids)
