"""Malformed rows: counted, the first shown with file and line, left out on request."""

import gzip
import json
import logging
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfrecs.data.readers import (
    read_frame,
    read_interactions,
    read_leniently,
    read_test,
)

HEADER = "user_id,item_id,rating,timestamp"
GOOD = {
    ".csv": [HEADER, "5,b,4.5,30", "5,a,1,10", "3,b,2,20"],
    ".tsv": [row.replace(",", "\t") for row in (HEADER, "5,b,4.5,30", "3,b,2,20")],
    ".jsonl": [
        '{"user_id": 5, "item_id": "b", "rating": 4.5, "timestamp": 30}',
        '{"user_id": 3, "item_id": "b", "rating": 2, "timestamp": 20}',
    ],
    ".txt": ["0 10 11", "3 10"],
    ".lists": ["0 10 11", "3 10"],
    ".rating": ["5\t7\t4\t30", "3\t7\t2.5\t20"],
    ".dat": ["5::7::4::30", "3::7::2.5::20"],
}
BAD = [
    (".csv", b"5,c,3", "must have 4 fields separated by ','. Received: 3, in '5,c,3'"),
    (".csv", b"5,c,3,4,5", "must have 4 fields separated by ','. Received: 5, in '5,c,3,4,5'"),  # noqa: E501
    (".csv", b"5,,3,4", "'item_id' must hold an id in each row, a number or text. Received: ''"),  # noqa: E501
    (".csv", b"5,c,good,4", "'rating' must hold finite numbers of at least 0. Received: 'good'"),  # noqa: E501
    (".csv", b"5,c,,4", "'rating' must hold finite numbers of at least 0. Received: ''"),  # noqa: E501
    (".csv", b"5,c,-1,4", "numbers of at least 0. Received: '-1'"),
    (".csv", b"5,c,1e39,4", "numbers of at least 0. Received: '1e39'"),
    (".csv", b"5,c,3,soon", "'timestamp' must hold numbers or ISO dates"),
    (".csv", b"5,c,3,", "'timestamp' must hold numbers or ISO dates such as 2024-01-31. Received: ''"),  # noqa: E501
    (".csv", b"5,c,3,inf", "or ISO dates such as 2024-01-31. Received: 'inf'"),
    (".csv", b"5,c,3," + b"9" * 400, "'timestamp' must hold numbers or ISO dates"),
    (".csv", b"5,c," + b"9" * 400 + b",4", "finite numbers of at least 0. Received: '9999"),  # noqa: E501
    (".csv", b"5,c\x81,3,4", "must be text in UTF-8. Received: binary data or another encoding"),  # noqa: E501
    (".csv", b"5,c\0,3,4", "must be text in UTF-8. Received: binary data"),
    (".tsv", b"5\tc\t3", "must have 4 fields separated by '\\t'. Received: 3, in '5\\tc\\t3'"),  # noqa: E501
    (".tsv", b"\tc\t3\t4", "'user_id' must hold an id in each row"),
    (".jsonl", b'{"user_id": 5, "item_id":', "must be a JSON object. Received: b'{"),
    (".jsonl", b"[5, 7, 1, 2]", "must be a JSON object. Received: b'[5, 7"),
    (".jsonl", b'{"user_id": 5, "item_id": "\x81"}', "must be text in UTF-8"),
    (".jsonl", b'{"user_id": 5, "item_id": "\\ud800"}', "must be text in UTF-8"),
    (".jsonl", b"[" * 100_000, "must be a JSON object. Received: b'[[["),
    (".jsonl", b"1" * 5000, "must be a JSON object. Received: b'111"),
    (".jsonl", b'{"user_id": 5}', "'item_id' must hold an id in each row, a number or text. Received: nan"),  # noqa: E501
    (".jsonl", b'{"user_id": 5, "item_id": [7], "rating": 1, "timestamp": 2}', "'item_id' must hold an id in each row, a number or text. Received: [7]"),  # noqa: E501
    (".jsonl", b'{"user_id": 5, "item_id": 7, "rating": "x", "timestamp": 2}', "'rating' must hold finite numbers of at least 0. Received: 'x'"),  # noqa: E501
    (".jsonl", b'{"user_id": 5, "item_id": 7, "rating": 1, "timestamp": ' + b"9" * 400 + b"}", "'timestamp' must hold numbers or ISO dates"),  # noqa: E501
    (".lists", b"1 2 x", "must be whole numbers and spaces"),
    (".txt", b"1 2 x", "must be whole numbers and spaces"),
    (".txt", b"1 -2", "must be whole numbers and spaces"),
    (".txt", b"1 9223372036854775808", "ids must be below 2**63"),
    (".txt", b"1 " + b"9" * 5000, "ids must be below 2**63"),
    (".rating", b"5\t8\t4", "must have 4 fields separated by '\\t'"),
    (".rating", b"5\t8\t4\t1\t1", "Received: 5"),
    (".rating", b"\t8\t4\t1", "'user_id' must hold an id in each row, a number or text. Received: ''"),  # noqa: E501
    (".rating", b"5\t8\tnan\t1", "'rating' must hold finite numbers of at least 0. Received: 'nan'"),  # noqa: E501
    (".rating", b"5\t8\t-1\t1", "'rating' must hold finite numbers of at least 0. Received: '-1'"),  # noqa: E501
    (".rating", b"5\t8\t1e400\t1", "'rating' must hold finite numbers of at least 0"),
    (".rating", b"5\t\x81\t4\t1", "must be text in UTF-8"),
    (".rating", b"5\t8\0\t4\t1", "must be text in UTF-8. Received: binary data"),
    (".dat", b"5::8::4", "must have 4 fields separated by '::'"),
    (".dat", b"5::8::4:::1", "'timestamp' must hold numbers or ISO dates"),
    (".dat", b"5::8::4::1::1", "Received: 5"),
    (".dat", b"5::\x81::4::1", "must be text in UTF-8"),
    (".dat", b"5\x1f8\x1f4\x1f1", "must be text in UTF-8. Received: binary data"),
]  # fmt: skip


