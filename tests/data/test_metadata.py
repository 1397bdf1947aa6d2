"""Frames of metadata: matched by id, never by row number, and nothing in silence."""

import logging

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tfrecs.data.interactions import Interactions
from tfrecs.data.joining import join

RATED = pd.DataFrame({"user_id": ["ann", "bob", "cat"], "item_id": [2, 1, 3]})
FILMS = pd.DataFrame({"movieId": [3, 2, 9, 1], "title": ["C", "B", "Z", "A"]})


def titles(data: Interactions) -> list:
    return data.item_features["title"].fillna("").tolist()


# Ids of frames


@pytest.mark.parametrize(
    "films",
    [
        FILMS,
        FILMS.rename(columns={"movieId": "item_id:token"}),
        FILMS[FILMS["title"] < "Z"],  # numbers of rows with gaps
        FILMS.set_index("movieId"),
        FILMS.set_index("movieId").rename_axis(None),
        FILMS.set_index("movieId", drop=False),
        FILMS.assign(movieId=FILMS["movieId"].astype(float)),
        pa.Table.from_pandas(FILMS),
    ],
    ids=range(8),
)
def test_a_frame_is_matched_by_its_ids_and_never_by_row_number(films):
    data = Interactions.from_frame(RATED, item_features=films)
    assert data.items.ids.tolist() == data.item_features.index.tolist() == [1, 2, 3]
    assert titles(data) == ["A", "B", "C"]
    assert titles(data.take([2, 0]).compact()) == ["B", "C"]


def test_the_column_of_the_interactions_names_the_ids_of_the_metadata():
    rated = RATED.rename(columns={"item_id": "sku"})
    films = FILMS.rename(columns={"movieId": "sku"}).assign(item_id=[1, 2, 3, 4])
    data = Interactions.from_frame(rated, item_col="sku", item_features=films)
    assert titles(data) == ["A", "B", "C"]


def test_the_index_of_a_frame_is_its_ids_if_it_has_a_name():
    films = FILMS.set_index("movieId").assign(movie=["the", "usual", "name", "too"])
    assert titles(Interactions.from_frame(RATED, item_features=films)) == [*"ABC"]


def test_several_levels_of_an_index_are_tuples():
    index = pd.MultiIndex.from_tuples([(2, "b"), (1, "a")])
    people = pd.DataFrame({"x": [8, 9]}, index)
    data = Interactions.from_arrays([(1, "a"), (2, "b")], [5, 6], user_features=people)
    assert data.user_features["x"].tolist() == [9, 8]


def test_row_numbers_are_ids_only_if_they_are_all_of_them():
    names = pd.DataFrame({"title": ["A", "B", "C"]})
    data = Interactions.from_matrix(np.eye(3), item_features=names)
    assert titles(data) == ["A", "B", "C"]
    assert titles(data.take([0, 2]).compact()) == ["A", "C"]
    expected = (
        "`item_features` must have a column of item ids with a usual name, such as "
        "'item_id', or be indexed by id. Received: columns title, and an index that "
        r"counts rows.*rename_axis\('item_id'\) if the ids are row numbers"
    )
    with pytest.raises(ValueError, match=expected):
        Interactions.from_frame(RATED, item_features=names)  # its ids are 1, 2, 3
    named = names.rename_axis("item_id")
    assert titles(Interactions.from_frame(RATED, item_features=named)) == ["B", "C", ""]


def test_a_column_of_ids_is_used_though_row_numbers_are_ids_too():
    names = pd.DataFrame({"item_id": [2, 0, 1], "title": ["C", "A", "B"]})
    data = Interactions.from_matrix(np.eye(3), item_features=names)
    assert titles(data) == ["A", "B", "C"]


# What is missing is said


def test_ids_without_metadata_are_counted_once(caplog):
    with caplog.at_level(logging.INFO, "tfrecs"):
        data = Interactions.from_frame(RATED, item_features=FILMS[:3])
        data.take([0, 1]).compact()
    assert titles(data) == ["", "B", "C"]
    assert caplog.messages == [
        "`item_features` has no row for 1 of 3 items, such as 1: their values are "
        "missing",
        "`item_features` has 1 rows of unknown items: left out",
    ]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_later_ids_without_metadata_are_counted_once(caplog):
    train = Interactions.from_frame(RATED, item_features=FILMS)
    more = Interactions.from_arrays(["ann", "dan"], [3, 7])
    caplog.clear()
    assert titles(join(train, more)) == ["A", "B", "C", ""]
    assert [*caplog.messages] == [
        "`item_features` has no row for 1 of 4 items, such as 7: their values are "
        "missing"
    ]


@pytest.mark.parametrize(
    ("films", "expected"),
    [
        (
            FILMS.astype({"movieId": str}),
            r"rows for ids such as 1 \(a int\). Received: none of them, but such as "
            r"'3' \(a str\) in its column 'movieId'.*Both must be of one type.*astype",
        ),
        (
            FILMS.assign(movieId=FILMS["movieId"] + 90),
            r"such as 93 \(a int\) in its column 'movieId'. Name the column of these "
            "ids item_id",
        ),
        (FILMS[["title"]].set_axis([*"wxyz"]), r"but such as 'w' \(a str\) in its ind"),
        (
            FILMS.assign(movieId=[3, 2, None, 1]),
            "id in each row. Received: 1 missing in its column 'movieId'",
        ),
        (
            FILMS.assign(movieId=[3, 2, 3, 1]),
            "one row for each id. Received: 3 more than once in its column 'movieId'",
        ),
    ],
)
@pytest.mark.parametrize("argument", ["item_features", "items"])
def test_metadata_of_other_ids_are_refused(argument, films, expected):
    with pytest.raises(ValueError, match=f"`{argument}` must have .*{expected}"):
        Interactions.from_frame(RATED, **{argument: films})


