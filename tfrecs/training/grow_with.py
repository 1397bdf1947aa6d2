"""Growing a trained model by the users and items of later interactions."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tfrecs.data.interactions import Interactions
from tfrecs.data.joining import join
from tfrecs.data.vocabulary import Vocabulary, collection
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
        model: trained on `train`; it is left as it is.
        train: what it was trained on.
        more: later interactions, with raw ids of their own, some of them known.
        start: what newcomers' rows start from, as of `Newcomers`.
        similar_users: raw ids of new users, each with the raw ids of known users that
            it is like; who is not in it starts at the mean of all.
        similar_items: the same of items.
        user_features: of the new users, in the order in which `join(train, more)` has
            them, for a model that reads features; see `Newcomers`.
        item_features: the same of items.

    Returns:
        The model, and all interactions over its users and items. Without newcomers the
        model is the one that was given.

    Raises:
        ValueError: if `model` and `train` differ in the number of users or items;
            if `similar_users` or `similar_items` tell of ids that are not new, or of
            others that are not known; and as `grow` and `join` do.
    """
    sizes = (model.num_users, model.num_items)
    if sizes != (train.num_users, train.num_items):
        raise ValueError(
            f"`train` must be what `model` was trained on, of {sizes[0]} users and "
            f"{sizes[1]} items. Received: {train.num_users} users and "
            f"{train.num_items} items"
        )
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
    """The ids of `joined` that come after those of `known`."""
    raw = joined.ids[len(known) :].tolist()
    if similar is None:
        return Newcomers(len(raw), start, None, features)
    strangers = [id_ for id_ in similar if id_ not in set(raw)]
    if strangers:
        raise ValueError(
            f"Similar {known.name} must be told of new ones. Received: "
            f"{strangers[0]!r}, which is not new"
        )
    like = [
        known.known(collection(similar.get(id_, ()), f"similar_{known.name}")).tolist()
        for id_ in raw
    ]
    return Newcomers(len(raw), start, like, features)
