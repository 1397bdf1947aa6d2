"""Dislikes as negatives of their own: which pairs are drawn, exactly, and how often."""

import logging

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import tfrecs
from tfrecs import Interactions
from tfrecs.data.dislikes import split_by_rating
from tfrecs.training.batches import pairwise_batches, several_positives_batches
from tfrecs.training.defaults import Settings
from tfrecs.training.negatives import exact_negatives
from tfrecs.training.partial_credit import partial_credit
from tfrecs.training.plan import Negatives, choose_negatives
from tfrecs.training.recipe import training_values

# Items 0 and 1 are liked by user 0, who dislikes 2 and 3; user 2 dislikes nothing.
RATINGS = np.array(
    [
        [5, 4, 1, 2, 0, 0, 0],
        [0, 5, 0, 0, 1, 0, 0],
        [4, 0, 5, 0, 0, 0, 0],
    ]
)
RATED = Interactions.from_matrix(RATINGS)
LIKES, DISLIKES = split_by_rating(RATED, 4)
UNKNOWN = [{4, 5, 6}, {0, 2, 3, 5, 6}, {1, 3, 4, 5, 6}]
DISLIKED = [{2, 3}, {4}, set()]
CREDIT = partial_credit({"kind": np.arange(7) % 2}, {"kind": 0.5})


def drawn(make, num_positives: int = 1, **options) -> list[tuple[int, list[int]]]:
    options = {"seed": 0, "epochs": 400, "num_negatives": 3, **options}
    return [
        (user, row[num_positives:])
        for inputs, *_ in make(LIKES, dislikes=DISLIKES, **options)
        for user, row in zip(
            inputs["user_id"].numpy().tolist(),
            inputs["item_id"].numpy().tolist(),
            strict=True,
        )
    ]


@pytest.mark.parametrize(
    ("make", "num_positives"),
    [(pairwise_batches, 1), (several_positives_batches, 10)],
)
def test_a_dislike_comes_first_and_none_is_drawn_as_unknown(make, num_positives):
    rows = drawn(make, num_positives)
    for user in range(3):
        firsts = [row[0] for u, row in rows if u == user]
        others = [item for u, row in rows if u == user for item in row[1:]]
        assert set(firsts) == (DISLIKED[user] or UNKNOWN[user])
        assert set(others) == UNKNOWN[user]
        for items in (firsts, others):
            counts = np.unique(items, return_counts=True)[1]
            assert len(counts) == 1 or stats.chisquare(counts).pvalue > 1e-4


def test_dislikes_follow_the_seed_and_other_negatives_have_none():
    assert drawn(pairwise_batches, epochs=2) == drawn(pairwise_batches, epochs=2)
    assert drawn(pairwise_batches, epochs=9) != drawn(
        pairwise_batches, epochs=9, seed=1
    )


def test_unknown_items_are_drawn_by_popularity_without_dislikes():
    # Item counts are 3, 2, 1 and 1; user 2 likes item 0 and dislikes item 1.
    ratings = [[5, 5, 5, 0], [5, 5, 0, 5], [5, 1, 0, 0]]
    likes, dislikes = split_by_rating(Interactions.from_matrix(ratings), 4)
    draw = exact_negatives(likes, "popularity", 2.0, dislikes)
    [drawn] = draw(tf.constant([2]), 2000, tf.constant([1, 2])).numpy()
    assert drawn[0] == 1
    counts = np.bincount(drawn[1:], minlength=4)
    assert counts[:2].tolist() == [0, 0]
    assert stats.chisquare(counts[2:]).pvalue > 1e-3


def test_fit_trains_likes_above_dislikes():
    plan = choose_negatives(LIKES, "bpr", Negatives(dislikes=DISLIKES))
    assert plan.negatives.kind == "own"
    reason = choose_negatives(LIKES, "bce", Negatives(dislikes=DISLIKES)).reason
    assert reason == "dislikes are negatives of single positives"
    model = tfrecs.build_mf(3, 7, embedding_dim=4)
    negatives = Negatives("own", num_negatives=1, dislikes=DISLIKES)
    tfrecs.fit(model, LIKES, seed=0, objective="bpr", negatives=negatives, epochs=60)
    scores = model.score_users(np.arange(3))
    assert scores[0, [0, 1]].min() > scores[0, [2, 3]].max()


