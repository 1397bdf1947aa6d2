"""Held-out interactions and impressions as labels of first-stage candidates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.types import AnyArray, IntArray
from tfrecs.data.columns import pair_keys
from tfrecs.data.frames import as_frame
from tfrecs.data.interactions import Interactions
from tfrecs.data.roles import usual_column
from tfrecs.inference.second_stage.features import check_columns

if TYPE_CHECKING:
    import pandas as pd

CLICKED = "clicked"
"""The column of labels of impressions."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Labelled pairs that are new to the first stage; arrays `[pairs]`.

    Args:
        user_ids: indices of users.
        item_ids: indices of items.
        labels: float32, 1 for a positive, else 0.
        impressions: whether candidates without a pair have no label; else it is 0.
        context: the context columns, a row for each pair; None without any.
    """

    user_ids: IntArray
    item_ids: IntArray
    labels: AnyArray
    impressions: bool
    context: "pd.DataFrame | None" = None

    def labelled(
        self, user_ids: IntArray, item_ids: IntArray, num_items: int
    ) -> tuple[AnyArray, AnyArray, AnyArray]:
        """Returns which candidates are examples, their impressions, and their labels.

        Args:
            user_ids: `[candidates]`, with `item_ids` distinct pairs.
            item_ids: `[candidates]`.
            num_items: the catalogue's size.

        Returns:
            Three arrays `[examples]`: places among the candidates; of impressions,
            places among them; and float32 labels.
        """
        import pandas as pd

        candidates = pair_keys(user_ids, item_ids, num_items)
        pairs = pair_keys(self.user_ids, self.item_ids, num_items)
        if not self.impressions:
            every = np.arange(len(candidates))
            return every, every, np.isin(candidates, pairs).astype(np.float32)
        places = pd.Index(candidates).get_indexer(pd.Index(pairs))
        found = np.flatnonzero(places >= 0)
        return places[found], found, self.labels[found]


def held_out_pairs(
    held_out: Any, train: Interactions, context: Sequence[str]
) -> HeldOut:
    """Returns the pairs of interactions or impressions; see `Reranked.examples`.

    Raises:
        TypeError: if `held_out` is of another kind.
        ValueError: if a pair is in `train`, a column is missing, an id is unknown, or a
            label is neither 0 nor 1.
    """
    if isinstance(held_out, Interactions):
        found = _of_interactions(held_out, train, context)
        given = held_out.user_ids, held_out.item_ids
    else:
        found = _of_impressions(as_frame(held_out, "held_out"), train, context)
        given = found.user_ids, found.item_ids
    seen = pair_keys(train.user_ids, train.item_ids, train.num_items)
    leaking = np.isin(pair_keys(*given, train.num_items), seen)
    if leaking.any():
        raise ValueError(
            "`held_out` must have no pair of the recommender's `train`: the first "
            "stage has learned their labels, and its scores would leak them. "
            f"Received: {np.count_nonzero(leaking)} of {len(leaking)} pairs. Train the "
            "recommender without them, such as on the first part of "
            "tfrecs.data.splits.random_split(data, seed=0)."
        )
    return found


def _of_interactions(
    held_out: Interactions, train: Interactions, context: Sequence[str]
) -> HeldOut:
    if context:
        raise ValueError(
            f"`context` needs impressions, a table with the columns "
            f"{', '.join(context)}. Received: {held_out!r}"
        )
    train.users.check_same(held_out.users)
    train.items.check_same(held_out.items)
    user_ids, item_ids = held_out.matrix.nonzero()
    ones = np.ones(len(user_ids), dtype=np.float32)
    return HeldOut(user_ids, item_ids, ones, impressions=False)


def _of_impressions(
    frame: "pd.DataFrame", train: Interactions, context: Sequence[str]
) -> HeldOut:
    free = [name for name in frame.columns if name not in context]
    user, item = (usual_column(free, side) for side in ("user", "item"))
    if user is None or item is None:
        raise ValueError(
            "`held_out` must have columns of user and item ids with usual names, such "
            f"as user and item. Received: {', '.join(map(str, frame.columns[:20]))}"
        )
    check_columns(frame, [CLICKED, *context], "held_out")
    labels = frame[CLICKED]
    wrong = ~labels.isin([0, 1])
    if wrong.any():
        raise ValueError(
            f"`held_out` must have 0 or 1 in the column {CLICKED}. Received: "
            f"{labels[wrong].tolist()[0]!r:.60}, and {int(wrong.sum())} others than "
            "0 and 1"
        )
    return HeldOut(
        train.users.known(frame[user]),
        train.items.known(frame[item]),
        labels.to_numpy(np.float32),
        impressions=True,
        context=frame[list(context)] if context else None,
    )
