"""The recipe of each row, and the rows of large data."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfrecs.bench.quiet import load_tensorflow
from tfrecs.data.interactions import Interactions

if TYPE_CHECKING:
    from tfrecs.training.recipe import Recipe

HISTORIES = ("history-mean", "gru", "sasrec")
"""Rows of models that read histories."""

BY_SHAPE = ("cosine", *HISTORIES)
"""Rows that have the defaults of `tfrecs.fit`."""

BY_SHAPE_IF_LARGE = ("mf", "hybrid")
"""Rows that have them on large data."""

QUICK = {
    "popularity": 1,
    "item-knn": 3,
    "recent-popularity": 1,
    "markov": 1,
    "history-knn": 3,
    "implicit-als": 3,
    "ease": 3,
    "lightfm": 3,
    "cosine": 16,
    "sasrec": 16,
    "history-mean": 8,
    "slim": 4,
    "lightfm-tuned": 5,
    "mf": 4,
    "hybrid": 4,
}
"""Rows that large data have by default: each takes minutes at most.

They run in this order, the most quality for the time first, and share the time by these
weights.
"""

FEW = 200_000
"""Interactions up to which a pass over them takes seconds, whatever the settings."""

MOST_ITEMS = {"ease": 15_000, "slim": 50_000}
"""Items up to which a row is quick. EASE's time grows with their third power."""

MOST_INTERACTIONS = {"lightfm-tuned": 500_000}
"""Interactions up to which a row is quick. 30 passes of WARP learn them one by one."""


def is_large(train: Interactions) -> bool:
    """Returns whether recipes tuned on MovieLens 100K would take long."""
    load_tensorflow()
    from tfrecs.training.plan import affords_catalogue

    return len(train) > FEW or not affords_catalogue(train)


def is_by_shape(name: str, train: Interactions) -> bool:
    """Returns whether a row trains with the defaults of `tfrecs.fit`."""
    return name in BY_SHAPE or (name in BY_SHAPE_IF_LARGE and is_large(train))


def is_quick(name: str, train: Interactions) -> bool:
    """Returns whether a row takes minutes at most on large data."""
    sizes = (train.num_items, MOST_ITEMS), (len(train), MOST_INTERACTIONS)
    return name in QUICK and all(size <= most.get(name, size) for size, most in sizes)


def share_of_time(name: str) -> float:
    """Returns the weight of a row when rows share the time."""
    return QUICK.get(name, 1)


def in_order(names: Sequence[str]) -> list[str]:
    """Returns the names in the order of `QUICK`, and then the others."""
    order = list(QUICK)
    return sorted(names, key=lambda n: order.index(n) if n in QUICK else len(order))


def recipes(*, exclude_seen: bool = True) -> dict[str, "Recipe"]:
    """Returns the recipe of each row: the tuned one, or a plain one."""
    load_tensorflow()
    from tfrecs.bench.recipe_table import INCLUDING_SEEN, RECIPES
    from tfrecs.models import MODELS
    from tfrecs.training.recipe import Recipe

    tuned = RECIPES if exclude_seen else {**RECIPES, **INCLUDING_SEEN}
    plain = {name: Recipe(name) for name in MODELS if name not in tuned}
    return {**tuned, **plain}
