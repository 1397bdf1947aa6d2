"""Features: one number for each category, and columns of numbers on one scale."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tfrecs.data.features import encode_features

FILMS = pd.DataFrame(
    {
        "genres": ["War|Drama", "Drama", None, "Comedy|Comedy"],
        "country": ["us", None, "fr", "us"],
        "year": [1990.0, 2000.0, np.nan, 1995.0],
        "length": [90, 110, 100, 100],
    },
    index=[7, 7, 3, 1],
)


def encoded(frame=FILMS, **columns) -> tuple[list, list[str]]:
    matrix, names = encode_features(frame, **columns)
    assert matrix.dtype == np.float32
    assert isinstance(matrix, sparse.csr_array)
    assert matrix.shape == (len(frame), len(names))
    return matrix.toarray().tolist(), names


@pytest.mark.parametrize(
    ("columns", "rows", "names"),
    [
        (
            {"categorical": ["country"]},
            [[0, 1], [0, 0], [1, 0], [0, 1]],
            ["country=fr", "country=us"],
        ),
        (
            {"multi_hot": ["genres"]},
            [[0, 1, 1], [0, 1, 0], [0, 0, 0], [1, 0, 0]],
            ["genres=Comedy", "genres=Drama", "genres=War"],
        ),
        (
            {"categorical": ["genres"]},
            [[0, 0, 1], [0, 1, 0], [0, 0, 0], [1, 0, 0]],
            ["genres=Comedy|Comedy", "genres=Drama", "genres=War|Drama"],
        ),
        (
            {"categorical": ["length"]},
            [[0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 0, 0]],
            ["length=100", "length=110", "length=90"],
        ),
    ],
)
def test_each_category_is_a_feature(columns, rows, names):
    assert encoded(**columns) == (rows, names)


def test_a_number_has_mean_zero_and_deviation_one_and_zero_where_it_is_missing():
    # 1990, 2000, 1995 have the mean 1995 and the variance (25 + 25 + 0) / 3.
    deviation = (50 / 3) ** 0.5
    rows, names = encoded(numeric=["year"])
    assert np.ravel(rows) == pytest.approx([-5 / deviation, 5 / deviation, 0, 0])
    assert names == ["year"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([5.0, 5.0], [[0], [0]]),
        ([np.nan, np.nan], [[0], [0]]),
        ([np.nan, 4.0], [[0], [0]]),
        (pd.Series([1, 3, None], dtype="Int64"), [[-1], [1], [0]]),
    ],
)
def test_numbers_that_do_not_vary_or_are_nullable(column, expected):
    frame = pd.DataFrame({"x": column})
    assert encoded(frame, numeric=["x"]) == (expected, ["x"])


def test_kinds_stand_in_order_each_with_its_columns_in_order():
    rows, names = encoded(
        numeric=["length"], multi_hot=["genres"], categorical=["country"]
    )
    genres = ["genres=Comedy", "genres=Drama", "genres=War"]
    assert names == ["country=fr", "country=us", *genres, "length"]
    assert rows[0] == pytest.approx([0, 1, 0, 1, 1, -(2**0.5)])


def test_a_column_of_categories_without_values_gives_no_features():
    frame = pd.DataFrame({"empty": [None, None], "x": [1, 3]})
    assert encoded(frame, categorical=["empty"], numeric=["x"]) == ([[-1], [1]], ["x"])


@pytest.mark.parametrize("kind", ["categorical", "multi_hot", "numeric"])
def test_a_column_that_the_frame_lacks_is_named_with_those_it_has(kind):
    expected = "a column 'mood'. Received: columns genres, country, year, length"
    with pytest.raises(ValueError, match=expected):
        encode_features(FILMS, **{kind: ["mood"]})


@pytest.mark.parametrize("columns", [{}, {"categorical": ["empty"]}])
def test_no_features_are_refused(columns):
    expected = "needs at least one column with values. Name some in `categorical`"
    with pytest.raises(ValueError, match=expected):
        encode_features(pd.DataFrame({"empty": [None]}), **columns)