def write(path: Path, lines: list[bytes]) -> Path:
    data = b"\n".join(lines) + b"\n"
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def content(data) -> tuple[list, ...]:
    columns = (data.ratings, data.timestamps)
    return (
        data.users.ids[data.user_ids].tolist(),
        data.items.ids[data.item_ids].tolist(),
        *(None if column is None else column.tolist() for column in columns),
    )


def lines_of(suffix: str) -> list[bytes]:
    return [line.encode() for line in GOOD[suffix]]


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize(("suffix", "bad", "reason"), BAD)
def test_a_malformed_row_is_reported_by_line_or_left_out(
    tmp_path, suffix, end, bad, reason
):
    lines = lines_of(suffix)
    clean = write(tmp_path / f"clean{suffix}", lines)
    path = write(tmp_path / f"bad{suffix}{end}", [*lines[:2], bad, b"", *lines[2:]])
    with pytest.raises(ValueError) as caught:
        read_interactions(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: 1 malformed row, in line 3: ")
    assert reason in message
    assert "\n" not in message and len(message) < 400

    data, malformed = read_leniently(path)
    assert content(data) == content(read_interactions(clean))
    assert data.users.ids.dtype == read_interactions(clean).users.ids.dtype
    assert (malformed.path, malformed.places, len(malformed)) == (path, (3,), 1)
    remedy = 'Pass malformed="skip" to leave such rows out.'
    assert message == f"{str(malformed).removesuffix('.')}. {remedy}"


def test_all_malformed_rows_are_counted_and_the_first_is_shown(tmp_path):
    rows = ["3,x,good,1", "5,x,2", "5,b,4.5,30", ",b,1,1", "7,b,1"]
    path = write(tmp_path / "a.csv", [row.encode() for row in (HEADER, *rows)])
    with pytest.raises(
        ValueError, match=r": 4 malformed rows, the first in line 2: th"
    ):
        read_interactions(path)
    data, malformed = read_leniently(path)
    assert content(data) == ([5], ["b"], [4.5], [30])
    assert malformed.places == (2, 3, 5, 6)
    with pytest.raises(
        ValueError, match=r": 2 malformed rows, the first in line 3: mu"
    ):
        read_frame(path)  # knows nothing of what columns mean


def test_skipping_is_reported_to_the_log_and_never_silent(tmp_path, caplog):
    path = write(tmp_path / "a.csv", [b"user,item", b"1,2", b"3"])
    with caplog.at_level(logging.WARNING, logger="tfrecs"):
        data = read_interactions(path, malformed="skip")
        read_test(path, data, malformed="skip")
    assert content(data)[:2] == ([1], [2])
    reason = "must have 2 fields separated by ','. Received: 1, in '3'"
    expected = f"Left out of {path}: 1 malformed row, in line 3: {reason}"
    assert caplog.messages == [expected, expected]
    assert {(r.name, r.levelname) for r in caplog.records} == {("tfrecs", "WARNING")}


def test_nothing_is_reported_of_a_good_file(tmp_path, caplog):
    path = write(tmp_path / "a.csv", lines_of(".csv"))
    data, malformed = read_leniently(path)
    assert malformed is None
    assert content(data) == content(read_interactions(path, malformed="skip"))
    assert caplog.messages == []


def test_another_policy_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", lines_of(".csv"))
    train = read_interactions(path)
    for read in (read_interactions, partial(read_test, train=train)):
        with pytest.raises(ValueError, match=r"one of error, skip. Received: 'drop'"):
            read(path, malformed="drop")


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
def test_a_file_of_malformed_rows_alone_is_reported(tmp_path, suffix):
    header = lines_of(suffix)[: suffix in (".csv", ".tsv")]
    path = write(tmp_path / f"a{suffix}", [*header, b"?", b"?"])
    with pytest.raises(
        ValueError, match=r"Received: none: .*2 malformed rows, the fir"
    ):
        read_leniently(path)
    with pytest.raises(ValueError, match=r": 2 malformed rows, the first in line "):
        read_interactions(path)


def test_in_parquet_rows_are_counted_from_0(tmp_path):
    path = tmp_path / "a.parquet"
    frame = {"user": ["a", "b", None], "item": [1, 2, 3], "rating": [1.0, -1.0, 2.0]}
    pd.DataFrame(frame).to_parquet(path)
    with pytest.raises(
        ValueError, match=r": 2 malformed rows, the first in row 1: .*-1"
    ):
        read_interactions(path)
    data, malformed = read_leniently(path)
    assert content(data) == (["a"], [1], [1.0], None)
    assert malformed.places == (1, 2)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_row_over_several_lines_stands_in_the_first_of_them(tmp_path, end):
    rows = ["user,item,note", '1,2,"one', "two", 'three"', ""]
    rows += ["3,4", '5,6,"x', '"', "7"]
    path = tmp_path / "a.csv"
    path.write_bytes(end.join(rows).encode())
    data, malformed = read_leniently(path)
    assert content(data)[:2] == ([1, 5], [2, 6])
    assert malformed.places == (6, 9)
    assert "must have 3 fields" in malformed.reason


def test_a_quote_that_is_never_closed_is_no_malformed_row_but_a_damaged_file(tmp_path):
    for row in (b'3,"4', b'3,"4",5,"6', b'3,4,"', b'"'):
        path = write(tmp_path / "a.csv", [b"user,item", b"1,2", row, b"5,6", b"7"])
        for read in (read_interactions, read_leniently):
            with pytest.raises(ValueError, match="the row in line 3: a quote is never"):
                read(path)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([b"2024", b"2025", b"2024-01-31 soon"], [2024, 2025]),
        ([b"1970-01-01", b"1970-01-02", b"99999999"], [0, 86400]),
    ],
)
def test_one_bad_time_does_not_make_dates_of_numbers_or_numbers_of_dates(
    tmp_path, times, expected
):
    rows = [b"%d,2,%s" % row for row in enumerate(times)]
    data, malformed = read_leniently(
        write(tmp_path / "a.csv", [b"user,item,time", *rows])
    )
    assert data.timestamps.tolist() == expected
    assert malformed.places == (4,)


