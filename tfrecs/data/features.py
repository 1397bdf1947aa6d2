"""Metadata of users and items as numbers for a tower."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    import pandas as pd


def encode_features(
    frame: "pd.DataFrame",
    *,
    categorical: Iterable[str] = (),
    multi_hot: Iterable[str] = (),
    numeric: Iterable[str] = (),
) -> tuple[sp.csr_array, list[str]]:
    """Encodes columns of metadata, such as `Interactions.item_features`.

    A missing value is encoded as zeros.

    Args:
        frame: a row for each user or item.
        categorical: columns that hold one category: a feature for each category.
        multi_hot: columns that hold categories joined by "|": a feature for each.
        numeric: columns that hold a number: one feature, with mean 0 and standard
            deviation 1 over the rows.

    Returns:
        `[rows, num_features]` float32, and the features' names, such as "genres=Drama".

    Raises:
        ValueError: if no column is named, one is missing, or all are empty.

    Example:
        >>> import pandas as pd
        >>> films = pd.DataFrame({"genres": ["Drama|War", "Drama"]})
        >>> matrix, names = encode_features(films, multi_hot=["genres"])
        >>> names, matrix.toarray().tolist()
        (['genres=Drama', 'genres=War'], [[1.0, 1.0], [1.0, 0.0]])
    """
    blocks: list[sp.sparray] = []
    names: list[str] = []
    for column in (*categorical, *multi_hot, *numeric):
        if column not in frame.columns:
            raise ValueError(
                f"The features must have a column {column!r}. Received: columns "
                f"{', '.join(map(str, frame.columns))}"
            )
    for column in categorical:
        values = frame[column].astype("string")
        names += _one_hot(values.map(lambda value: [value], "ignore"), column, blocks)
    for column in multi_hot:
        names += _one_hot(frame[column].astype("string").str.split("|"), column, blocks)
    for column in numeric:
        numbers = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
        given = np.ma.masked_array(numbers, np.isnan(numbers))
        scaled = (given - given.mean()) / (given.std() or 1.0)
        blocks.append(sp.csr_array(scaled.filled(0.0)[:, None]))
        names.append(column)
    if not names:
        raise ValueError(
            "`encode_features` needs at least one column with values. Name some in "
            "`categorical`, `multi_hot` or `numeric`."
        )
    return sp.csr_array(sp.hstack(blocks), dtype=np.float32), names


def _one_hot(
    lists: "pd.Series[list[str]]", column: str, blocks: list[sp.sparray]
) -> list[str]:
    """Appends a column of zeros and ones for each category; returns their names."""
    flat = lists.reset_index(drop=True).explode().dropna()
    codes, categories = flat.factorize(sort=True)
    ones = np.ones(len(codes), dtype=np.float32)
    shape = (len(lists), len(categories))
    block = sp.coo_array((ones, (flat.index.to_numpy(), codes)), shape=shape).tocsr()
    block.data[:] = 1  # a repeated category of a row counts once
    blocks.append(block)
    return [f"{column}={category}" for category in categories]
