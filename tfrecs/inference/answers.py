"""Answers as tables: what was asked about, what was found, scores and ranks."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import scipy.sparse as sp

from tfrecs._base.checks import check_positive
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.ranking.top_k import best_of_rows

if TYPE_CHECKING:
    import pandas as pd

Found: TypeAlias = tuple[IntArray, FloatArray]
"""Places and scores `[rows, k]`, best first; what is not to be shown has -inf."""


def best(
    score_rows: Callable[[slice], FloatArray],
    shape: tuple[int, int],
    k: int,
    *,
    seen: Callable[[slice], Any] | None = None,
) -> Found:
    """Gives what `best_of_rows` does, and nothing for no rows.

    Raises:
        ValueError: if k is below 1 or above the number of columns.
    """
    check_positive(k=k)
    if k > shape[1]:
        raise ValueError(
            f"`k` must be at most {shape[1]}, the number there is to choose from. "
            f"Received: k={k}. Lower k."
        )
    if shape[0] == 0:
        return np.empty((0, k), np.int32), np.empty((0, k), np.float32)
    return best_of_rows(score_rows, shape, k, seen=seen)


def table(
    asked: tuple[str, AnyArray] | None, named: tuple[str, AnyArray], found: Found
) -> tuple["pd.DataFrame", AnyArray]:
    """Makes a row of each place found, but of those whose score is -inf.

    Args:
        asked: a column's name, and what was asked about `[rows]`; None for one thing
            that has no name.
        named: a column's name, and the raw ids of the places.
        found: places and scores.

    Returns:
        The table, and for each of its rows which of `asked` it is about.
    """
    import pandas as pd

    places, scores = found
    shown = ~np.isneginf(scores)
    rows, ranks = np.nonzero(shown)
    columns: dict[str, AnyArray] = {} if asked is None else {asked[0]: asked[1][rows]}
    columns[named[0]] = named[1][places[shown]]
    return pd.DataFrame({**columns, "score": scores[shown], "rank": ranks + 1}), rows


def seen_by(train: Interactions, user_ids: IntArray) -> Callable[[slice], Any]:
    """Gives the items of some users as sparse rows; of id -1, none."""
    matrix = train.matrix
    if (user_ids < 0).any():  # the last row, which -1 stands for, is then empty
        matrix = sp.vstack([matrix, sp.csr_array((1, matrix.shape[1]))], format="csr")
    return lambda rows: matrix[user_ids[rows] % matrix.shape[0]]


def row_names(features: Any, size: int) -> AnyArray:
    """The names of rows of features: the index of a DataFrame, or numbers."""
    index = getattr(features, "index", None)
    return np.arange(size) if index is None else np.asarray(index)


def some(output: Mapping[str, AnyArray], rows: slice) -> dict[str, AnyArray]:
    """Returns some rows of a tower output."""
    return {name: part[rows] for name, part in output.items()}
