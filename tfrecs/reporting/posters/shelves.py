"""Shelves of a user: liked items, recommended items, and items similar to one."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tfrecs._base.checks import check_positive
from tfrecs.data.id_arrays import collection
from tfrecs.data.interactions import Interactions
from tfrecs.reporting.items import ItemNames, history

if TYPE_CHECKING:
    import pandas as pd

    from tfrecs.inference.recommender import Recommender


def shelves_for(
    recommender: "Recommender",
    user: Any,
    *,
    k: int = 12,
    similar_to: Any = None,
    title_col: str = "title",
) -> dict[str, "pd.DataFrame"]:
    """Returns a user's three shelves, for `poster`.

    Args:
        recommender: also names items by its `train.item_features`.
        user: a raw id.
        k: items on a shelf, at most.
        similar_to: the raw id of the item of the last shelf; None for the best liked.
        title_col: column of `train.item_features` that names that item.

    Returns:
        Headings and frames with the column `item` and the columns of the features:
        the user's items in `train` (the highest ratings first, then the latest), the
        recommended items, and similar items, with scores. There is no last shelf for a
        user without items in `train`, unless `similar_to` is set.

    Raises:
        ValueError: if k is below 1 or `train` does not know the user or item.
    """
    check_positive(k=k)
    train = recommender.train
    liked = _liked(train, user)
    recommended = recommender.recommend([user], min(k, train.num_items))
    return _shelves(recommender, liked[:k], recommended, k, similar_to, title_col)


def shelves_for_history(
    recommender: "Recommender",
    items: Iterable[Any],
    *,
    k: int = 12,
    similar_to: Any = None,
    title_col: str = "title",
) -> dict[str, "pd.DataFrame"]:
    """Returns the three shelves of a user who has these items and needs no id.

    Args:
        recommender: as in `shelves_for`, like the arguments that are not named here.
        items: the raw items of the user, the oldest first.
        k: items on a shelf, at most.
        similar_to: the raw id of the item of the last shelf; None for the latest.
        title_col: column of titles.

    Returns:
        As `shelves_for`, the latest items first.

    Raises:
        ValueError: if k is below 1 or `train` does not know an item.
    """
    check_positive(k=k)
    import pandas as pd

    train = recommender.train
    ids = train.items.ids[train.items.known(collection(items, "items"))]
    liked = pd.DataFrame({"item": ids[::-1]}).drop_duplicates(ignore_index=True)
    recommended = recommender.recommend_for_history(ids, min(k, train.num_items))
    return _shelves(recommender, liked[:k], recommended, k, similar_to, title_col)


def _shelves(
    recommender: "Recommender",
    liked: "pd.DataFrame",
    recommended: "pd.DataFrame",
    k: int,
    similar_to: Any,
    title_col: str,
) -> dict[str, "pd.DataFrame"]:
    """Returns the shelves, with what is similar to the first liked item by default."""
    train = recommender.train
    shelves = {
        "Liked": _with_features(train, liked),
        "Recommended": _with_features(train, recommended),
    }
    others = train.num_items - 1
    if similar_to is None and len(liked):
        similar_to = liked["item"].iloc[0]
    if similar_to is not None and others:
        similar = recommender.similar_items([similar_to], min(k, others))
        [name] = ItemNames(train, title_col).of(train.items.known([similar_to]))
        shelves[f"Similar to {name}"] = _with_features(train, similar)
    return shelves


def _liked(train: Interactions, user: Any) -> "pd.DataFrame":
    """Returns the user's items in `train`, best first, with any ratings."""
    import pandas as pd

    [user_id] = train.users.known([user])
    rows = history(train, user_id)
    liked = pd.DataFrame({"item": train.items.ids[train.item_ids[rows]]})
    if train.ratings is not None:
        liked["rating"] = train.ratings[rows]
    return liked


def _with_features(train: Interactions, frame: "pd.DataFrame") -> "pd.DataFrame":
    """Adds those columns of the items' features that the frame lacks."""
    if train.item_features is None:
        return frame
    features = train.item_features.iloc[train.items.known(frame["item"])]
    more = features.columns.difference(frame.columns, sort=False)
    return frame.reset_index(drop=True).join(features[more].reset_index(drop=True))
