"""What stands on a user's shelves."""

from functools import partial
from types import SimpleNamespace

import pandas as pd
import pytest

from tfrecs import Interactions, Recommender, build_history_mean, build_mf
from tfrecs.reporting.posters import poster, shelves_for, shelves_for_history

TITLES = ["Alien", "Brazil", "Casino", "Dune", "Eraserhead"]


def recommender(**columns) -> SimpleNamespace:
    """Ann has taken a to d, Bob e; everyone is recommended e and d, in this order."""
    features = {"title": TITLES, "rank": list("vwxyz")}
    train = Interactions.from_arrays(
        ["ann"] * 4 + ["bob"],
        [*"abcd", "e"],
        item_features=pd.DataFrame(features, index=[*"abcde"]),
        **columns,
    )
    return SimpleNamespace(
        train=train,
        recommend=lambda users, k: pd.DataFrame(
            {"user": users * 2, "item": ["e", "d"], "score": [2.0, 1.0], "rank": [1, 2]}
        )[:k],
        similar_items=lambda items, k: pd.DataFrame(
            {"item": ["b"], "score": [0.9], "rank": [1], "similar_to": items}
        ),
    )


def titles(frame: pd.DataFrame) -> str:
    return "".join(title[0] for title in frame["title"])


@pytest.mark.parametrize(
    ("columns", "order"),
    [
        ({}, "ABCD"),
        ({"ratings": [3, 5, 5, 4, 5], "timestamps": [9, 1, 2, 0, 0]}, "CBDA"),
        ({"ratings": [1, 2, 2, 1, 5]}, "BCAD"),
        ({"timestamps": [4, 2, 3, 1, 0]}, "ACBD"),
    ],
)
def test_liked_items_have_the_highest_ratings_and_then_the_latest_times(columns, order):
    shelves = shelves_for(recommender(**columns), "ann")
    assert titles(shelves["Liked"]) == order
    assert list(shelves)[2].startswith(f"Similar to {order[0]}")
    assert shelves["Liked"].get("rating", pd.Series()).is_monotonic_decreasing


def test_recommended_and_similar_items_have_their_titles_and_keep_their_columns():
    shelves = shelves_for(recommender(), "ann", similar_to="d")
    assert list(shelves) == ["Liked", "Recommended", "Similar to Dune"]
    assert titles(shelves["Recommended"]) == "ED"
    assert shelves["Recommended"]["rank"].tolist() == [1, 2]  # not the feature
    assert titles(shelves["Similar to Dune"]) == "B"
    assert shelves["Similar to Dune"]["similar_to"].tolist() == ["d"]


def test_a_shelf_has_at_most_k_items():
    shelves = shelves_for(recommender(), "ann", k=1)
    assert [len(frame) for frame in shelves.values()] == [1, 1, 1]
    with pytest.raises(ValueError, match=r"`k` must be .* at least 1.*k=0"):
        shelves_for(recommender(), "ann", k=0)


def test_an_item_without_a_title_is_called_by_its_id():
    assert "Similar to a" in shelves_for(recommender(), "ann", title_col="name")
    known = recommender()
    known.train.item_features.loc["a", "title"] = None
    assert "Similar to a" in shelves_for(known, "ann")


def test_a_catalogue_without_features_has_shelves_of_items():
    known = recommender()
    known.train = Interactions.from_arrays(["ann", "ann"], ["d", "e"])
    shelves = shelves_for(known, "ann")
    assert shelves["Liked"].columns.tolist() == ["item"]
    assert ">d</h3>" in poster({"Liked": shelves["Liked"]}, title_col="item")


def test_someone_without_items_gets_what_is_recommended():
    known = recommender()
    known.train = known.train.take(known.train.user_ids == 1)  # bob's
    shelves = shelves_for(known, "ann")
    assert list(shelves) == ["Liked", "Recommended"]
    assert len(shelves["Liked"]) == 0
    assert "Nothing yet." in poster(shelves)
    assert list(shelves_for(known, "ann", similar_to="b"))[-1] == "Similar to Brazil"


def test_unknown_ids_are_errors():
    with pytest.raises(ValueError, match=r"`users` must be known.*'eve'"):
        shelves_for(recommender(), "eve")
    with pytest.raises(ValueError, match=r"`items` must be known.*'z'"):
        shelves_for(recommender(), "ann", similar_to="z")


def test_a_recommender_fills_all_three_shelves():
    train = recommender().train
    known = Recommender(build_mf(2, 5), train)
    shelves = shelves_for(known, "ann", k=4)
    assert list(shelves) == ["Liked", "Recommended", "Similar to Alien"]
    assert titles(shelves["Recommended"]) == "E"
    assert sorted(titles(shelves["Similar to Alien"])) == [*"BCDE"]
    assert shelves["Recommended"]["rank"].tolist() == [1]
    assert poster(shelves, detail_cols=[]).count("<article>") == 4 + 1 + 4


@pytest.mark.parametrize(("count", "lengths"), [(5, [2, 3, 4]), (1, [1, 0])])
def test_shelves_of_a_small_catalogue_are_as_long_as_they_can_be(count, lengths):
    liked = min(count, 2)
    users, items = [7] * liked + [8] * count, [*range(liked), *range(count)]
    train = Interactions.from_arrays(users, items)
    known = Recommender(build_mf(2, count, embedding_dim=2), train)
    assert [len(frame) for frame in shelves_for(known, 7).values()] == lengths


@pytest.mark.parametrize("build", [build_history_mean, partial(build_mf, 2)])
def test_a_history_fills_all_three_shelves_the_latest_first(build):
    known = Recommender(build(5), recommender().train)
    shelves = shelves_for_history(known, ["d", "a", "d", "b"], k=2)
    assert list(shelves) == ["Liked", "Recommended", "Similar to Brazil"]
    assert titles(shelves["Liked"]) == "BD"
    expected = known.recommend_for_history(["d", "a", "d", "b"], 2)
    assert shelves["Recommended"]["item"].tolist() == expected["item"].tolist()
    assert len(shelves["Similar to Brazil"]) == 2
    assert poster(shelves).count("<article>") == 6
    with pytest.raises(ValueError, match=r"`items` must be known.*'z'"):
        shelves_for_history(known, ["z"])
    with pytest.raises(ValueError, match=r"`k` must be .* at least 1.*k=0"):
        shelves_for_history(known, ["a"], k=0)
