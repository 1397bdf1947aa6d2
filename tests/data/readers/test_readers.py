"""Readers: what is written comes back, and errors are one line."""

import datetime
import gzip
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfrecs.data.readers import read_frame, read_interactions, read_test

ROWS = "user_id,item_id,rating,timestamp\n5,b,4.5,30\n5,a,1,10\n3,b,2,20\n"


def write(path: Path, content: str | bytes) -> Path:
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def raw_pairs(data) -> list[tuple]:
    return list(
        zip(
            data.users.ids[data.user_ids].tolist(),
            data.items.ids[data.item_ids].tolist(),
            strict=True,
        )
    )


def check_rows(data) -> None:
    assert raw_pairs(data) == [(5, "b"), (5, "a"), (3, "b")]
    assert data.ratings.tolist() == [4.5, 1, 2]
    assert data.timestamps.tolist() == [30, 10, 20]


# Formats


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a.csv.gz", "a.tsv", "a.tsv.gz"])
def test_text_tables_are_read_by_their_suffix(tmp_path, name):
    content = ROWS.replace(",", "\t") if "tsv" in name else ROWS
    path = write(tmp_path / name, content)
    check_rows(read_interactions(path))
    check_rows(read_interactions(str(path)))
    assert read_frame(path).columns.tolist() == ROWS.splitlines()[0].split(",")


@pytest.mark.parametrize(
    "arrange",
    [
        lambda frame: frame,
        lambda frame: frame.set_index("user_id"),
        lambda frame: frame.set_index(["user_id", "item_id"]),
        lambda frame: frame.astype({"item_id": "category"}),
        lambda frame: frame.convert_dtypes(),
        lambda frame: frame.iloc[::-1].iloc[::-1],
    ],
)
def test_parquet_is_read_however_pandas_arranged_it(tmp_path, arrange):
    frame = read_frame(write(tmp_path / "a.csv", ROWS))
    arrange(frame).to_parquet(tmp_path / "a.parquet")
    check_rows(read_interactions(tmp_path / "a.parquet"))


def test_the_signature_that_some_programs_write_first_is_no_part_of_a_name(tmp_path):
    check_rows(read_interactions(write(tmp_path / "a.csv", "\ufeff" + ROWS)))


ids = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20),
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1)
        .map(lambda text: f"id {text}")  # not a number, and not "NA"
        .filter(lambda text: text == text.strip()),
        min_size=1,
        max_size=20,
    ),
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    users=ids, items=ids, suffix=st.sampled_from(["csv", "tsv", "csv.gz", "parquet"])
)
def test_what_is_written_comes_back(tmp_path, users, items, suffix):
    size = min(len(users), len(items))
    pairs = dict.fromkeys(zip(users[:size], items[:size], strict=True))
    frame = pd.DataFrame(list(pairs), columns=["user", "item"])
    frame["rating"] = np.arange(len(frame)) / 4
    path = tmp_path / f"a.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, sep="\t" if suffix == "tsv" else ",", index=False)
    data = read_interactions(path)
    assert raw_pairs(data) == list(pairs)
    assert data.ratings.tolist() == frame["rating"].tolist()


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    lists=st.lists(
        st.tuples(
            st.integers(0, 2**63 - 1), st.lists(st.integers(0, 2**63 - 1), max_size=5)
        )
    ),
    suffix=st.sampled_from(["txt", "txt.gz"]),
)
def test_lists_come_back_as_pairs(tmp_path, lists, suffix):
    lines = [" ".join(map(str, [user, *items])) for user, items in lists]
    path = write(tmp_path / f"a.{suffix}", "\n".join(["0", *lines]))
    frame = read_frame(path, format="lists")
    assert {*frame.dtypes} == {np.dtype(np.int64)}
    assert [*frame[["user_id", "item_id"]].itertuples(index=False, name=None)] == [
        (user, item) for user, liked in lists for item in liked
    ]


def test_lists_are_interactions(tmp_path):
    path = write(tmp_path / "a.txt", "0 10 11 \r\n\n2\n3 10 10\n")
    data = read_interactions(path)
    assert raw_pairs(data) == [(0, 10), (0, 11), (3, 10)]
    assert data.ratings is None


def test_gaps_and_empty_lines_are_no_short_rows(tmp_path):
    path = write(tmp_path / "a.csv", "user,item,note\n1,2,\n\n3,4,x\n")
    assert raw_pairs(read_interactions(path)) == [(1, 2), (3, 4)]


def test_ids_of_one_column_are_of_one_kind_however_long_the_file(tmp_path):
    rows = [f"{n},1" for n in range(300_000)]  # pandas infers in chunks of 256 KB
    path = write(tmp_path / "a.csv", "\n".join(["user,item", *rows, "x,1"]))
    assert {type(id_) for id_ in read_frame(path)["user"]} == {str}


