"""A few users, what they had, and what they are recommended, as text."""

import numpy as np

from tfrecs._base.types import FloatArray, IntArray
from tfrecs.callbacks.board.markdown import literal, table
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.segments import activity
from tfrecs.reporting.items import ItemNames, history, id_texts

MOST_PAST = 20
"""Items that a user had which are shown."""


def draw_examples(
    train: Interactions, held: Interactions | None, rng: np.random.Generator
) -> IntArray:
    """Draws a light, a medium and a heavy user, of those with held-out items if any.

    There are fewer where one of these kinds has nobody.
    """
    kinds = activity(train)
    has_more = np.full(train.num_users, held is None)
    if held is not None:
        has_more[held.user_ids] = True
    drawn = [
        rng.choice(users)
        for kind in ("light", "medium", "heavy")
        if len(users := np.flatnonzero((kinds == kind) & has_more))
    ]
    return np.array(drawn, np.int32)


class Examples:
    """What is shown of some users.

    Args:
        train: what the model learns from.
        held: interactions that a recommendation may hit; None for none.
        users: `[users]`, indices.
        names: how items are called.
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
        self._held = [_items_of(held, user) for user in users]
        self._tags = [
            f"recommendations/{number}, a {kinds[user]} user"
            for number, user in enumerate(users, start=1)
        ]
        self._pasts = [self._past(train, user) for user in users]

    def told(self, items: IntArray, scores: FloatArray) -> dict[str, str]:
        """Gives each user's recommendations `[users, k]` in markdown, by tag."""
        parts = zip(self._tags, self._pasts, self._held, items, scores, strict=True)
        return {
            tag: f"{self._given(held, list_, of_list)}\n\n{past}"
            for tag, past, held, list_, of_list in parts
        }

    def _given(self, held: set[int], items: IntArray, scores: FloatArray) -> str:
        """The list, with the hits marked."""
        given = items >= 0
        items, scores = items[given], scores[given]
        is_hit = [item in held for item in items.tolist()]
        rows = [
            (str(rank), literal(name), literal(f"{score:.3f}"), "hit" if hit else "")
            for rank, (name, score, hit) in enumerate(
                zip(self._names.of(items), scores, is_hit, strict=True), start=1
            )
        ]
        summed = f"{sum(is_hit)} of {len(held)} held-out items are among {len(rows)}."
        return (
            f"**Recommended now.** {summed if held else ''}\n\n"
            f"{table(['', 'item', 'score', 'held out'], rows)}"
        )

    def _past(self, train: Interactions, user: int) -> str:
        """Returns the user's training items in markdown, the best first."""
        rows = history(train, user)
        best = rows[:MOST_PAST]
        shown = [[literal(name)] for name in self._names.of(train.item_ids[best])]
        if train.ratings is not None:
            rated = [f"{rating:g}" for rating in train.ratings[best]]
            shown = [[*row, of_row] for row, of_row in zip(shown, rated, strict=True)]
        header = ["item", *(["rating"] if train.ratings is not None else [])]
        [name] = map(literal, id_texts(train.users.ids[[user]]))
        return (
            f"**User {name} had {len(rows)} items in training**, of which "
            f"{len(shown)}:\n\n{table(header, shown)}"
        )


def _items_of(data: Interactions | None, user: int) -> set[int]:
    if data is None:
        return set()
    return set(data.item_ids[data.user_ids == user].tolist())
