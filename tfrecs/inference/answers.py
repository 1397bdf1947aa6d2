"""Result tables with raw ids, scores and ranks."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tfrecs._base.types import AnyArray, IntArray, Scores

if TYPE_CHECKING:
    import pandas as pd

Column: TypeAlias = tuple[str, AnyArray]
"""A column's name and raw ids."""


def answer_table(
    queries: Column, choices: Column, found: tuple[IntArray, Scores]
) -> tuple["pd.DataFrame", AnyArray]:
    """Builds a table with one row per result and drops scores of -inf.

    `found` are indices into `choices` and scores, both `[rows, k]`, best first.
    Returns the table, and for each of its rows the index of its query.
    """
    import pandas as pd

    indices, scores = found
    kept = ~np.isneginf(scores)
    rows, ranks = np.nonzero(kept)
    columns = {queries[0]: queries[1][rows], choices[0]: choices[1][indices[kept]]}
    return pd.DataFrame({**columns, "score": scores[kept], "rank": ranks + 1}), rows


def table_of_pairs(
    users: AnyArray, items: AnyArray, score: Callable[[AnyArray, AnyArray], Scores]
) -> "pd.DataFrame":
    """Builds a table of pairs, in their order: `user`, `item`, `score`.

    Raises:
        ValueError: if the lengths of `users` and `items` differ.
    """
    import pandas as pd

    if len(users) != len(items):
        raise ValueError(
            "`users` and `items` must have the same length, one of each for a "
            f"pair. Received: {len(users)} and {len(items)}"
        )
    columns = {"user": users, "item": items, "score": score(users, items)}
    return pd.DataFrame(columns)