def test_columns_can_be_kept_as_text(tmp_path):
    path = write(tmp_path / "a.csv", "user,item\n007,1\n")
    assert read_frame(path)["user"].tolist() == ["007"]
    assert read_frame(path)["item"].tolist() == [1]
    assert read_frame(path, text=["item"])["item"].tolist() == ["1"]
    pd.DataFrame({"user": [7]}).to_parquet(tmp_path / "a.parquet")
    frame = read_frame(tmp_path / "a.parquet", text=["user", "absent"])
    assert frame["user"].tolist() == ["7"]


# Columns


@pytest.mark.parametrize(
    "header",
    [
        "user_id,item_id,rating,timestamp",
        "userId,movieId,rating,timestamp",
        "UserID,MovieID,Rating,Time",
        "user,item,score,date",
        "user_id:token,item_id:token,rating:float,timestamp:float",
        "User ID,Item-ID,Stars,datetime",
    ],
)
def test_usual_names_are_recognized(tmp_path, header):
    content = ROWS.replace(ROWS.splitlines()[0], header)
    check_rows(read_interactions(write(tmp_path / "a.csv", content)))


@pytest.mark.parametrize(
    ("content", "named", "pair"),
    [
        ("user,product,item_id,user_id,userId\nann,8,9,3,4\n", {}, (3, 9)),
        ("user,item,movie\n1,2,3\n", {"user_col": "item"}, (2, 3)),  # not guessed too
    ],
)
def test_the_more_usual_of_two_free_names_is_taken(tmp_path, content, named, pair):
    path = write(tmp_path / "a.csv", content)
    assert raw_pairs(read_interactions(path, **named)) == [pair]


def test_named_columns_are_used(tmp_path):
    names = {"user_col": "who", "item_col": "what"}
    names |= {"rating_col": "how", "time_col": "when"}
    path = write(
        tmp_path / "a.csv", "who,what,how,when,user_id,rating\n5,b,4.5,30,1,1\n"
    )
    data = read_interactions(path, **names)
    test, dropped = read_test(path, data, **names)
    for found in (data, test):
        assert raw_pairs(found) == [(5, "b")]
        assert (found.ratings.tolist(), found.timestamps.tolist()) == ([4.5], [30])
    assert dropped == 0


def test_ratings_and_times_may_be_absent(tmp_path):
    data = read_interactions(write(tmp_path / "a.csv", "user,item\n1,2\n"))
    assert data.ratings is None
    assert data.timestamps is None


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2020-01-02", (2020, 1, 2)),
        ("2020-01-02 03:04:05", (2020, 1, 2, 3, 4, 5)),
        ("2020-01-02T03:04:05Z", (2020, 1, 2, 3, 4, 5)),
        ("2020-01-02T03:04:05+02:00", (2020, 1, 2, 1, 4, 5)),
    ],
)
def test_iso_dates_become_seconds(tmp_path, written, moment):
    path = write(tmp_path / "a.csv", f"user,item,date\n1,2,{written}\n")
    seconds = datetime.datetime(*moment, tzinfo=datetime.UTC).timestamp()
    assert read_interactions(path).timestamps.tolist() == [seconds]


@pytest.mark.parametrize(
    "times",
    [
        pd.to_datetime(["2020-01-02 01:00"]).tz_localize("Etc/GMT-1"),
        [datetime.date(2020, 1, 2)],
        pd.to_datetime(["2020-01-02"]),
    ],
)
def test_dates_of_parquet_become_seconds(tmp_path, times):
    pd.DataFrame({"user": [1], "item": [2], "time": times}).to_parquet(
        tmp_path / "a.parquet"
    )
    seconds = datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC).timestamp()
    data = read_interactions(tmp_path / "a.parquet")
    assert data.timestamps.tolist() == [seconds]


def test_whole_timestamps_stay_exact(tmp_path):
    path = write(tmp_path / "a.csv", f"user,item,time\n1,2,{2**60 + 1}\n")
    assert read_interactions(path).timestamps.tolist() == [2**60 + 1]


# Errors


def refusal(path: Path, read=read_interactions, **options) -> str:
    """The message, which is one line, names the file and leaks no other kind."""
    with pytest.raises(ValueError) as caught:
        read(path, **options)
    assert type(caught.value) is ValueError
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.txt", "a"])
@pytest.mark.parametrize("read", [read_frame, read_interactions])
def test_a_missing_file_is_refusal(tmp_path, name, read):
    with pytest.raises(FileNotFoundError, match=rf"{tmp_path}/{name}: no such file"):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.txt"])
def test_a_folder_is_refusal(tmp_path, name):
    (tmp_path / name).mkdir()
    message = "must be a file, or a folder of .parquet files. Received: a folder"
    assert message in refusal(tmp_path / name)


