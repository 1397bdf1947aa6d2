"""The kinds of metadata columns: each rule, and the reasons for what is left out."""

import numpy as np
import pandas as pd
import pytest

from tfrecs.data.column_kinds import ColumnKinds, infer_kinds, title_column
from tfrecs.data.features import FeatureEncoder

COLUMNS = {
    # name: values of six rows, kind or reason
    "title": (["a", "a", "b", "b", "c", "c"], "titles"),
    "price": ([1.5, 2, None, 1, 1, 1], "numeric"),
    "stock": ([True, False, True, True, True, True], "numeric"),
    "count": (pd.array([1, 2, None, 4, 5, 6], dtype="Int64"), "numeric"),
    "infinite": ([1, 2, np.inf, 4, 5, 6], "infinite numbers"),
    "category_id": ([1, 2, 1, 2, 1, 1], "categorical"),
    "imdbId": ([11, 12, 13, 14, 15, 16], "ids"),
    "maker": (["x", "y", "x", None, "y", "z"], "text"),  # 3 of 5 rows
    "brand": (["x", "y", "x", "", "y", "y"], "categorical"),  # 2 of 5 rows
    "genres": (["A", "B", "A|B", "A", "B", "A"], "multi_hot"),  # a sixth have "|"
    "topics": (["A; B", "A; B", "B; C", "C; A", "B", ""], "multi_hot"),
    "tags": (["A, B", "A, B", "B, C", "C, A", "B", None], "multi_hot"),
    "story": (["A, so", "B, or", "C, but", "D, if", "E, yet", "F, as"], "text"),
    "labels": ([["A"], ["B", "A"], [], None, ["A"], ["B"]], "multi_hot"),
    "arrays": ([np.array(["A", "B"])] * 6, "multi_hot"),
    "vector": ([[1.0, 2.0]] * 6, "vectors"),
    "released": (pd.date_range("2020-01-01", periods=6), "times"),
    "origin": ([{"city": "Rome"}] * 6, "nested values"),
    "constant": ([7] * 6, "one value"),
    "nothing": ([None, np.nan, "", " ", None, None], "empty"),
}
FRAME = pd.DataFrame({name: values for name, (values, _) in COLUMNS.items()})


@pytest.mark.parametrize("name", COLUMNS)
def test_each_column_has_a_kind_or_a_reason(name):
    found = infer_kinds(FRAME)
    used = {column: kind for kind, names in found.used.items() for column in names}
    assert {**used, **found.left_out}[name] == COLUMNS[name][1]


def test_columns_with_a_kind_can_be_encoded():
    matrix = FeatureEncoder(**infer_kinds(FRAME).used).fit_transform(FRAME)
    assert matrix.shape[0] == 6


def test_many_distinct_values_are_text():
    def kind(distinct):
        codes = [f"c{row % distinct}" for row in range(2002)]
        return list(infer_kinds(pd.DataFrame({"x": codes})).used)

    assert (kind(1000), kind(1001)) == (["categorical"], [])


def test_titles_have_a_usual_name_or_the_one_that_is_named():
    assert title_column(["id", "Movie Title", "name"]) == "name"
    assert title_column(["id", "movie_title:token_seq"]) == "movie_title:token_seq"
    assert title_column(["id"]) is None
    named = infer_kinds(FRAME, title="brand")
    assert named.left_out["brand"] == "titles"
    assert "title" in named.categorical


def test_kinds_without_columns_are_not_used():
    kinds = ColumnKinds(("a", "b"), numeric=("n",), left_out={"t": "text"})
    assert kinds.used == {"categorical": ["a", "b"], "numeric": ["n"]}
