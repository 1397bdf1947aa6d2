"""The rule for ids: one table of columns, through every entrance."""

import io
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecs import Interactions, read_interactions
from tfrecs.bench.problem import load_data
from tfrecs.data.ids import (
    as_known_ids,
    canonical_integers,
    integers_of,
    one_id,
    raw_ids,
    text_ids,
    types_by_role,
)
from tfrecs.data.readers import read_leniently, read_test
from tfrecs.data.shards import prepare_shards
from tfrecs.data.vocabulary import Vocabulary
from tfrecs.streaming import IncrementalRecommender, Popular
from tfrecs.streaming.sources import CsvEvents, StandardInput, learn_from

LARGE = 2**63 - 1
COLUMNS = {
    "canonical integers": (["7", "-12", "0", str(LARGE)], [7, -12, 0, LARGE]),
    "zeros in front": (["007", "7"], ["007", "7"]),
    "a sign": (["+7", "7"], ["+7", "7"]),
    "negative zero": (["-0", "0"], ["-0", "0"]),
    "an exponent": (["1e5", "100000"], ["1e5", "100000"]),
    "fractions": (["7.0", "7"], ["7.0", "7"]),
    "hexadecimal": (["0x10", "16"], ["0x10", "16"]),
    "spaces": ([" 7", "7", "7 "], [" 7", "7", "7 "]),
    "beyond 64 bits": ([str(LARGE + 1), "1"], [str(LARGE + 1), "1"]),
    "above 2**53": (["9007199254740993", "1"], [9007199254740993, 1]),
    "names of nothing": (["NA", "null", "nan", "None", "N/A"],) * 2,
    "one text": (["1", "2", "x"], ["1", "2", "x"]),
    "separators": (["1_000", "1000"], ["1_000", "1000"]),
    "booleans": (["true", "True", "1"], ["true", "True", "1"]),
    "infinities": (["inf", "-inf", "1"], ["inf", "-inf", "1"]),
    "other digits": (["\u0667", "7"],) * 2,
}
"""Fields of a column, and the ids."""

INTEGER = {
    "zeros in front": (["007", "7", "8"], [7, 7, 8]),
    "a sign and spaces": (["+7", "-8 ", " 9"], [7, -8, 9]),
    "fractions": (["17385.0", "2."], [17385, 2]),
    "zeros": (["-0", "000"], [0, 0]),
}
"""Fields, and the ids by id_type="integer"."""

CASES = [(None, *case) for case in COLUMNS.values()]
CASES += [("integer", *case) for case in INTEGER.values()]
CASES += [("text", fields, fields) for fields, _ in COLUMNS.values()]


def written(folder, fields):
    rows = [f"{field},{row}" for row, field in enumerate(fields)]
    path = folder / "a.csv"
    path.write_text("\n".join(["user_id,item_id", *rows]), encoding="utf-8")
    return path


def users_of(data) -> list:
    """The user of each item, which is the number of a row."""
    by_item = np.argsort(data.items.ids[data.item_ids])
    return data.users.ids[data.user_ids[by_item]].tolist()


def by_reader(path, id_type):
    return users_of(read_interactions(path, id_type=id_type))


def by_lenient_reader(path, id_type):
    data, malformed = read_leniently(path, id_type=id_type)
    assert malformed is None
    return users_of(data)


def by_test_reader(path, id_type):
    train = read_interactions(path, id_type=id_type)
    if id_type != {"user": "integer"}:  # which no test file can know
        assert read_test(path, train)[1] == 0
    test, dropped = read_test(path, train, id_type=id_type)
    assert dropped == 0
    return users_of(test)


def by_bench(path, id_type):
    return users_of(load_data("", path, id_type=id_type).data.interactions)


def by_shards(path, id_type):
    shards = prepare_shards(path, path.parent / "out", seed=0, id_type=id_type)
    pairs = np.load(shards.folder / "shard-00000.npy")
    users, items = shards.users.ids[pairs[:, 0]], shards.items.ids[pairs[:, 1]]
    return users[np.argsort(items)].tolist()


READERS = [by_reader, by_lenient_reader, by_test_reader, by_bench, by_shards]


@pytest.mark.parametrize("entrance", READERS)
@pytest.mark.parametrize(("id_type", "fields", "ids"), CASES)
def test_ids_of_text_files_follow_the_rule(entrance, id_type, fields, ids, tmp_path):
    found = entrance(written(tmp_path, fields), id_type and {"user": id_type})
    assert found == ids
    assert {type(id_) for id_ in found} == {type(id_) for id_ in ids}


