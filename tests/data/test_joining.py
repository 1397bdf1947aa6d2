"""Joining later interactions to earlier ones: indices stay, later values win."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecs import Interactions
from tfrecs.data.joining import join, over

PAIRS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(0, 4)), min_size=1, unique=True
)


def made(pairs, **columns):
    users, items = zip(*pairs, strict=True)
    return Interactions.from_arrays(users, items, **columns)


def raw(interactions):
    return list(
        zip(
            interactions.users.ids[interactions.user_ids].tolist(),
            interactions.items.ids[interactions.item_ids].tolist(),
            strict=True,
        )
    )


@given(PAIRS, PAIRS)
def test_all_pairs_are_there_and_old_indices_stay(first, second):
    train, more = made(first), made(second)
    joined = join(train, more)
    assert sorted(raw(joined)) == sorted({*first, *second})
    assert joined.users.ids[: train.num_users].tolist() == train.users.ids.tolist()
    assert joined.items.ids[: train.num_items].tolist() == train.items.ids.tolist()
    assert {*joined.users.ids.tolist()} == {u for u, _ in first + second}
    assert raw(over(more, joined.users, joined.items)) == raw(more)


def test_later_ratings_replace_earlier_ones():
    train = made([("a", 1), ("b", 1)], ratings=[2, 3], timestamps=[1, 2])
    more = made([("c", 2), ("a", 1)], ratings=[5, 4], timestamps=[8, 9])
    joined = join(train, more)
    expected = dict(zip(raw(joined), joined.ratings.tolist(), strict=True))
    assert expected == {("a", 1): 4, ("b", 1): 3, ("c", 2): 5}
    assert joined.timestamps.tolist() == [2, 8, 9]
    assert joined.weights is None


def test_ratings_of_one_alone_are_refused():
    rated, plain = made([("a", 1)], ratings=[2]), made([("b", 1)])
    for name, parts in {"train": (rated, plain), "more": (plain, rated)}.items():
        with pytest.raises(ValueError, match=f"Received: ratings of {name} alone"):
            join(*parts)


@pytest.mark.parametrize(
    ("side", "pairs", "expected"),
    [
        ("users", [(7, 1), (8, 2)], r"7 \(a int\).*like 'a' \(a str"),
        ("items", [("a", "7"), ("b", "8")], r"'7' \(a str\).*like 1 \(a int"),
    ],
)
def test_ids_of_another_kind_are_refused(side, pairs, expected):
    with pytest.raises(ValueError, match=rf"`{side}` of `more` must be .*{expected}"):
        join(made([("a", 1), ("b", 2)]), made(pairs))


def test_ids_of_kinds_that_are_equal_or_mixed_are_joined():
    train = made([("a", 1), (2, 2)])
    assert len(join(train, made([("c", 1.0), (5, 3.0)])).users) == 4
    assert len(join(train, made([("c", "x"), (5, 3)])).items) == 4


def test_features_are_those_of_both():
    first = pd.DataFrame({"kind": ["x", "y"]}, index=[1, 2])
    second = pd.DataFrame({"kind": ["z", "w"]}, index=[2, 3])
    pairs = [("a", 2), ("a", 1)], [("b", 2), ("b", 3), ("b", 4)]
    train = made(pairs[0], item_features=first)
    joined = join(train, made(pairs[1], item_features=second))
    assert joined.items.ids.tolist() == [1, 2, 3, 4]
    assert joined.item_features["kind"].tolist()[:3] == ["x", "z", "w"]
    assert joined.item_features["kind"].isna().tolist() == [False] * 3 + [True]
    alone = join(train, made(pairs[1]))
    assert alone.item_features["kind"].tolist()[:2] == ["x", "y"]


def test_ids_that_a_vocabulary_lacks_are_refused():
    train = made([("a", 1)])
    with pytest.raises(ValueError, match="`users` must be known"):
        over(made([("b", 1)]), train.users, train.items)