EMPTY = "must not be empty. Received: no text"
WHOLE_GZIP = "must be a whole gzip file. Received: "


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", b"", EMPTY),
        ("a.csv.gz", gzip.compress(b"", mtime=0), EMPTY),
        ("a.tsv", b"", EMPTY),
        ("a.txt", b"", EMPTY),
        ("a.txt.gz", gzip.compress(b"", mtime=0), EMPTY),
        ("a.parquet", b"", "must be a whole Parquet file. Received: "),
        ("a.csv", b"user,item\n", "at least one interaction. Received: none"),
        ("a.csv", b"user,item", "at least one interaction. Received: none"),
        ("a.csv.gz", gzip.compress(ROWS.encode(), mtime=0)[:-1], WHOLE_GZIP),
        ("a.csv.gz", gzip.compress(ROWS.encode(), mtime=0)[:-12], WHOLE_GZIP),
        ("a.csv.gz", ROWS.encode(), f"{WHOLE_GZIP}Not a gzipped file"),
        ("a.xls", b"", "must end in .csv, .tsv, "),
        ("a.xls", b"", 'Received: a.xls. Pass its `format`, such as "csv"'),
        ("a", b"", "Received: a. Pass its `format`"),
        ("a.gz", gzip.compress(b"", mtime=0), "Received: a. Pass its `format`"),
        ("a.csv.zip", b"", "must be a whole zip file without a password"),
        ("a.csv", b"a,b,rating\n1,2,3\n", "must have a column of user and item ids "),
        ("a.csv", b"a,b,rating\n1,2,3\n", "Received: columns a, b, rating. Name it in `user_col` and `item_col`"),  # noqa: E501
        ("a.csv", b"user,b\n1,2\n", "must have a column of item ids with a usual name. Received: columns user, b. Name it in `item_col`."),  # noqa: E501
    ],
)  # fmt: skip
def test_a_file_without_rows_or_of_another_form_is_refusal(
    tmp_path, name, content, reason
):
    (tmp_path / name).write_bytes(content)
    assert reason in refusal(tmp_path / name)


