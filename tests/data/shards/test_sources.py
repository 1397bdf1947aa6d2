"""Streams of raw ids: any table to start at, and the errors of damaged files."""

from dataclasses import replace

import numpy as np
import pytest

from tfrecs._base.limits import Limits
from tfrecs.data.readers import _blocks
from tfrecs.data.readers._form import Form
from tfrecs.data.shards import sources
from tfrecs.data.shards.sources import Columns, stream_ids

SMALL = Form(limits=Limits(row_bytes=300))
PLAIN = Columns("user_id", "item_id", None, None, form=SMALL)
RATED = Columns("user_id", "item_id", "rating", 3.0)


def written(tmp_path, text, name="a.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["parquet", "csv", "dat", "jsonl", "lists"])
@pytest.mark.parametrize(("rows", "skip"), [(1000, 0), (130, 0), (130, 3), (150, 7)])
def test_a_stream_may_start_at_any_table(
    kind, rows, skip, tmp_path, write_parquet, monkeypatch
):
    monkeypatch.setattr(sources, "_ROWS_AT_ONCE", 40)
    monkeypatch.setattr(_blocks, "_LINES_AT_ONCE", 40)
    users, items = np.arange(1000), np.arange(1000) * 7 % 31
    path = tmp_path / f"a.{kind}"
    if kind == "parquet":  # in row groups of 150
        write_parquet(path, item_id=items, user_id=users)
    else:
        line = {
            "csv": "{i},{u}",
            "dat": "{u}::{i}::5::978300760",
            "jsonl": '{{"user_id": {u}, "item_id": {i}}}',
            "lists": "{u} {i}",
        }[kind]
        header = ["item_id,user_id"] * (kind == "csv")
        lines = [line.format(u=u, i=i) for u, i in zip(users, items, strict=True)]
        written(tmp_path, "\n".join([*header, *lines]), path.name)
    stops, found_users, found_items = [], [], []
    for stop, some_users, some_items in stream_ids(path, PLAIN, rows, skip):
        stops.append(stop)
        found_users += some_users.to_pylist()
        found_items += some_items.to_pylist()
    assert found_users == users[skip * rows :].tolist()
    assert found_items == items[skip * rows :].tolist()
    assert stops == [*range(rows, 1000, rows), 1000][skip:]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("user_id,item_id\n1,2\n,3\n", "'user_id' must have no.*1 missing.* in row 1"),
        ("user_id,item_id\na,2\n,3\n", "'user_id' must have no.*1 missing.* in row 1"),
        ("user_id,item_id\na,2\nb,\n", "'item_id' must have no.*1 missing.* in row 1"),
        (
            "user_id,what\n1,2\n",
            "the column 'item_id', named in `item_col`.*columns user_id, what",
        ),
        ("user_id,item_id\n1,2,3\n", "row 0: must have 2 fields.*Received: 3"),
        ('user_id,item_id\n1,"2\n', "row 0: a quote is never closed"),
        ("user_id,item_id\n1,2\n\n3,\0\n", "row 2: must be text in UTF-8"),
        ("", "must not be empty"),
    ],
)
def test_damaged_text_raises_with_the_name(text, message, tmp_path):
    path = written(tmp_path, text)
    with pytest.raises(ValueError, match=f"a.csv: .*{message}"):
        list(stream_ids(path, PLAIN, 10))


def test_a_missing_id_is_reported_by_its_row_in_the_file(tmp_path, write_parquet):
    users = [*range(470), None, None, 1]
    path = write_parquet(tmp_path / "a.parquet", user_id=users, item_id=users)
    with pytest.raises(ValueError, match="2 missing, the first in row 470"):
        list(stream_ids(path, PLAIN, 100, 2))


@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        ("5,x", "'rating' must hold finite numbers.*1 others, the first in row 1"),
        ("5,", "'rating' must hold finite numbers.*1 others, the first in row 1"),
        ("5,nan", "'rating' must hold finite numbers.*1 others, the first in row 1"),
        ("5,-1,inf", "'rating' must hold finite numbers.*2 others, the first in row 1"),
    ],
)
def test_ratings_are_numbers(ratings, message, tmp_path):
    lines = [f"1,2,{rating}" for rating in ratings.split(",")]
    path = written(tmp_path, "\n".join(["user_id,item_id,rating", *lines]))
    with pytest.raises(ValueError, match=message):
        list(stream_ids(path, RATED, 10))


def test_each_table_is_of_one_type(tmp_path):
    path = written(tmp_path, "user_id,item_id\n" + "12345,1\n" * 1000 + "007,1\n")
    tables = [users for _, users, _ in stream_ids(path, PLAIN, 600)]
    assert [str(users.type) for users in tables] == ["int64", "large_string"]
    assert tables[1].to_pylist() == ["12345"] * 400 + ["007"]
    with pytest.raises(ValueError, match=r"'item_id' must hold integers.*in row 1\."):
        written(tmp_path, "user_id,item_id\n007,1\n007,x\n")
        list(stream_ids(path, replace(PLAIN, item_type="integer"), 9))


@pytest.mark.parametrize("damage", ["cut", "changed", "none of it"])
def test_damaged_parquet_raises_with_the_name(damage, tmp_path, write_parquet):
    users = [f"user {n}" for n in range(500)]
    path = write_parquet(tmp_path / "a.parquet", user_id=users, item_id=users)
    whole = path.read_bytes()
    path.write_bytes(
        {
            "cut": whole[:-20],
            "changed": whole.replace(b"user 3", b"user \xff"),
            "none of it": b"user_id,item_id\n1,1\n",
        }[damage]
    )
    with pytest.raises(ValueError, match=r"a\.parquet: "):
        list(stream_ids(path, PLAIN, 100))


def test_other_suffixes_raise_unless_the_format_is_stated(tmp_path):
    path = written(tmp_path, "1 2 5\n", "a.log")
    with pytest.raises(ValueError, match=r"must end in .csv.*Pass its `format`"):
        list(stream_ids(path, PLAIN, 10))
    stated = replace(PLAIN, form=Form("data", " "))
    [(_, users, items)] = stream_ids(path, stated, 10)
    assert (users.to_pylist(), items.to_pylist()) == ([1], [2])


def test_json_may_have_whole_and_other_numbers_but_one_kind_of_ids(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(_blocks, "_LINES_AT_ONCE", 2)
    row = '{{"user": {}, "item": "a", "rating": {}}}'
    rows = [row.format(1, 5), row.format(2, 4), row.format(3.0, 2.5), row.format(4, 9)]
    path = written(tmp_path, "\n".join(rows), "a.jsonl")
    rated = Columns("user", "item", "rating", 3.0)
    [(stop, users, items)] = stream_ids(path, rated, 10)
    assert (stop, users.to_pylist(), items.to_pylist()) == (4, [1, 2, 4], ["a"] * 3)
    for more in ([row.format('"5"', 1)], [row.format(5, 1), row.format('"6"', 1)]):
        path = written(tmp_path, "\n".join([*rows, *more]), "a.jsonl")
        with pytest.raises(ValueError, match="must hold whole numbers or text"):
            list(stream_ids(path, rated, 10))
    path = written(tmp_path, "\n".join([*rows, "", "x"]), "a.jsonl")
    with pytest.raises(ValueError, match="line 6: must be a JSON object"):
        list(stream_ids(path, rated, 10))
