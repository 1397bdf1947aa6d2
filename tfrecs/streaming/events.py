"""Events of a stream."""

from collections.abc import Hashable, Iterator
from typing import NamedTuple

import numpy as np

from tfrecs.data.interactions import Interactions


class Event(NamedTuple):
    """An interaction of a user with an item.

    Args:
        user: raw id.
        item: raw id.
        rating: rating, if any.
        weight: weight; None to derive it from the rating.
        time: time in any unit; larger is later.
    """

    user: Hashable
    item: Hashable
    rating: float | None = None
    weight: float | None = None
    time: float = 0.0


def events_of(interactions: Interactions) -> Iterator[Event]:
    """Yields interactions as events, by time if they have times."""
    data = interactions
    users = data.users.ids[data.user_ids].tolist()  # Python's own numbers, not NumPy's
    items = data.items.ids[data.item_ids].tolist()
    rows = np.arange(len(data))
    if data.timestamps is not None:
        rows = np.argsort(data.timestamps, kind="stable")
    for row in rows.tolist():
        yield Event(
            users[row],
            items[row],
            None if data.ratings is None else float(data.ratings[row]),
            None if data.weights is None else float(data.weights[row]),
            0.0 if data.timestamps is None else float(data.timestamps[row]),
        )
