"""Cells of a frame's columns, as text, numbers and vectors."""

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.types import AnyArray

if TYPE_CHECKING:
    import pandas as pd

LISTS = (list, tuple, set, frozenset, np.ndarray)
SEPARATORS = ("|", ";", ",")
"""Separators that are found: the first of them that any cell has."""


def column_of(frame: "pd.DataFrame", column: str) -> "pd.Series[Any]":
    """Returns a column by its name; ValueError if there is not exactly one."""
    if list(frame.columns).count(column) != 1:
        raise ValueError(
            f"The features must have a column {column!r}, once. Received: columns "
            f"{', '.join(map(str, frame.columns))}"
        )
    return frame[column]


def texts_of(frame: "pd.DataFrame", column: str) -> list[str | None]:
    """Returns the text of each cell, None if missing: `[rows]`."""
    cells = column_of(frame, column)
    texts = [_text(cell) for cell in cells]
    for label, cell in zip(cells.index, cells, strict=True):
        if isinstance(cell, Iterable) and not isinstance(cell, str):
            raise ValueError(
                f"Column {column!r} must hold one value in a cell. Received: "
                f"{cell!r:.60} in row {label!r:.60}. Name the column in `multi_hot` "
                "or `vectors`."
            )
    return texts


def labels_of(
    frame: "pd.DataFrame", column: str, separator: str | None
) -> tuple[AnyArray, list[str]]:
    """Returns the row and the text of each category, once for each row.

    Args:
        frame: the frame.
        column: a column whose cells are lists, or text with a separator.
        separator: the separator; None if a cell is one category.
    """
    if separator is None:
        listed = [[] if text is None else [text] for text in texts_of(frame, column)]
    else:
        cells = column_of(frame, column)
        listed = [
            _labels(cell, separator, column, label)
            for label, cell in zip(cells.index, cells, strict=True)
        ]
    rows = np.repeat(np.arange(len(listed)), [len(labels) for labels in listed])
    return rows, [label for labels in listed for label in labels]


def separator_in(frame: "pd.DataFrame", column: str) -> str:
    """Returns the separator that a column's text has, "|" if none."""
    cells = [
        cell
        for cell in column_of(frame, column)
        if isinstance(cell, str) and not _is_text_of_list(cell)
    ]
    found = (mark for mark in SEPARATORS if any(mark in cell for cell in cells))
    return next(found, SEPARATORS[0])


def numbers_of(frame: "pd.DataFrame", column: str) -> AnyArray:
    """Returns a column as `[rows]` float64, NaN if missing; infinity is refused."""
    import pandas as pd

    cells = column_of(frame, column)
    if cells.dtype.kind in "mMc":
        raise ValueError(
            f"Column {column!r} must hold numbers. Received: {cells.dtype}. Convert "
            "it, such as dates to years."
        )
    numbers = pd.to_numeric(cells, errors="coerce")
    found = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    for row in np.flatnonzero(~np.isfinite(found)).tolist():
        if _text(cells.iloc[row]) is not None:
            raise ValueError(
                f"Column {column!r} must hold finite numbers. Received: "
                f"{cells.iloc[row]!r:.60} in row {cells.index[row]!r:.60}. Correct it, "
                "or leave the cell empty."
            )
    return found


def vectors_in(
    frame: "pd.DataFrame", column: str, dim: int | None = None
) -> tuple[AnyArray, AnyArray]:
    """Returns the rows that hold a vector, and the vectors `[rows, dim]` float32.

    Args:
        frame: the frame.
        column: a column whose cells are lists of finite numbers of the same length.
        dim: that length; None for the first one's.
    """
    rows, vectors = [], []
    cells = column_of(frame, column)
    for row, (label, cell) in enumerate(zip(cells.index, cells, strict=True)):
        listed = _list_in(cell)
        if listed is None and _text(cell) is None:
            continue
        vector = _as_vector(listed)
        if vector is None or dim not in (None, len(vector)):
            size = "numbers" if dim is None else f"{dim} numbers"
            raise ValueError(
                f"Column {column!r} must hold a list of {size} in a cell, all finite. "
                f"Received: {cell!s:.60} in row {label!r:.60}"
            )
        dim = len(vector)
        rows.append(row)
        vectors.append(vector)
    shape = (len(vectors), dim or 0)
    return np.array(rows, dtype=np.int64), np.reshape(vectors, shape)


def _as_vector(listed: list[Any] | None) -> AnyArray | None:
    """Returns finite numbers as float32; None if it is not a list of these."""
    try:
        with np.errstate(over="ignore"):  # becomes inf
            vector = np.asarray(listed, dtype=np.float32)
    except (TypeError, ValueError):
        return None
    return vector if vector.ndim == 1 and np.isfinite(vector).all() else None


def _text(cell: Any) -> str | None:
    """Returns a value as text, None if missing.

    Whole numbers are written without a fraction: a column of them becomes floats as
    soon as a value is missing. Spaces around text do not count.
    """
    if isinstance(cell, str):
        return cell.strip() or None
    if isinstance(cell, float | np.floating):
        if np.isnan(cell):
            return None
        return str(int(cell)) if float(cell).is_integer() else str(cell)
    # pandas.NA and NaT are equal to nothing, not even to themselves.
    return None if cell is None or str(cell) in ("<NA>", "NaT") else str(cell)


def _labels(cell: Any, separator: str, column: str, row: Any) -> list[str]:
    """Returns the distinct categories of a cell that may hold several."""
    listed = _list_in(cell)
    if listed is None:
        listed = cell.split(separator) if isinstance(cell, str) else [cell]
    if any(isinstance(x, Iterable) and not isinstance(x, str) for x in listed):
        raise ValueError(
            f"Column {column!r} must hold lists of categories, or text such as "
            f"a{separator}b. Received: {cell!s:.60} in row {row!r:.60}"
        )
    labels = (_text(part) for part in listed)
    return list(dict.fromkeys(label for label in labels if label is not None))


def _list_in(cell: Any) -> list[Any] | None:
    """Returns a list's values, also of a list that was written as text."""
    if isinstance(cell, LISTS):
        return list(cell)
    if isinstance(cell, str) and _is_text_of_list(cell):
        try:
            return list(ast.literal_eval(cell.strip()))
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return [[cell]]  # neither a category nor a number
    return None


def _is_text_of_list(text: str) -> bool:
    return text.strip()[:1] == "[" and text.strip()[-1:] == "]"
