"""Growing a trained model by the users and items of later interactions."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tfrecs.data.id_arrays import collection
from tfrecs.data.interactions import Interactions
from tfrecs.data.joining import join
from tfrecs.data.sizes import check_same_sizes
from tfrecs.data.vocabulary import Vocabulary
from tfrecs.models.growing import grow
from tfrecs.models.newcomers import Newcomers
from tfrecs.models.two_tower import TwoTower


class Grown(NamedTuple):
    """A model that has grown, and the interactions over its users and items."""

    model: TwoTower
    train: Interactions


def grow_with(
    model: TwoTower,
    train: Interactions,
    more: Interactions,
    *,
    start: str = "mean",
    similar_users: Mapping[Any, Sequence[Any]] | None = None,
    similar_items: Mapping[Any, Sequence[Any]] | None = None,
    user_features: Any = None,
    item_features: Any = None,
) -> Grown:
    """Grows a model by the users and items of later interactions, by raw ids.

    Args:
        model: trained on `train`; it does not change.
        train: the data that it was trained on.
        more: later interactions, with known and new raw ids.
        start: start of the newcomers' rows, as of `Newcomers`.
        similar_users: raw ids of new users, each with the raw ids of similar known
            users; missing users start at the mean of all.
        similar_items: the same for items.
        user_features: features of the new users, in the order of `join(train, more)`,
            for a model that reads features; see `Newcomers`.
        item_features: the same for items.

    Returns:
        The model, and all interactions over its users and items. Without newcomers it
        is `model` itself.

    Raises:
        ValueError: if `model` and `train` differ in the number of users or items;
            if `similar_users` or `similar_items` have keys that are not new, or similar
            ids that are unknown; and as `grow` and `join`.
    """
    check_same_sizes(model, train)
    joined = join(train, more)
    users = _newcomers(train.users, joined.users, start, similar_users, user_features)
    items = _newcomers(train.items, joined.items, start, similar_items, item_features)
    if not users.count + items.count:
        return Grown(model, joined)
    return Grown(grow(model, users=users, items=items), joined)


def _newcomers(
    known: Vocabulary,
    joined: Vocabulary,
    start: str,
    similar: Mapping[Any, Sequence[Any]] | None,
    features: Any,
) -> Newcomers:
    """Returns the newcomers: the ids of `joined` after the ids of `known`."""
    raw = joined.ids[len(known) :].tolist()
    if similar is None:
        return Newcomers(len(raw), start, None, features)
    strangers = [id_ for id_ in similar if id_ not in set(raw)]
    if strangers:
        raise ValueError(
            f"`similar_{known.name}` must have new {known.name} as keys. Received: "
            f"{strangers[0]!r}, which is not new"
        )
    like = [
        known.known(collection(similar.get(id_, ()), f"similar_{known.name}")).tolist()
        for id_ in raw
    ]
    return Newcomers(len(raw), start, like, features)
