"""Result tables with raw ids, scores and ranks."""

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