@pytest.mark.parametrize("kind", ["shared", "in-batch", "all"])
def test_negatives_that_cannot_take_dislikes_refuse_them(kind):
    message = (
        r"`dislikes` must be left out.*=Interactions\. Use negatives of kind own\."
    )
    with pytest.raises(ValueError, match=message):
        choose_negatives(LIKES, "softmax", Negatives(kind, dislikes=DISLIKES))
    with pytest.raises(ValueError, match="Leave it out"):
        choose_negatives(RATED, "mse", Negatives("none", dislikes=DISLIKES))


def test_dislikes_that_do_not_fit_are_refused():
    with pytest.raises(
        ValueError, match=r"must hold no pair of `train`\. Received: 2 of"
    ):
        pairwise_batches(LIKES, seed=0, dislikes=RATED.take(RATED.ratings < 5))
    with pytest.raises(ValueError, match=r"exact=False\. Leave it out"):
        pairwise_batches(LIKES, seed=0, dislikes=DISLIKES, exact=False)
    with pytest.raises(ValueError, match="`credit` must be left out with `dislikes`"):
        negatives = Negatives("own", credit=CREDIT, dislikes=DISLIKES)
        choose_negatives(LIKES, "bpr", negatives).batches(LIKES, seed=0)
    with pytest.raises(ValueError, match="without `dislikes`, which is data"):
        training_values(Settings(negatives=Negatives("own", dislikes=DISLIKES)))
    with pytest.raises(ValueError, match="Both must share one vocabulary"):
        others = Interactions.from_matrix(np.eye(3, 8))
        pairwise_batches(LIKES, seed=0, dislikes=others)


# Dividing


def test_ratings_are_divided_by_the_minimum():
    assert LIKES.ratings.tolist() == [5, 4, 5, 4, 5]
    assert DISLIKES.ratings.tolist() == [1, 2, 1]
    assert LIKES.users is DISLIKES.users
    with pytest.raises(ValueError, match=r"above the lowest rating\. .*min_rating=1"):
        split_by_rating(RATED, 1)
    with pytest.raises(ValueError, match="at most 5, the highest"):
        split_by_rating(RATED, 6)


# Users who have every item


@pytest.fixture
def messages(caplog):
    caplog.set_level(logging.WARNING, logger="tfrecs")
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("make", [pairwise_batches, several_positives_batches])
def test_users_who_have_every_item_are_left_out_and_counted(make, messages):
    data = Interactions.from_matrix([[1, 1, 1], [1, 0, 0], [1, 1, 1], [0, 1, 1]])
    [(inputs, *_)] = make(data, seed=0)
    assert sorted(inputs["user_id"].numpy().tolist()) == [1, 3, 3]
    [message] = messages()
    assert message.startswith("2 of 4 users have an interaction with every item")
    assert "their 6 interactions are left out of training" in message


def test_a_user_whose_other_items_are_all_disliked_is_left_out(messages):
    likes, dislikes = split_by_rating(
        Interactions.from_matrix([[5, 1, 2], [5, 0, 0]]), 4
    )
    [(inputs, _)] = pairwise_batches(likes, seed=0, dislikes=dislikes)
    assert inputs["user_id"].numpy().tolist() == [1]
    assert messages()[0].startswith("1 of 2 users")


def test_leaving_users_out_by_popularity_may_leave_out_others(messages):
    # Without user 0, item 2 has no interactions: user 1 has all that can be drawn.
    # Without user 1 too, user 2 and user 3 lack the other's item.
    data = Interactions.from_matrix([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 1, 0]])
    [(inputs, _)] = pairwise_batches(data, seed=0, sampling="popularity")
    assert sorted(inputs["user_id"].numpy().tolist()) == [2, 3]
    assert messages()[0].startswith("2 of 4 users")