def test_ids_have_the_kind_that_they_have_without_the_malformed_rows(tmp_path):
    rows = [b"user,item,rating", b"1,2,3", b"x,2,good"]
    rows += [b"9007199254740993,2,1", b",2,1"]
    data, malformed = read_leniently(write(tmp_path / "a.csv", rows))
    assert data.users.ids.tolist() == [1, 9007199254740993]
    assert malformed.places == (3, 5)


def test_json_keeps_numbers_and_texts_apart(tmp_path):
    rows = [{"user": 1, "item": "a"}, {"user": "1", "item": "a", "more": {"x": []}}]
    path = write(tmp_path / "a.ndjson", [json.dumps(row).encode() for row in rows])
    data = read_interactions(path)
    assert data.users.ids[data.user_ids].tolist() == [1, "1"]
    huge = {"user": 2**70, "item": "é"}
    path = tmp_path / "b.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(huge, ensure_ascii=False).encode())
    assert content(read_interactions(path))[:2] == ([2**70], ["é"])


def test_json_test_rows_are_read_over_the_vocabulary_of_training(tmp_path):
    train = read_interactions(write(tmp_path / "a.csv", [b"user,item", b"7,x", b"a,y"]))
    path = write(tmp_path / "a.jsonl", [b'{"user": 7, "item": "x"}'])
    test, dropped = read_test(path, train)
    assert (content(test)[:2], dropped) == ((["7"], ["x"]), 0)


