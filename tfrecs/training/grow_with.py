"""Growing a trained model by the users and items of later interactions."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tfrecs.data.features import FeatureEncoder
from tfrecs.data.id_arrays import collection
from tfrecs.data.interactions import Interactions
from tfrecs.data.joining import join
from tfrecs.data.metadata import aligned_features
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
    user_encoder: FeatureEncoder | None = None,
    item_encoder: FeatureEncoder | None = None,
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
        user_features: features of the new users, for a model that reads features:
            numbers, in the order of `join(train, more)`, see `Newcomers`; or with an
            encoder a table of raw columns by raw id.
        item_features: the same for items.
        user_encoder: the fitted encoder of the model's features. Without
            `user_features` it encodes the features that `more` has.
        item_encoder: the same for items.

    Returns:
        The model, and all interactions over its users and items. Without newcomers it
        is `model` itself.

    Raises:
        ValueError: if `model` and `train` differ in the number of users or items;
            if there is an encoder, and no features for it to encode;
            if `similar_users` or `similar_items` have keys that are not new, or similar
            ids that are unknown; and as `grow` and `join`.
    """
    check_same_sizes(model, train)
    joined = join(train, more)
    if user_encoder is not None:
        user_features = _encoded("user", train, joined, user_features, user_encoder)
    if item_encoder is not None:
        item_features = _encoded("item", train, joined, item_features, item_encoder)
    users = _newcomers(train.users, joined.users, start, similar_users, user_features)
    items = _newcomers(train.items, joined.items, start, similar_items, item_features)
    if not users.count + items.count:
        return Grown(model, joined)
    return Grown(grow(model, users=users, items=items), joined)


def _encoded(
    side: str, train: Interactions, joined: Interactions, table: Any, encoder: Any
) -> Any:
    """Returns the newcomers' encoded features, of a table or the joined data."""
    known, ids = (getattr(part, f"{side}s") for part in (train, joined))
    if len(ids) == len(known):
        return None
    name, frame = f"{side}_features", getattr(joined, f"{side}_features")
    if table is not None:
        new = Vocabulary(ids.ids[len(known) :], ids.name)
        frame = aligned_features(table, new, side, name)
    elif frame is not None:
        frame = frame.iloc[len(known) :]
    else:
        raise ValueError(
            f"`{side}_encoder` needs features of the {len(ids) - len(known)} new "
            f"{side}s. Received: none. Pass `{name}`, or make `more` with {name}."
        )
    return encoder.transform(frame)


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
            f"{strangers[0]!r:.60}, which is not new"
        )
    like = [
        known.known(collection(similar.get(id_, ()), f"similar_{known.name}")).tolist()
        for id_ in raw
    ]
    return Newcomers(len(raw), start, like, features)