@pytest.mark.parametrize(("id_type", "fields", "ids"), CASES)
def test_ids_of_streams_are_text_unless_integers_are_asked_for(id_type, fields, ids):
    text = "".join(f"{field},1\n" for field in fields)
    source = StandardInput(
        CsvEvents(("user", "item"), id_type=id_type and {"user": id_type}),
        stream=io.BufferedReader(io.BytesIO(text.encode())),
    )
    recommender = IncrementalRecommender(Popular())
    assert learn_from(source, recommender).malformed == {}
    expected = ids if id_type == "integer" else fields
    assert list(recommender._users) == list(dict.fromkeys(expected))


@pytest.mark.parametrize("fields", [fields for fields, _ in COLUMNS.values()])
def test_text_of_typed_columns_stays_text(fields, tmp_path):
    frame = pd.DataFrame({"user_id": fields, "item_id": range(len(fields))})
    assert users_of(Interactions.from_frame(frame)) == fields
    frame.to_parquet(tmp_path / "a.parquet")
    lines = frame.to_json(orient="records", lines=True)
    (tmp_path / "a.jsonl").write_text(lines, encoding="utf-8")
    for name in ("a.parquet", "a.jsonl"):
        assert by_reader(tmp_path / name, None) == fields


# Typed columns

TYPED = [
    ([17385.0, 2.0], None, [17385, 2]),
    ([2, 3], None, [2, 3]),
    ([0.5, 2.5], None, [0.5, 2.5]),
    ([math.inf, 2.5], None, [math.inf, 2.5]),
    ([2, 2**62], "text", ["2", str(2**62)]),
    ([17385.0, 2.0], "text", ["17385", "2"]),
    (["007", "7.0", "+8"], "integer", [7, 7, 8]),
    ([7, "007"], "integer", [7, 7]),
]


@pytest.mark.parametrize(("values", "id_type", "ids"), TYPED)
def test_typed_ids_keep_their_type_and_whole_floats_are_integers(values, id_type, ids):
    for column in (values, pd.Series(values, dtype=object)):
        found = raw_ids(column, "users", id_type).tolist()
        assert found == ids
        assert [type(id_) for id_ in found] == [type(id_) for id_ in ids]
    frame = pd.DataFrame({"user_id": values, "item_id": range(len(values))})
    types = id_type and {"user": id_type}
    assert users_of(Interactions.from_frame(frame, id_type=types)) == ids
    data = Interactions.from_arrays(values, range(len(values)), id_type=types)
    assert users_of(data) == ids
    assert data.items.ids.dtype == np.int64


def test_an_integer_column_with_a_missing_row_elsewhere_is_of_integers(tmp_path):
    frame = pd.DataFrame({"user_id": [17385, None, 2], "item_id": [0, 1, 2]})
    assert frame["user_id"].dtype == float
    data = Interactions.from_frame(frame.dropna())
    assert data.users.ids.tolist() == [2, 17385]
    assert data.users.known([17385.0, 17385]).tolist() == [1, 1]
    frame.to_parquet(tmp_path / "a.parquet")
    whole = pa.table({"user_id": [2**60 + 1, None, 2], "item_id": [0, 1, 2]})
    pq.write_table(whole, tmp_path / "b.parquet")
    for name, ids in (("a.parquet", [2, 17385]), ("b.parquet", [2, 2**60 + 1])):
        data, malformed = read_leniently(tmp_path / name)
        assert data.users.ids.tolist() == ids
        assert malformed.places == (1,)


def test_metadata_of_integers_that_became_floats_are_matched_as_integers():
    frame = pd.DataFrame({"user_id": [1, 1], "item_id": [7, 8]})
    films = pd.DataFrame({"item_id": [7.0, 8.0, 9.0], "title": ["a", "b", "c"]})
    data = Interactions.from_frame(frame, items=films)
    assert data.items.ids.dtype == np.int64
    assert data.items.ids.tolist() == [7, 8, 9]


def test_floats_that_may_be_other_integers_are_refused(tmp_path):
    frame = pd.DataFrame({"user_id": [2.0**53, 1.0], "item_id": [1, 2]})
    message = r"2\*\*53 or more, which do not hold every.*9007199254740992.0 in row 0"
    for call in (
        lambda: Interactions.from_frame(frame),
        lambda: Interactions.from_arrays([1, 2.0**53], [1, 2]),
        lambda: Vocabulary([2**53, 1]).index([2.0**53]),
        lambda: Vocabulary([2**53, "a"]).known([2.0**53]),
    ):
        with pytest.raises(ValueError, match=r'2\*\*53 or more.*dtype="Int64"'):
            call()
    with pytest.raises(ValueError, match=f"`users` must not be floats of {message}"):
        Interactions.from_frame(frame)
    frame.to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=f"a.parquet: .*{message}"):
        read_interactions(tmp_path / "a.parquet")


def test_infinite_ids_are_no_integers():
    data = Interactions.from_frame(
        pd.DataFrame({"user_id": [math.inf, 2.0], "item_id": [0, 1]})
    )
    assert users_of(data) == [math.inf, 2.0]