@pytest.mark.parametrize("suffix", [".rating", ".dat"])
def test_files_without_names_have_the_usual_ones(tmp_path, suffix):
    path = write(tmp_path / f"a{suffix}", lines_of(suffix))
    frame = read_frame(path)
    names = ["user_id", "item_id", "rating", "timestamp"]
    assert frame.columns.tolist() == names
    assert read_frame(path, text=["user_id"])["user_id"][0] == str(frame["user_id"][0])
    swapped = read_interactions(path, user_col="item_id", item_col="user_id")
    assert content(swapped)[:2] == content(read_interactions(path))[1::-1]


@pytest.mark.parametrize(
    ("users", "ids"),
    [
        ([b"1.10", b"1.1", b"1.0"], ["1.0", "1.1", "1.10"]),
        ([b"1.0", b"2"], ["1.0", "2"]),
    ],
)
def test_ids_that_numbers_would_change_stay_text(tmp_path, users, ids):
    rows = [b"user,item", *(user + b",1" for user in users)]
    data = read_interactions(write(tmp_path / "a.csv", rows))
    assert data.users.ids.tolist() == ids


def test_the_signature_of_utf8_is_no_part_of_a_number(tmp_path):
    for suffix in (".txt", ".rating", ".dat"):
        lines = lines_of(suffix)
        clean = read_interactions(write(tmp_path / f"a{suffix}", lines))
        path = write(tmp_path / f"b{suffix}", [b"\xef\xbb\xbf" + lines[0], *lines[1:]])
        assert content(read_interactions(path)) == content(clean)
        with path.open("ab") as file:
            file.write(b"?\n")
        assert content(read_leniently(path)[0]) == content(clean)


def test_lists_are_not_read_in_part(tmp_path):
    path = write(tmp_path / "a.txt", [b"1 2", b"x", b"3 4", b"y"])
    with pytest.raises(ValueError, match=r": 2 malformed rows, the first in line 2: "):
        read_frame(path, format="lists")


def test_rows_of_empty_fields_are_skipped_like_empty_lines(tmp_path):
    lines = [b"", b" ", HEADER.encode(), b"5,b,4,30", b",,,", b"", b" ", b"?"]
    data, malformed = read_leniently(write(tmp_path / "a.csv", [*lines, b"3,b,2,20"]))
    assert content(data) == ([5, 3], ["b", "b"], [4, 2], [30, 20])
    assert malformed.places == (8,)


def test_a_row_longer_than_a_block_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", [b"user,item", b"1," + b"7" * 2**23, b"1,2"])
    with pytest.raises(
        ValueError, match=r"a.csv: each row must have at most 4,194,304 bytes"
    ):
        read_interactions(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.sampled_from(BAD) | st.sampled_from(sorted(GOOD)), max_size=12),
    suffix=st.sampled_from([".csv", ".jsonl", ".lists"]),
)
def test_what_is_skipped_is_as_if_it_were_not_in_the_file(tmp_path, rows, suffix):
    header = lines_of(suffix)[: suffix == ".csv"]
    kept, everything, places = list(header), list(header), []
    for row in ["good", *rows]:
        if isinstance(row, tuple) and row[0] == suffix:
            everything.append(row[1])
            places.append(len(everything))
        else:
            kept.append(lines_of(suffix)[len(kept) % 2 + len(header)])
            everything.append(kept[-1])
    data, malformed = read_leniently(write(tmp_path / f"a{suffix}", everything))
    clean = read_interactions(write(tmp_path / f"b{suffix}", kept))
    assert content(data) == content(clean)
    assert list(malformed.places if malformed else ()) == places