def test_metadata_are_a_table():
    expected = "`item_features` must be a DataFrame.*polars or pyarrow. Received: dict"
    with pytest.raises(TypeError, match=expected):
        Interactions.from_frame(RATED, item_features={"title": "A"})


# The catalogue


def test_rows_of_items_are_in_the_catalogue_and_those_of_features_are_not():
    assert Interactions.from_frame(RATED, item_features=FILMS).num_items == 3
    people = pd.DataFrame({"age": [30, 40]}, index=["abe", "bob"])
    data = Interactions.from_frame(RATED, items=FILMS, users=people)
    assert data.items.ids.tolist() == [1, 2, 3, 9]
    assert titles(data) == ["A", "B", "C", "Z"]
    assert data.item_counts.tolist() == [1, 1, 1, 0]
    assert data.users.ids.tolist() == ["abe", "ann", "bob", "cat"]
    assert data.user_features["age"].fillna(0).tolist() == [30, 0, 40, 0]
    pairs = data.users.ids[data.user_ids], data.items.ids[data.item_ids]
    assert list(zip(*pairs, strict=True)) == [("ann", 2), ("bob", 1), ("cat", 3)]


def test_items_without_metadata_stay_in_the_catalogue():
    data = Interactions.from_frame(RATED, items=FILMS[1:3])
    assert data.items.ids.tolist() == [1, 2, 3, 9]
    assert titles(data) == ["", "B", "", "Z"]


def test_either_items_or_their_features():
    expected = "Pass either `items`.*or `item_features`.*Received: both"
    with pytest.raises(ValueError, match=expected):
        Interactions.from_frame(RATED, items=FILMS, item_features=FILMS)


# Columns and matrices of pandas, polars and pyarrow


@pytest.mark.parametrize("name", ["users", "items", "ratings", "timestamps", "weights"])
@pytest.mark.parametrize(
    "kind", [lambda frame: frame, pl.DataFrame, pa.Table.from_pandas]
)
def test_a_table_is_not_a_column(name, kind):
    columns = {"users": ["ann"], "items": [1], name: kind(pd.DataFrame({"u": [5]}))}
    expected = rf"`{name}` must be one column.*the columns u\. Pass.*`frame\['u'\]`"
    with pytest.raises(TypeError, match=expected):
        Interactions.from_arrays(**columns)


@pytest.mark.parametrize(
    "kind", [pl.Series, pa.array, lambda x: pa.chunked_array([x[:1], x[1:]])]
)
def test_columns_of_polars_and_pyarrow_are_values(kind):
    data = Interactions.from_arrays(
        kind(["ann", "bob"]), kind([8, 7]), ratings=kind([2.5, 3]), weights=kind([1, 2])
    )
    assert data.users.ids.tolist() == ["ann", "bob"]
    assert (data.items.ids.dtype, data.items.ids.tolist()) == (np.int64, [7, 8])
    assert (data.ratings.tolist(), data.weights.tolist()) == ([2.5, 3], [1, 2])


@pytest.mark.parametrize("kind", [pl.DataFrame, pa.Table.from_pandas])
def test_a_table_of_polars_or_pyarrow_is_a_frame(kind):
    data = Interactions.from_frame(kind(RATED))
    assert (data.users.ids.tolist(), data.item_ids.tolist()) == (
        ["ann", "bob", "cat"],
        [1, 0, 2],
    )


PIVOT = pd.DataFrame([[0, 5], [2, 0]], index=["bob", "ann"], columns=[30, 10])


@pytest.mark.parametrize("kind", [int, float, pd.SparseDtype(float, 0), "Int64"])
def test_a_frame_of_users_by_items_keeps_its_ids(kind):
    data = Interactions.from_matrix(PIVOT.astype(kind))
    assert data.users.ids.tolist() == ["bob", "ann"]
    assert data.items.ids.tolist() == [30, 10]
    found = data.user_ids.tolist(), data.item_ids.tolist(), data.ratings.tolist()
    assert [*zip(*found, strict=True)] == [(0, 1, 5), (1, 0, 2)]
    numbered = Interactions.from_matrix(PIVOT.astype(kind), users=[7, 8])
    assert (numbered.users.ids.tolist(), numbered.items.ids[0]) == ([7, 8], 30)


@pytest.mark.parametrize("kind", [float, pd.SparseDtype(float)])
def test_missing_values_of_a_frame_are_refused_with_the_remedy(kind):
    expected = "Received: 2 of 4. If they are no interactions, use matrix.fillna"
    with pytest.raises(ValueError, match=expected):
        Interactions.from_matrix(PIVOT.where(PIVOT > 0).astype(kind))


def test_a_column_of_text_in_a_frame_is_refused():
    expected = r"a column 'index' of \w+. If it has the ids.*set_index\('index'\)"
    with pytest.raises(TypeError, match=expected):
        Interactions.from_matrix(PIVOT.reset_index())
