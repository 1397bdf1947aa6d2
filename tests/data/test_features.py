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


def test_each_category_is_a_feature():
    assert encoded(categorical=["country"]) == (
        [[0, 1], [0, 0], [1, 0], [0, 1]],
        ["country=fr", "country=us"],
    )


def test_each_of_several_joined_categories_is_a_feature_and_counts_once():
    assert encoded(multi_hot=["genres"]) == (
        [[0, 1, 1], [0, 1, 0], [0, 0, 0], [1, 0, 0]],
        ["genres=Comedy", "genres=Drama", "genres=War"],
    )


def test_a_category_is_not_cut_into_parts():
    assert encoded(categorical=["genres"])[1] == [
        "genres=Comedy|Comedy",
        "genres=Drama",
        "genres=War|Drama",
    ]


def test_categories_may_be_numbers():
    assert encoded(categorical=["length"]) == (
        [[0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 0, 0]],
        ["length=100", "length=110", "length=90"],
    )


def test_a_number_has_mean_zero_and_deviation_one_and_zero_where_it_is_missing():
    # 1990, 2000, 1995 have the mean 1995 and the variance (25 + 25 + 0) / 3.
    deviation = (50 / 3) ** 0.5
    rows, names = encoded(numeric=["year"])
    assert np.ravel(rows) == pytest.approx([-5 / deviation, 5 / deviation, 0, 0])
    assert names == ["year"]


def test_several_numbers_stand_side_by_side():
    rows, names = encoded(numeric=["length", "year"])
    assert names == ["length", "year"]
    assert np.mean(rows, axis=0) == pytest.approx([0, 0], abs=1e-6)
    assert np.sign(rows).tolist() == [[-1, -1], [1, 1], [0, 0], [0, 0]]


@pytest.mark.parametrize("column", [[5.0, 5.0], [np.nan, np.nan], [np.nan, 4.0]])
def test_a_number_that_does_not_vary_gives_zeros(column):
    frame = pd.DataFrame({"x": column})
    assert encoded(frame, numeric=["x"]) == ([[0], [0]], ["x"])


def test_numbers_that_pandas_holds_as_nullable_are_taken():
    frame = pd.DataFrame({"x": pd.Series([1, 3, None], dtype="Int64")})
    assert encoded(frame, numeric=["x"])[0] == [[-1], [1], [0]]


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
    expected = (
        "must have a column 'mood'. Received: columns genres, country, year, length"
    )
    with pytest.raises(ValueError, match=expected):
        encode_features(FILMS, **{kind: ["mood"]})


def test_no_features_are_refused():
    with pytest.raises(ValueError, match="needs at least one column with values"):
        encode_features(FILMS)
    with pytest.raises(ValueError, match="Name some in `categorical`, `multi_hot`"):
        encode_features(pd.DataFrame({"empty": [None]}), categorical=["empty"])
