"""Files of items and users beside a file of interactions."""

import json
import logging

import pandas as pd
import pytest

from tfrecs.data.readers import read_frame, read_interactions

RATED = "user_id,item_id,rating,amount\na,1,5,0.5\nb,2,3,2\n"


@pytest.fixture
def read(tmp_path):
    """Reads interactions beside a file of items with the text."""

    def of(films, name="films.csv", rated=RATED, **options):
        (tmp_path / "rated.csv").write_text(rated, encoding="utf-8")
        (tmp_path / name).write_text(films, encoding="utf-8")
        path = tmp_path / "rated.csv"
        return read_interactions(path, items=tmp_path / name, **options)

    return of


def titles(data):
    """The titles by raw id."""
    return dict(zip(data.items.ids.tolist(), data.item_features["title"], strict=True))


@pytest.mark.parametrize(
    ("rated", "films", "expected"),
    [
        ("1 2", "1,A 2,B", {1: "A", 2: "B"}),
        ("1 2", "1,A 2,B 9,C", {1: "A", 2: "B", 9: "C"}),
        ("1 2", "1,A 2,B X,C", {1: "A", 2: "B", "X": "C"}),
        ("1 2", "2,B 01,C 1,A", {1: "A", 2: "B", "01": "C"}),
        ("007 7", "7,A 007,B", {"007": "B", "7": "A"}),
        ("007 x", "007,B 12,A x,C", {"007": "B", "12": "A", "x": "C"}),
        ("007 x", "007,B x,", {"007": "B", "x": None}),
        ("NA 1e5", "NA,A 1e5,B 100000,C", {"NA": "A", "1e5": "B", "100000": "C"}),
    ],
)
def test_ids_are_of_the_kind_of_the_interactions(read, rated, films, expected):
    lines = [f"u,{item}" for item in rated.split()]
    text = "\n".join(["user_id,item_id", *lines])
    data = read("\n".join(["movieId,title", *films.split()]), rated=text)
    found = titles(data)
    assert {k: None if pd.isna(v) else v for k, v in found.items()} == expected


def test_a_space_in_a_name_separates_no_columns(read):
    films = 'product code,list price,title\n1,2.5,"A, the first"\n2,3,"B"\n'
    with pytest.raises(ValueError, match="columns product code, list price, title"):
        read(films)
    films = films.replace("code", "id")
    assert titles(read(films)) == {1: "A, the first", 2: "B"}


def test_json_and_parquet_and_tables_are_read_too(read, tmp_path):
    rows = [{"item_id": item, "title": f"T{item}", "year": 1990} for item in (2, 1, 3)]
    lines = read("\n".join(map(json.dumps, rows)), name="films.jsonl")
    pd.DataFrame(rows).set_index("item_id").to_parquet(tmp_path / "films.parquet")
    rated = tmp_path / "rated.csv"
    written = read_interactions(rated, items=tmp_path / "films.parquet")
    table = read_interactions(rated, items=pd.DataFrame(rows))
    for data in (lines, written, table):
        assert titles(data) == {1: "T1", 2: "T2", 3: "T3"}
        assert data.item_features["year"].dtype.kind == "i"


def test_an_integer_that_no_float_holds_is_kept(read, tmp_path):
    rows = [{"item_id": 2, "votes": 1.5}, {"item_id": 3, "votes": 10**400}]
    data = read("\n".join(map(json.dumps, rows)), name="films.jsonl")
    assert data.item_features["votes"].dropna().tolist() == [1.5, 10**400]
    table = read_frame(tmp_path / "films.jsonl")
    assert table["votes"].tolist() == [1.5, 10**400]


def test_weights_and_repeated_pairs(read):
    data = read("item_id,title\n1,A\n", rated=RATED + "a,1,1,4\n", weights="amount")
    assert (data.ratings.tolist(), data.weights.tolist()) == ([3, 1], [2, 4])
    most = read("item_id\n1\n", rated=RATED + "a,1,1,4\n", duplicates="max")
    assert most.ratings.tolist() == [5, 3]
    with pytest.raises(ValueError, match="column 'x', named in `weights`"):
        read("item_id\n1\n", weights="x")
    with pytest.raises(ValueError, match=r"finite numbers.*name another.*`weights`"):
        read("item_id\n1\n", rated=RATED + "c,1,1,-4\n", weights="amount")


def test_malformed_rows_of_metadata_are_refused_or_left_out(read, caplog):
    films = "item_id,title\n1,A\n,B\n2,C,D\n"
    with pytest.raises(ValueError, match=r"films.csv: 2 malformed rows.*line 3.*an id"):
        read(films)
    with caplog.at_level(logging.WARNING, "tfrecs"):
        data = read(films, malformed="skip")
    assert data.item_features["title"].fillna("").tolist() == ["A", ""]
    assert "films.csv: 2 malformed rows" in caplog.text
    assert data.source.facts()["dropped rows"] == (
        "1 of items: must have 2 fields separated by ','; "
        "1 of items: the column 'item_id' must hold an id in each row"
    )
    assert len(str(data.source).splitlines()) <= 10


def test_the_type_of_ids_is_that_of_the_interactions(read):
    films = "item_id,title\n01,A\n2,B\n"
    kind = {"item": "integer"}
    data = read(films, id_type=kind)
    assert titles(data) == {1: "A", 2: "B"}
    with pytest.raises(ValueError, match=r"line 4.*must hold integer ids.*`id_type`"):
        read(films + "x,C\n", id_type=kind)
    skipped = read(films + "x,C\n", id_type=kind, malformed="skip")
    assert titles(skipped) == {1: "A", 2: "B"}


@pytest.mark.parametrize(
    ("films", "expected"),
    [
        ("sku,title\n1,A\n", "column of item ids with a usual name.*`item_col`"),
        ("item_id,title\n8,A\n", "rows for ids such as 1 .*such as 8"),
        (
            "item_id,title\n1,A\n1,B\n",
            "one row for each id. Received: 1 more than once",
        ),
    ],
)
def test_files_of_other_items_are_refused(read, films, expected):
    with pytest.raises(ValueError, match=expected):
        read(films)
