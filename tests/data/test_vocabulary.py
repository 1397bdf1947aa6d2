"""Vocabulary: raw ids of any kind come back as they went in."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tfrecs.data.id_arrays import as_id_array
from tfrecs.data.vocabulary import Vocabulary

TEXTS = st.text(max_size=3)
KINDS = {
    "ints": st.integers(),
    "floats": st.floats(-(2**52), 2**52) | st.sampled_from([-math.inf, math.inf]),
    "texts": TEXTS,
    "tuples": st.tuples(st.integers(0, 3), TEXTS),
    "ragged": st.lists(st.integers(0, 2), max_size=3).map(tuple),
    "mixed": st.one_of(st.integers(-2, 2), st.sampled_from(["1", "2", ""]), TEXTS),
}


def columns_of_ids():
    return st.one_of(
        [st.lists(kind, min_size=1, max_size=12) for kind in KINDS.values()]
    )


# Raw ids to indices and back


@pytest.mark.parametrize("kind", ["float16", ">i4", ">f8", "uint8"])
def test_numbers_of_every_size_and_byte_order_are_ids(kind):
    vocabulary, indices = Vocabulary.learn(np.array([7, 3, 7], kind), "users")
    assert indices.tolist() == [1, 0, 1]
    assert vocabulary.index(np.array([3, 9], kind)).tolist() == [0, -1]


@given(columns_of_ids())
@example([2**63, -1])  # NumPy alone would make floats of these
@example(["a\0", "a"])  # NumPy alone would make one id of these
@example([1, "1", (1,)])
def test_raw_ids_come_back(raw):
    vocabulary, indices = Vocabulary.learn(raw, "users")
    back = vocabulary.ids[indices].tolist()
    assert back == raw
    assert [type(id_) for id_ in back] == [type(id_) for id_ in raw]
    assert sorted(set(indices.tolist())) == list(range(len({*raw})))
    for found in (indices, vocabulary.index(raw), vocabulary.known(raw)):
        assert found.tolist() == indices.tolist()
        assert found.dtype == np.int32


def test_a_vocabulary_keeps_the_order_it_is_given():
    films = Vocabulary(["Heat", "Alien", "Big"], "items")
    assert films.index(["Big", "Heat", "Alien"]).tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("raw", "ids"),
    [
        ([10, 9, 10, -1], [-1, 9, 10]),
        (["b", "a", "B"], ["B", "a", "b"]),
        ([(2, "a"), (1, "b"), (1, "a")], [(1, "a"), (1, "b"), (2, "a")]),
        ([0.5, -0.5], [-0.5, 0.5]),
    ],
)
def test_learned_ids_are_sorted_where_they_sort(raw, ids):
    assert Vocabulary.learn(raw, "users")[0].ids.tolist() == ids


def test_learned_ids_that_do_not_compare_keep_their_first_order():
    vocabulary, indices = Vocabulary.learn(["b", 2, "a", 2, 1], "users")
    assert vocabulary.ids.tolist() == ["b", 2, "a", 1]
    assert indices.tolist() == [0, 1, 2, 1, 3]


@pytest.mark.parametrize(
    "source",
    [
        ["b", "a", "b"],
        ("b", "a", "b"),
        np.array(["b", "a", "b"]),
        np.array(["b", "a", "b"], dtype=object),
        pd.Series(["b", "a", "b"], index=[7, 7, 3]),
        pd.Index(["b", "a", "b"]),
        pd.Series(["b", "a", "b"], dtype="category"),
        pd.Series(["b", "a", "b"], dtype="string"),
    ],
    ids=lambda source: type(source).__name__,
)
def test_texts_are_python_texts_whatever_holds_them(source):
    vocabulary, indices = Vocabulary.learn(source, "users")
    assert [type(id_) for id_ in vocabulary.ids] == [str, str]
    assert indices.tolist() == [1, 0, 1]
    assert vocabulary.index(source).tolist() == [1, 0, 1]


def test_a_generator_is_read_once():
    assert as_id_array((i for i in (3, 1)), "users").tolist() == [3, 1]
    assert Vocabulary([3, 1]).known(i for i in (1, 3)).tolist() == [1, 0]


@pytest.mark.parametrize("ids", [[1, 2], [1.0, 2.5], pd.Series([1, 2], dtype="Int64")])
def test_whole_columns_of_numbers_stay_numbers(ids):
    assert Vocabulary(ids).index([2, 1, 2.5]).tolist()[1] == 0


def test_small_ints_are_held_as_ints_and_large_ones_as_objects():
    bounds = [-(2**63), 2**63 - 1]
    assert as_id_array(bounds, "users").dtype == np.int64
    assert as_id_array([bounds[0] - 1], "users").tolist() == [-(2**63) - 1]
    assert as_id_array([bounds[1] + 1], "users").dtype == object


def test_unknown_ids_have_index_minus_one():
    assert Vocabulary(["1", "2"]).index(["2", 2, "3", "1"]).tolist() == [1, -1, -1, 0]
    assert Vocabulary([(1, 2)]).index([(2, 1), (1, 2)]).tolist() == [-1, 0]


def test_nothing_can_change_a_vocabulary():
    source = np.array([3, 1])
    vocabulary = Vocabulary(source)
    source[0] = 1
    assert vocabulary.ids.tolist() == [3, 1]
    with pytest.raises(ValueError, match="read-only"):
        vocabulary.ids[0] = 1


def test_a_vocabulary_shows_its_size_name_and_first_ids():
    films = Vocabulary(["a", "b", "c", "d"], name="items")
    assert len(films) == 4
    assert repr(films) == "<Vocabulary of 4 items: 'a', 'b', 'c', ...>"
    assert repr(Vocabulary([7, 8])) == "<Vocabulary of 2 ids: 7, 8, ...>"


# Errors


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_missing_ids_are_counted_and_the_first_is_placed(missing):
    message = "`films` must have no missing ids.*: 2 missing, the first in row 1"
    for make in (as_id_array, Vocabulary, Vocabulary.learn):
        with pytest.raises(ValueError, match=message):
            make(["a", missing, "b", missing], "films")


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (np.zeros((2, 3)), r"must have one dimension.*shape \(2, 3\)"),
        (np.zeros(()), r"must have one dimension.*shape \(\)"),
        (["a", "b", "c", "b", "a"], "must be distinct. Received: 'b' more than once"),
        ([7, 8, 7], "must be distinct. Received: 7 more than once"),
    ],
)
def test_ids_are_distinct_and_of_one_dimension(ids, expected):
    with pytest.raises(ValueError, match=f"`films` {expected}"):
        Vocabulary(ids, "films")


@pytest.mark.parametrize("unknown", [["Heat"], {"a": 1}, ("Heat", ["Alien"])])
def test_unhashable_ids_are_refused_by_their_type(unknown):
    expected = f"`films` must be hashable.*Received: {type(unknown).__name__}"
    for look_up in (Vocabulary(["Heat"], "films").index, Vocabulary.learn):
        options = ["films"] if look_up == Vocabulary.learn else []
        with pytest.raises(TypeError, match=expected):
            look_up([unknown], *options)


def test_unknown_ids_are_counted_and_shown_with_their_type():
    expected = (
        r"`films` must be known\. Received: 2 of 3 unknown, the first '7' \(a str\)\. "
        r"Known ids look like 6 \(a int\)"
    )
    with pytest.raises(ValueError, match=expected):
        Vocabulary([6, 7], "films").known(np.array([6, "7", "8"], dtype=object))
    with pytest.raises(
        ValueError, match=r"first 9 \(a int\)\. Known ids look like 'x'"
    ):
        Vocabulary(["x"]).known([9])


# Growing


@given(columns_of_ids(), columns_of_ids())
@example(["b"], ["a\0", "a"])  # NumPy alone would make one id of these
def test_more_ids_come_after_those_that_there_are(first, more):
    vocabulary, _ = Vocabulary.learn(first, "users")
    extended = vocabulary.extended(more)
    before = len(vocabulary)
    assert extended.ids[:before].tolist() == vocabulary.ids.tolist()
    assert extended.index(first).tolist() == vocabulary.index(first).tolist()
    assert (extended.index(more) >= 0).all()
    assert len(extended) == len({*first, *more})
    new = [id_ for id_ in dict.fromkeys(more) if id_ not in {*first}]
    assert extended.ids[before:].tolist() == new
    assert extended.name == "users"


def test_ids_of_two_kinds_stay_what_they_are():
    extended = Vocabulary([1, 2], "items").extended(["1", 2])
    assert extended.ids.tolist() == [1, 2, "1"]


def test_messages_show_the_start_of_a_long_id():
    long = "1" + 9000 * "7"
    vocabulary = Vocabulary(np.array([long, "b"], object), "users")
    start = f"'1{58 * '7'}"
    assert repr(vocabulary) == f"<Vocabulary of 2 users: {start}, 'b', ...>"
    with pytest.raises(ValueError, match=f"the first {start} ") as error:
        vocabulary.known(np.array([long + "8"], object))
    assert len(str(error.value)) < 500
