"""A few users, their history and their recommendations, as text."""

import numpy as np

from tfrecs._base.types import FloatArray, IntArray
from tfrecs.callbacks.board.markdown import literal, table
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.segments import activity
from tfrecs.reporting.items import ItemNames, history, id_texts

MOST_PAST = 20
"""Items of a user's history in the text."""


def draw_examples(
    train: Interactions, held: Interactions | None, rng: np.random.Generator
) -> IntArray:
    """Draws a light, a medium and a heavy user, with held-out items if there are any.

    There are fewer users if one of these groups is empty.
    """
    kinds = activity(train)
    is_eligible = np.full(train.num_users, held is None)
    if held is not None:
        is_eligible[held.user_ids] = True
    drawn = [
        rng.choice(users)
        for kind in ("light", "medium", "heavy")
        if len(users := np.flatnonzero((kinds == kind) & is_eligible))
    ]
    return np.array(drawn, np.int32)


class Examples:
    """Writes the recommendations of some users beside their histories.

    Recommended items in `held` are hits. `users` are indices `[users]`.
    """

    def __init__(
        self,
        train: Interactions,
        held: Interactions | None,
        users: IntArray,
        names: ItemNames,
    ) -> None:
        self.users = users
        self._names = names
        kinds = activity(train)
        self._tags = [
            f"recommendations/{number}, a {kinds[user]} user"
            for number, user in enumerate(users, start=1)
        ]
        self._pasts = [self._past(train, user) for user in users]
        self._held: list[set[int]] = [
            set() if held is None else set(held.item_ids[history(held, user)].tolist())
            for user in users
        ]

    def texts(self, items: IntArray, scores: FloatArray) -> dict[str, str]:
        """Returns recommendations `[users, k]` in markdown, by tag; -1 is no item."""
        rows = zip(self._tags, self._pasts, self._held, items, scores, strict=True)
        return {
            tag: f"{self._recommended(held, list_, of_list)}\n\n{past}"
            for tag, past, held, list_, of_list in rows
        }

    def _recommended(self, held: set[int], items: IntArray, scores: FloatArray) -> str:
        """Returns the list, with marked hits."""
        items, scores = items[items >= 0], scores[items >= 0]
        is_hit = [item in held for item in items.tolist()]
        rows = [
            (str(rank), literal(name), literal(f"{score:.3f}"), "hit" if hit else "")
            for rank, (name, score, hit) in enumerate(
                zip(self._names.of(items), scores, is_hit, strict=True), start=1
            )
        ]
        hits = f"{sum(is_hit)} of {len(held)} held-out items are among {len(rows)}."
        return (
            f"**Recommended now.** {hits if held else ''}\n\n"
            f"{table(['', 'item', 'score', 'held out'], rows)}"
        )

    def _past(self, train: Interactions, user: int) -> str:
        """Returns the user's training items, the best first."""
        rows = history(train, user)
        best = rows[:MOST_PAST]
        columns = {"item": list(map(literal, self._names.of(train.item_ids[best])))}
        if train.ratings is not None:
            columns["rating"] = [f"{rating:g}" for rating in train.ratings[best]]
        [name] = map(literal, id_texts(train.users.ids[[user]]))
        return (
            f"**User {name} had {len(rows)} items in training**, of which "
            f"{len(best)}:\n\n"
            f"{table([*columns], zip(*columns.values(), strict=True))}"
        )