def test_look_ups_of_numbers_are_exact():
    large = Vocabulary([1, 2**60, 2**60 + 1])
    assert large.index([1.0, 1.5, math.inf]).tolist() == [0, -1, -1]
    assert large.index(np.array([2**60 + 1], dtype=np.uint64)).tolist() == [2]
    floats = Vocabulary([1.0, 2.0**53])
    assert floats.index([2**53 + 1, 2**53, 1]).tolist() == [-1, 1, 0]


# Other types


@pytest.mark.parametrize("entrance", [by_reader, by_lenient_reader, by_shards])
def test_what_is_no_integer_is_refused_if_integers_are_asked_for(entrance, tmp_path):
    path = written(tmp_path, ["7", "1e5"])
    message = r"a.csv: .*'user_id' must hold integer.* as `id_type` says"
    if entrance is by_lenient_reader:
        data, malformed = read_leniently(path, id_type={"user": "integer"})
        assert (users_of(data), malformed.places) == ([7], (3,))
    else:
        with pytest.raises(ValueError, match=message):
            entrance(path, {"user": "integer"})


def test_values_of_another_type_are_refused_with_their_row():
    message = r"`users` must be integer ids, as `id_type` says.*'x' in row 1"
    with pytest.raises(ValueError, match=message):
        raw_ids([1, "x"], "users", "integer")
    with pytest.raises(ValueError, match=r"must be text ids.*\(1, 2\) in row 0"):
        raw_ids([(1, 2)], "users", "text")


@pytest.mark.parametrize("id_type", ["number", {"user": "float"}, {"users": "text"}])
def test_unknown_types_and_roles_are_refused(id_type, tmp_path):
    path = written(tmp_path, ["7"])
    for call in (
        lambda: types_by_role(id_type),
        lambda: read_interactions(path, id_type=id_type),
        lambda: prepare_shards(path, tmp_path / "out", seed=0, id_type=id_type),
        lambda: CsvEvents(id_type=id_type),
    ):
        with pytest.raises(ValueError, match=r"`id_type` must be one of"):
            call()


def test_test_ids_are_of_the_type_of_training(tmp_path):
    train = read_interactions(written(tmp_path, ["7", "8"]))
    test, dropped = read_test(written(tmp_path, ["7", "007", "x"]), train)
    assert (users_of(test), dropped) == ([7], 2)
    train = read_interactions(written(tmp_path, ["7", "007"]))
    test, dropped = read_test(written(tmp_path, ["7", "8"]), train)
    assert (users_of(test), dropped) == (["7"], 1)


@given(st.lists(st.from_regex(r"[-+ 0-9.ex]{0,21}", fullmatch=True), min_size=1))
def test_columns_and_single_fields_follow_one_rule(fields):
    column = pa.array(fields)
    expected = [one_id(field, "integer") for field in fields]
    expected = [
        None if id_ is None or not -(2**63) <= id_ < 2**63 else id_ for id_ in expected
    ]
    assert integers_of(column).to_pylist() == expected
    pairs = list(zip(expected, fields, strict=True))
    same = [i is not None and str(i) == field for i, field in pairs]
    ids, bad = text_ids(column)
    assert ids.to_pylist() == (expected if all(same) else fields)
    assert not bad.any()
    known = as_known_ids(pa.chunked_array([column]), np.array([1])).tolist()
    assert known == [
        i if is_same else f for (i, f), is_same in zip(pairs, same, strict=True)
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["7", "-7", "0", None, "10", "99", "100"], [7, -7, 0, None, 10, 99, 100]),
        ([str(-(2**63)), str(2**63 - 1)], [-(2**63), 2**63 - 1]),
        ([str(10**n) for n in range(19)], [10**n for n in range(19)]),
        ([str(10**n - 1) for n in range(19)], [10**n - 1 for n in range(19)]),
        ([str(-(10**n)) for n in range(19)], [-(10**n) for n in range(19)]),
        ([], []),
        ([None], [None]),
        (["7", "007"], None),
        (["-0"], None),
        (["00"], None),
        (["-07", "123"], None),
        (["0xFFFFFFFF", "1"], None),  # as long as 4294967295, which it is
        (["0X7FFFFFFFFFFFFFFF", "007"], None),  # 18 for 19 digits, and 3 for one
        (["1e5"], None),
    ],
)
@pytest.mark.parametrize("chunks", [1, 2])
def test_canonical_integers_are_found_by_their_length(fields, expected, chunks):
    text = pa.chunked_array([pa.array(fields, pa.string())] * chunks)
    found = canonical_integers(text.combine_chunks() if chunks == 1 else text)
    assert (None if found is None else found.to_pylist()) == (
        None if expected is None else expected * chunks
    )