JUNK = bytes(np.random.default_rng(0).integers(0, 256, 5000, dtype=np.uint8))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", JUNK, "must be text. Received: binary data"),
        ("a.csv", JUNK.replace(b"\0", b""), "must be text in UTF-8. Received: binary data"),  # noqa: E501
        ("a.txt", JUNK, "must be text. Received: binary data"),
        ("a.txt", "1 2\n3 4.5\n", "line 2: must be whole numbers and spaces"),
        ("a.txt", "1 2\n3 -4\n", "Received: b'3 -4\\n'"),
        ("a.txt", f"1 {2**63}\n", "ids must be below 2**63"),
        ("a.parquet", JUNK, "must be a whole Parquet file. Received: "),
        ("a.csv", "user,item\n1,2\n,3\n", "in line 3: the column 'user' must hold an id in each row, a number or text. Received: ''. Correct it, or name another column in `user_col`"),  # noqa: E501
        ("a.csv", "user,item,rating\n1,2,4\n1,3,good\n", "in line 3: the column 'rating' must hold finite numbers of at least 0. Received: 'good'. Correct it, or name another column in `rating_col`"),  # noqa: E501
        ("a.csv", "user,item,date\n1,2,2020-01-02\n1,3,31/12/2020\n", "the column 'date' must hold numbers or ISO dates such as 2024-01-31. Received: '31/12/2020'"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_bad_file_is_reported_in_one_line(tmp_path, name, content, reason):
    assert reason in refusal(write(tmp_path / name, content))


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_truncated_parquet_is_refusal(tmp_path, cut):
    read_frame(write(tmp_path / "a.csv", ROWS)).to_parquet(tmp_path / "a.parquet")
    write(tmp_path / "b.parquet", (tmp_path / "a.parquet").read_bytes()[:-cut])
    assert "must be a whole Parquet file" in refusal(tmp_path / "b.parquet")


def test_a_damaged_string_in_parquet_is_refusal(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"user": [1], "item": ["qqqq"]}).to_parquet(path, compression=None)
    path.write_bytes(path.read_bytes().replace(b"qqqq", b"qq\xffq"))
    assert "must be a whole Parquet file" in refusal(path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs permissions")
def test_a_file_that_may_not_be_read_is_refusal(tmp_path):
    path = write(tmp_path / "a.csv", ROWS)
    path.chmod(0)
    assert "Permission denied" in refusal(path)


def test_very_many_columns_are_not_all_listed(tmp_path):
    header = ",".join(f"c{n}" + "x" * 99 for n in range(500))
    message = refusal(write(tmp_path / "a.csv", f"{header}\n"))
    assert "and 480 more" in message
    assert len(message) < 1500


@pytest.mark.parametrize("role", ["user", "item", "rating", "time"])
def test_a_named_column_that_is_missing_is_refusal(tmp_path, role):
    path = write(tmp_path / "a.csv", ROWS)
    message = refusal(path, **{f"{role}_col": "absent"})
    assert f"must have the column 'absent', named in `{role}_col`" in message
    assert "user_id, item_id, rating, timestamp" in message


@pytest.mark.parametrize(
    "values", [[[1], [2]], pd.period_range("2020", "2021", freq="Y"), ["1", "x"]]
)
@pytest.mark.parametrize("role", ["rating", "time"])
def test_columns_of_a_wrong_type_are_refusal(tmp_path, role, values):
    frame = pd.DataFrame({"user": [1, 2], "item": [3, 4], role: values})
    frame.to_parquet(tmp_path / "a.parquet")
    named = {f"{role}_col": role}
    assert f"the column '{role}' must hold" in refusal(tmp_path / "a.parquet", **named)


def test_columns_repeated_are_refusal(tmp_path):
    column = pa.array([1])
    table = pa.Table.from_arrays([column] * 3, names=["user", "item", "item"])
    pq.write_table(table, tmp_path / "a.parquet")
    assert "item" in refusal(tmp_path / "a.parquet")


# Test files


def pair(tmp_path, train: str, test: str, suffix: str = "csv"):
    known = read_interactions(write(tmp_path / f"train.{suffix}", train))
    return known, write(tmp_path / f"test.{suffix}", test)


def test_test_rows_are_read_over_the_vocabulary_of_training(tmp_path):
    train, path = pair(
        tmp_path,
        "user,item\n1,a\n2,b\n3,c\n",
        "user,item,rating,time\n3,a,5,7\n9,a,1,8\n1,z,2,9\n2,c,3,10\n",
    )
    test, dropped = read_test(path, train)
    assert test.users is train.users
    assert test.items is train.items
    assert raw_pairs(test) == [(3, "a"), (2, "c")]
    assert test.ratings.tolist() == [5, 3]
    assert test.timestamps.tolist() == [7, 10]
    assert dropped == 2


def test_test_interactions_have_the_features_of_training(tmp_path):
    train, path = pair(tmp_path, "user,item\n1,2\n", "user,item\n1,2\n")
    train = replace(
        train,
        user_features=pd.DataFrame({"age": [30]}, index=[1]),
        item_features=pd.DataFrame({"year": [1995]}, index=[2]),
    )
    test, _ = read_test(path, train)
    assert test.user_features["age"].tolist() == [30]
    assert test.item_features["year"].tolist() == [1995]


@pytest.mark.parametrize(
    ("train", "test", "suffix", "kept", "dropped"),
    [
        ("7 1 2\n8 3\n", "7 3 4\n9 1\n8\n", "txt", [(7, 3)], 2),
        (  # ids that were text in training are text in the test
            "user,item\n007,x\nann,y\n",
            "user,item\n007,x\n7,y\n007,y\n",
            "csv",
            [("007", "x"), ("007", "y")],
            1,
        ),
        (  # one unknown id of another kind does not hide the others
            "user,item\n1,2\n-5,4\n",
            "user,item\n1,2\nnew,2\n-5,4\n5,4\n",
            "csv",
            [(1, 2), (-5, 4)],
            2,
        ),
    ],
)
def test_test_ids_are_of_the_kind_of_training(
    tmp_path, train, test, suffix, kept, dropped
):
    known, path = pair(tmp_path, train, test, suffix)
    found, number = read_test(path, known)
    assert (raw_pairs(found), number) == (kept, dropped)


def test_a_test_without_known_rows_is_refusal(tmp_path):
    train, path = pair(tmp_path, "user,item\n1,2\n3,4\n", "user,item\n1,9\n8,2\n7,7\n")
    message = refusal(path, lambda path: read_test(path, train))
    assert "must have a row whose user and item are in training. Received: 3" in message
    assert "user 1 and item 9" in message
    assert "<Vocabulary of 2 users: 1, 3" in message


def test_long_ids_of_a_test_without_known_rows_are_cut(tmp_path):
    train, path = pair(tmp_path, "user,item\n1,2\n", f"user,item\n{'7' * 999},2\n")
    message = refusal(path, lambda path: read_test(path, train))
    assert f"user '{'7' * 59} and item " in message


def test_a_bad_test_file_is_refusal(tmp_path):
    train, path = pair(tmp_path, "user,item\n1,2\n", "user,item\n1,2\n1,\n")
    assert "'item' must hold an id in each row" in refusal(
        path, lambda path: read_test(path, train)
    )
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_test(tmp_path / "absent.csv", train)
