"""The fitted feature encoder: golden values, bad input, and the stored form."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tfrecs import FeatureEncoder

FILMS = pd.DataFrame(
    {
        "genres": ["War|Drama", "Drama", None, "Comedy|Comedy"],
        "country": ["us", None, "fr", "us"],
        "year": [1990.0, 2000.0, np.nan, 1995.0],
        "length": [90, 110, 100, 100],
        "plot": ["A war, a WAR", "", "a dog", None],
        "picture": [[1.0, 2.0], None, np.array([0, 3]), (4, 5)],
    },
    index=[7, 7, 3, 1],
)
EVERY = {
    "categorical": ["country"],
    "multi_hot": ["genres"],
    "numeric": ["year", "length"],
    "text": ["plot"],
    "vectors": ["picture"],
}


def encoded(frame=FILMS, **columns) -> tuple[list, list[str]]:
    encoder = FeatureEncoder(**columns)
    matrix = encoder.fit_transform(frame)
    assert matrix.dtype == np.float32
    assert isinstance(matrix, sparse.csr_array)
    assert matrix.shape == (len(frame), len(encoder.names))
    assert (encoder.transform(frame) != matrix).nnz == 0
    return matrix.toarray().tolist(), encoder.names


def one(kind, cells, later=None, **settings) -> list:
    """The features of a column of these cells, or of later cells."""
    encoder = FeatureEncoder(**{kind: ["x"]}, **settings)
    encoder.fit(pd.DataFrame({"x": cells}))
    frame = pd.DataFrame({"x": cells if later is None else later})
    return encoder.transform(frame).toarray().tolist()


# Categories


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


LISTS = [[1, 1], [0, 1], [0, 0], [1, 0]]


@pytest.mark.parametrize(
    "cells",
    [
        ["a|b", "b", None, "a"],
        ["a, b", "b", "", "a"],
        ["a;b", " b ", " ", "a;;a"],
        [["a", "b"], ["b"], [], ["a", "a"]],
        [("b", "a"), {"b"}, (), np.array(["a"])],
        [["a", " b"], "b", float("nan"), ["a", None]],
        ["['a', 'b']", '["b"]', "[]", "['a']"],
        ["a|b", ["b"], pd.NA, "a"],
    ],
)
def test_lists_are_found_however_they_are_written(cells):
    assert one("multi_hot", cells) == LISTS


def test_a_separator_may_be_named():
    cells = ["a, x/b", "b", "c|d"]
    encoder = FeatureEncoder(multi_hot=["x"], separator="/")
    encoder.fit(pd.DataFrame({"x": cells}))
    assert encoder.names == ["x=a, x", "x=b", "x=c|d"]


def test_later_rows_are_split_by_the_fitted_separator(caplog):
    # "a|b" is one category of text with commas.
    assert one("multi_hot", ["a, b"], ["b", "a|b"]) == [[0, 1], [0, 0]]
    assert "unseen categories in 1 values (1 distinct, such as 'a|b')" in caplog.text


@pytest.mark.parametrize(
    ("fitted", "later"),
    [
        ([1, 2], [1.0, np.nan]),
        ([1.0, np.nan, 2.0], ["1", None]),
        (["1", "2"], pd.Series([1, None], dtype="Int64")),
        ([True, False], [False, None]),
        (pd.Categorical(["x", "y"]), ["x ", ""]),
        ([1.5, 2.5], ["1.5", pd.NaT]),
    ],
)
def test_a_category_is_its_text_whatever_the_type_of_the_column(fitted, later):
    assert one("categorical", fitted, later) == [[1, 0], [0, 0]]


def test_unseen_categories_are_counted_and_missing(caplog):
    later = ["c", "a", "d", "c"]
    assert one("categorical", ["a", "b"], later) == [[0, 0], [1, 0], [0, 0], [0, 0]]
    [record] = caplog.records
    assert (record.name, record.levelname) == ("tfrecs", "WARNING")
    assert record.getMessage() == (
        "Column 'x': unseen categories in 3 values (2 distinct, such as 'c', 'd') are "
        "encoded as missing"
    )


def test_unseen_categories_share_the_feature_of_rare_ones(caplog):
    frame = pd.DataFrame({"x": ["a|b", "a|c|d", "e", None]})
    encoder = FeatureEncoder(multi_hot=["x"], min_count=2)
    matrix = encoder.fit_transform(frame)
    assert encoder.names == ["x=a", "x=<unknown>"]
    assert matrix.toarray().tolist() == [[1, 1], [1, 1], [0, 1], [0, 0]]
    assert not caplog.records
    later = encoder.transform(pd.DataFrame({"x": ["z|a", "b", "z"]}))
    assert later.toarray().tolist() == [[1, 1], [0, 1], [0, 1]]
    assert "in 2 values (1 distinct, such as 'z') are encoded as x=<unk" in caplog.text


def test_a_category_counts_once_in_a_row():
    frame = pd.DataFrame({"x": ["a|a", "b", "b"]})
    assert encoded(frame, multi_hot=["x"], min_count=2)[1] == ["x=b", "x=<unknown>"]


def test_without_rare_categories_there_is_no_feature_for_unseen_ones():
    assert (
        encoded(categorical=["country"], min_count=1)[1]
        == encoded(pd.concat([FILMS, FILMS]), categorical=["country"], min_count=2)[1]
    )


# Numbers


def test_a_number_has_mean_zero_and_deviation_one_and_zero_where_it_is_missing():
    # 1990, 2000, 1995 have the mean 1995 and the variance (25 + 25 + 0) / 3.
    deviation = (50 / 3) ** 0.5
    rows, names = encoded(numeric=["year"])
    assert np.ravel(rows) == pytest.approx([-5 / deviation, 5 / deviation, 0, 0])
    assert names == ["year"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([5.0, 5.0], [[0], [0]]),
        ([0.1, 0.1, 0.1], [[0], [0], [0]]),
        ([np.nan, np.nan], [[0], [0]]),
        ([np.nan, 4.0], [[0], [0]]),
        (pd.Series([1, 3, None], dtype="Int64"), [[-1], [1], [0]]),
        (["1", " 3", "", None], [[-1], [1], [0], [0]]),
        ([True, False], [[1], [-1]]),
        ([1.7e9 + 1, 1.7e9 - 1], [[1], [-1]]),
    ],
)
def test_numbers_that_do_not_vary_or_are_nullable_or_text(cells, expected):
    assert one("numeric", cells) == expected


def test_later_numbers_are_on_the_fitted_scale():
    assert one("numeric", [1, 3], [3, 4, None]) == [[1], [2], [0]]
    assert one("numeric", [2, 2], [3]) == [[1]]


# Text and vectors


def test_words_are_weighted_by_how_few_rows_have_them():
    rows, names = encoded(text=["plot"])
    assert names == ["plot=a", "plot=dog", "plot=war"]
    # ln(5 / 3) + 1 for "a" of two rows, ln(5 / 2) + 1 for the words of one.
    a, word = math.log(5 / 3) + 1, math.log(5 / 2) + 1
    first, third = math.hypot(2 * a, 2 * word), math.hypot(a, word)
    assert rows[0] == pytest.approx([2 * a / first, 0, 2 * word / first])
    assert rows[2] == pytest.approx([a / third, word / third, 0])
    assert rows[1] == rows[3] == [0, 0, 0]


def test_the_words_of_the_most_rows_are_kept_the_first_of_equals():
    frame = pd.DataFrame({"x": ["c b", "c b", "a", "a", "c", "d"]})
    assert encoded(frame, text=["x"], max_words=2)[1] == ["x=a", "x=c"]
    assert encoded(frame, text=["x"], min_count=2)[1] == ["x=a", "x=b", "x=c"]
    assert one("text", ["b a"], ["z", "A!"]) == [[0, 0], [1, 0]]


def test_vectors_are_taken_as_they_are():
    rows, names = encoded(vectors=["picture"])
    assert rows == [[1, 2], [0, 0], [0, 3], [4, 5]]
    assert names == ["picture[0]", "picture[1]"]
    assert one("vectors", ["[1, 2.5]", None]) == [[1, 2.5], [0, 0]]


# The frame


def test_kinds_are_in_order_each_with_its_columns_in_order():
    rows, names = encoded(
        numeric=["length"], multi_hot=["genres"], categorical=["country"]
    )
    genres = ["genres=Comedy", "genres=Drama", "genres=War"]
    assert names == ["country=fr", "country=us", *genres, "length"]
    assert rows[0] == pytest.approx([0, 1, 0, 1, 1, -(2**0.5)])


def test_columns_are_found_by_name_and_others_ignored():
    encoder = FeatureEncoder(**EVERY).fit(FILMS)
    expected = encoder.transform(FILMS)
    other = FILMS[FILMS.columns[::-1]].assign(more=1)
    assert (encoder.transform(other) != expected).nnz == 0


def test_an_empty_column_has_no_features():
    frame = pd.DataFrame({"empty": [None, None], "x": [1, 3]})
    assert encoded(frame, categorical=["empty"], numeric=["x"]) == ([[-1], [1]], ["x"])


def test_no_rows_have_no_features_to_encode():
    encoder = FeatureEncoder(**EVERY).fit(FILMS)
    assert encoder.transform(FILMS[:0]).shape == (0, len(encoder.names))


# Mistakes


@pytest.mark.parametrize("kind", EVERY)
def test_a_column_that_the_frame_lacks_is_named_with_those_it_has(kind):
    expected = "a column 'mood', once. Received: columns genres, country, year, length"
    encoder = FeatureEncoder(**{kind: ["mood"]})
    with pytest.raises(ValueError, match=expected):
        encoder.fit(FILMS)
    twice = pd.DataFrame([[1, 2]], columns=["mood", "mood"])
    with pytest.raises(ValueError, match=r"once\. Received: columns mood, mood"):
        encoder.fit(twice)
    with pytest.raises(ValueError, match="must have a column 'length', once"):
        FeatureEncoder(categorical=["length"]).fit(FILMS).transform(twice)


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        ("numeric", np.inf, r"finite numbers. Received: inf in row 'r'"),
        ("numeric", "1e999", r"finite numbers. Received: '1e999' in row 'r'"),
        ("numeric", "cheap", r"finite numbers. Received: 'cheap' in row 'r'"),
        ("numeric", [1], r"finite numbers. Received: \[1\] in row 'r'"),
        (
            "categorical",
            ["a"],
            r"one value in a cell. Received: \['a'\] in row 'r'.*`mu",
        ),
        ("categorical", {"a": 1}, r"one value in a cell. Received: {'a': 1}"),
        ("multi_hot", {"a": 1}, r"lists of categories.*Received: {'a': 1} in row 'r'"),
        ("multi_hot", [["a"]], r"Received: \[\['a'\]\] in row 'r'"),
        ("multi_hot", "[a, b]", r"such as a\|b. Received: \[a, b\] in row 'r'"),
        ("text", b"a", r"one value in a cell. Received: b'a' in row 'r'"),
        ("vectors", "abc", r"list of numbers in a cell, all finite. Received: abc in"),
        ("vectors", [1, None], r"all finite. Received: \[1, None\] in row 'r'"),
        ("vectors", [1e39], r"all finite. Received: \[1e\+39\] in row 'r'"),
        ("vectors", [[1], [2]], r"Received: \[\[1\], \[2\]\] in row 'r'"),
    ],
)
def test_a_cell_that_does_not_fit_is_named(kind, cell, expected):
    frame = pd.DataFrame({"x": pd.Series([None, cell], ["q", "r"], dtype=object)})
    with pytest.raises(ValueError, match=f"Column 'x' must hold .*{expected}"):
        FeatureEncoder(**{kind: ["x"]}).fit(frame)


def test_vectors_have_one_length():
    with pytest.raises(
        ValueError, match=r"list of 2 numbers .* Received: \[3\] in row"
    ):
        one("vectors", [[1, 2], [3]])
    with pytest.raises(ValueError, match=r"list of 1 numbers .* Received: \[1, 2\]"):
        one("vectors", [[1]], [[1, 2]])


@pytest.mark.parametrize(
    "cells", [pd.to_datetime(["2020-01-01"]), np.array([1j]), [1e200, -1e200]]
)
def test_dates_and_numbers_without_a_scale_are_refused(cells):
    with pytest.raises(ValueError, match=r"Column 'x' must h.* Received"):
        one("numeric", cells)


def test_no_values_are_refused():
    expected = "at least one column with values. Received: a, b, all empty"
    encoder = FeatureEncoder(categorical=["a"], text=["b"])
    with pytest.raises(ValueError, match=expected):
        encoder.fit(pd.DataFrame({"a": [None], "b": [""]}))
    with pytest.raises(ValueError, match="must be fitted"):
        encoder.transform(FILMS)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "needs at least one column. Name some in categorical, multi_hot"),
        ({"numeric": "year"}, "`numeric` must be a list.* Received: 'year'"),
        ({"text": ["a", "a"]}, r"`text` must be .* distinct .* Received: \['a', 'a'\]"),
        ({"vectors": [0]}, r"`vectors` must be a list .* names .* Received: \[0\]"),
        ({"text": ["a"], "min_count": 0}, "Received: min_count=0"),
        ({"text": ["a"], "max_words": 0.5}, "Received: max_words=0.5"),
        ({"multi_hot": ["a"], "separator": ""}, "`separator` must be text"),
    ],
)
def test_bad_arguments_are_refused(arguments, expected):
    with pytest.raises(ValueError, match=expected):
        FeatureEncoder(**arguments)


def test_a_frame_is_needed():
    with pytest.raises(
        TypeError, match=r"`features` must be a DataFrame.* Received: dict"
    ):
        FeatureEncoder(numeric=["year"]).fit({"year": [1]})
    with pytest.raises(ValueError, match=r"must be fitted.*Call fit"):
        FeatureEncoder(numeric=["year"]).transform(FILMS)
    with pytest.raises(ValueError, match="must be fitted"):
        _ = FeatureEncoder(numeric=["year"]).names


# The stored form


def stored(encoder):
    return json.loads(encoder.to_json())


def test_everything_fitted_comes_back():
    encoder = FeatureEncoder(**EVERY, separator="|", min_count=2, max_words=2)
    expected = encoder.fit_transform(FILMS)
    again = FeatureEncoder.from_json(encoder.to_json())
    assert again.names == encoder.names
    assert (again.transform(FILMS) != expected).nnz == 0
    assert again.to_json() == encoder.to_json()
    assert repr(again) == repr(encoder)
    assert again.fit(FILMS).names == encoder.names


def test_an_encoder_that_is_not_fitted_is_not_stored():
    with pytest.raises(ValueError, match="must be fitted"):
        FeatureEncoder(**EVERY).to_json()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("arguments",), None),
        (("arguments", "more"), 1),
        (("arguments", "min_count"), "2"),
        (("arguments", "text"), ["other"]),
        (("fitted",), []),
        (("fitted", 0), {}),
        (("fitted", 0, "column"), "other"),
        (("fitted", 0, "categories"), ["a", "a"]),
        (("fitted", 0, "categories"), [1, 2]),
        (("fitted", 0, "rare"), ["us"]),
        (("fitted", 1, "separator"), 1),
        (("fitted", 2, "mean"), "1"),
        (("fitted", 2, "deviation"), 0),
        (("fitted", 2, "more"), 0),
        (("fitted", 4, "words"), [["a"]]),
        (("fitted", 4, "weights"), [1.0]),
        (("fitted", 4, "weights", 0), "1"),
        (("fitted", 5, "dim"), -1),
        (("fitted", 5, "dim"), 1.5),
    ],
)
def test_a_damaged_form_is_refused(place, value):
    damaged = stored(FeatureEncoder(**EVERY).fit(FILMS))
    part = damaged
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    with pytest.raises((ValueError, TypeError, KeyError)):
        FeatureEncoder.from_json(json.dumps(damaged))
