"""What a user liked, what they are recommended, and what is similar to one item."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from tfrecs._base.checks import check_positive
from tfrecs.data.interactions import Interactions
from tfrecs.reporting.items import ItemNames, history

if TYPE_CHECKING:
    import pandas as pd


class Recommends(Protocol):
    """What a `Recommender` does that shelves need."""

    @property
    def train(self) -> Interactions:
        """What the model learned from, with the items' features."""

    def recommend(self, users: Sequence[Any], k: int) -> "pd.DataFrame":
        """Gives the items to recommend, in the column `item`, best first."""

    def similar_items(self, items: Sequence[Any], k: int) -> "pd.DataFrame":
        """Gives similar items, in the column `item`, most similar first."""


def shelves_for(
    recommender: Recommends,
    user: Any,
    *,
    k: int = 12,
    similar_to: Any = None,
    title_col: str = "title",
) -> dict[str, "pd.DataFrame"]:
    """Gives a user's three shelves, for `poster`.

    Args:
        recommender: such as a `tfrecs.Recommender`.
        user: a raw id.
        k: the most items on a shelf.
        similar_to: the raw id of an item that others are similar to; the user's most
            liked one by default.
        title_col: column of `train.item_features` that names that item.

    Returns:
        Headings and frames with the columns `item` and those of `train.item_features`:
        the user's items in `train` (highest rating first, and of these the latest), the
        recommended ones, and the similar ones, with scores. Someone without items in
        `train` gets the last shelf only if `similar_to` is given.

    Raises:
        ValueError: if k is below 1 or `train` does not know the user or item.
    """
    check_positive(k=k)
    train = recommender.train
    liked = _liked(train, user)[:k]
    others = train.num_items - 1
    shelves = {
        "Liked": _with_features(train, liked),
        "Recommended": _with_features(
            train, recommender.recommend([user], min(k, train.num_items))
        ),
    }
    if similar_to is None and len(liked):
        similar_to = liked["item"].iloc[0]
    if similar_to is not None and others:
        similar = recommender.similar_items([similar_to], min(k, others))
        [name] = ItemNames(train, title_col).of(train.items.known([similar_to]))
        shelves[f"Similar to {name}"] = _with_features(train, similar)
    return shelves


def _liked(train: Interactions, user: Any) -> "pd.DataFrame":
    """Returns the user's items in `train`, best first, with ratings if there are any."""
    import pandas as pd

    [user_id] = train.users.known([user])
    rows = history(train, user_id)
    liked = pd.DataFrame({"item": train.items.ids[train.item_ids[rows]]})
    if train.ratings is not None:
        liked["rating"] = train.ratings[rows]
    return liked


def _with_features(train: Interactions, frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with the columns of the items' features that it lacks."""
    if train.item_features is None:
        return frame
    features = train.item_features.iloc[train.items.known(frame["item"])]
    more = features.columns.difference(frame.columns, sort=False)
    return frame.reset_index(drop=True).join(features[more].reset_index(drop=True))
