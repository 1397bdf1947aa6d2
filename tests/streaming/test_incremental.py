"""The incremental recommender, and its evaluation event by event."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecs import Interactions, build_mf
from tfrecs.streaming import (
    LEARNERS,
    STREAM_METRICS,
    Event,
    IncrementalRecommender,
    ItemItem,
    Popular,
    Prequential,
    Ridge,
    events_of,
    prequential,
)

# Learners that need no Keras model.
ALONE = [name for name in LEARNERS if name not in ("one-step", "history")]
FILMS = [("ann", "Heat"), ("ann", "Alien"), ("bob", "Heat"), ("cy", "Tron")]


@pytest.fixture
def recommender():
    made = IncrementalRecommender(Popular())
    for user, film in [*FILMS, ("cy", "Heat"), ("dee", "Alien")]:
        made.partial_fit(user, film)
    return made


# Recommending


def test_what_is_recommended_is_known_and_not_seen(recommender):
    assert recommender.recommend("bob") == [("Alien", 2.0), ("Tron", 1.0)]
    assert recommender.recommend("bob", 1) == [("Alien", 2.0)]
    everything = [("Heat", 3.0), ("Alien", 2.0), ("Tron", 1.0)]
    assert recommender.recommend("bob", exclude_seen=False) == everything


def test_a_newcomer_is_shown_what_is_popular(recommender):
    found = [film for film, _ in recommender.recommend("eve")]
    assert found == ["Heat", "Alien", "Tron"]
    assert not recommender.knows("eve")
    assert recommender.knows("bob")


def test_ranks_have_ties_against_the_item(recommender):
    assert recommender.rank("bob", "Alien") == 1
    assert recommender.rank("bob", "Tron") == 2
    assert recommender.rank("eve", "Tron") == 3
    assert recommender.rank("bob", "Jaws") == 0  # never came
    assert recommender.rank("bob", "Heat") == -1  # had it
    assert recommender.rank("bob", "Heat", exclude_seen=False) == 1
    recommender.partial_fit("eve", "Tron")
    assert recommender.rank("bob", "Alien") == 2  # as popular as Tron now


@pytest.mark.parametrize("name", ALONE)
def test_ranks_are_places_in_what_is_recommended(name):
    made = IncrementalRecommender(LEARNERS[name]())
    rng = np.random.default_rng(0)
    for user, item in rng.integers(0, 12, (60, 2)).tolist():
        made.partial_fit(user, item)
    for user in range(13):
        listed = made.recommend(user, 99)
        scores = [score for _, score in listed]
        for item, score in listed:
            at_least = sum(other >= score for other in scores)
            assert made.rank(user, item) == at_least


def test_scores_are_compared_in_the_precision_of_the_learner(recommender):
    near = np.array([1.7e9, 1.7e9 + 10, 1.7e9 - 10])  # of Heat, Alien and Tron
    recommender.learner.scores = lambda user, log: near
    listed = recommender.recommend("eve", exclude_seen=False)
    assert listed == [("Alien", near[1]), ("Heat", near[0]), ("Tron", near[2])]
    assert [recommender.rank("eve", film) for film, _ in listed] == [1, 2, 3]


def test_popularity_counts_beyond_what_float32_holds(recommender):
    counts = recommender.learner._counts
    counts.values[:] = [2**24, 2**24, 2**24 - 1]
    recommender.partial_fit("gus", "Alien")
    assert recommender.rank("eve", "Alien") == 1
    assert recommender.recommend("eve", 1) == [("Alien", 2**24 + 1)]


# Weights


def test_confidence_weighs_an_event_by_its_rating():
    for confidence, expected in [("one", 1), ("rating", 4), ("log", 1 + np.log(5))]:
        made = IncrementalRecommender(ItemItem(), confidence=confidence)
        made.partial_fit("ann", "Heat", rating=4)
        assert made.log.of_user(0, 1).weights[0] == np.float32(expected)
    made.partial_fit("ann", "Alien", rating=4, weight=0.5)
    assert made.log.of_user(0, 1).weights[0] == 0.5


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (
            {"rating": -1.0},
            "`rating` must be at least 0, and finite. Received: rating=-1.0",
        ),
        ({"weight": float("nan")}, "`weight` must be at least 0.*nan"),
        ({"time": float("inf")}, "`time` must be finite. Received: time=inf"),
    ],
)
def test_an_event_that_is_refused_changes_nothing(recommender, event, message):
    with pytest.raises(ValueError, match=message):
        recommender.partial_fit("new", "Jaws", **event)
    assert not recommender.knows("new")
    assert recommender.rank("bob", "Jaws") == 0
    assert len(recommender.recommend("new")) == 3


def test_scores_that_diverged_raise():
    made = IncrementalRecommender(LEARNERS["isgd"](embedding_dim=2, learning_rate=9))
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="has diverged"):
        for _ in range(99):
            made.partial_fit("ann", "Heat", weight=9)
            made.rank("ann", "Heat", exclude_seen=False)
    with pytest.raises(ValueError, match="Lower the learning rate"):
        made.recommend("ann")


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"`confidence` must be one of one.*'some'"):
        IncrementalRecommender(Popular(), confidence="some")
    with pytest.raises(ValueError, match=r"`k` must be.*k=0"):
        IncrementalRecommender(Popular()).recommend("ann", 0)


# From a batch, and from a model


@pytest.fixture(scope="module")
def batch():
    rng = np.random.default_rng(1)
    pairs = np.unique(rng.integers(0, 9, (40, 2)), axis=0)
    order = rng.permutation(len(pairs))
    return Interactions.from_arrays(
        [f"u{user}" for user in pairs[:, 0]],
        [f"i{item}" for item in pairs[:, 1]],
        timestamps=order,
    )


def test_a_batch_teaches_as_its_events_do(batch):
    whole, popular = (
        IncrementalRecommender(Popular()),
        IncrementalRecommender(Popular()),
    )
    whole.fit(batch)
    assert whole.log.num_events == len(batch)
    for event in events_of(batch):
        popular.partial_fit(*event)
    for user in batch.users.ids:
        assert dict(whole.recommend(user, 99)) == dict(popular.recommend(user, 99))


def test_events_come_by_time(batch):
    order = np.argsort(batch.timestamps)
    assert [event[:2] for event in events_of(batch)] == [
        (batch.users.ids[batch.user_ids[row]], batch.items.ids[batch.item_ids[row]])
        for row in order
    ]
    times = [event.time for event in events_of(batch)]
    assert times == sorted(batch.timestamps)


def test_isgd_goes_on_with_a_models_scores(batch):
    model = build_mf(batch.num_users, batch.num_items, embedding_dim=3)
    made = IncrementalRecommender(LEARNERS["isgd"]()).fit(batch, model)
    scores = model.score_users(np.arange(batch.num_users))
    for row, user in enumerate(batch.users.ids):
        found = dict(made.recommend(user, 99, exclude_seen=False))
        expected = dict(zip(batch.items.ids, scores[row], strict=True))
        assert found == pytest.approx(expected, abs=1e-5)
    made.partial_fit("someone", "something")
    assert len(made.recommend("someone", 99)) == batch.num_items


def test_a_model_must_fit(batch):
    model = build_mf(3, 3)
    with pytest.raises(ValueError, match=r"must have the 9 users.*a model of 3 and"):
        IncrementalRecommender(Ridge()).fit(batch, model)
    with pytest.raises(ValueError, match="Popular cannot start from a"):
        IncrementalRecommender(Popular()).fit(batch, model)
    made = IncrementalRecommender(Popular()).fit(batch)
    with pytest.raises(
        ValueError, match=r"`fit` must come before any event.*with \d+\. Use"
    ):
        made.fit(batch)


# Prequential evaluation


def test_every_event_is_ranked_before_it_is_learned():
    """Popularity by hand: what each event's item was worth just before it."""
    events = [*FILMS, ("bob", "Alien"), ("bob", "Heat"), ("dee", "Heat")]
    made = IncrementalRecommender(Popular())
    found = prequential(made, [Event(*pair) for pair in events])
    # Heat and Alien are new; Heat is 1 to 1 with Alien, so second; Tron is new; Alien
    # is 1 to 1 with Tron, Heat being bob's; Heat again; Heat is first, 3 to 2
    np.testing.assert_array_equal(found.ranks, [0, 0, 2, 0, 2, -1, 1])
    expected = [False, True, False, False, True, True, False]
    np.testing.assert_array_equal(found.is_known, expected)
    metrics = found.metrics(2)
    assert metrics["recall@2"] == 3 / 6
    assert metrics["dcg@2"] == pytest.approx((2 / np.log2(3) + 1) / 6)
    assert metrics["mrr"] == pytest.approx((1 / 2 + 1 / 2 + 1) / 6)
    assert metrics["known/recall@2"] == 1 / 2
    assert metrics["new/mrr"] == pytest.approx((1 / 2 + 1) / 4)
    assert (metrics["events"], metrics["repeated"]) == (7, 1)
    assert metrics["unknown_items"] == 3


def test_seen_items_may_be_ranked_too():
    made = IncrementalRecommender(Popular())
    found = prequential(
        made, [Event("a", 1), Event("a", 2), Event("a", 1)], exclude_seen=False
    )
    np.testing.assert_array_equal(found.ranks, [0, 0, 2])


@given(st.lists(st.integers(-1, 30), min_size=1, max_size=40), st.integers(1, 9))
def test_moving_averages_against_plain_python(ranks, window):
    found = Prequential(np.array(ranks, np.int32), np.zeros(len(ranks), bool))
    scored = [rank for rank in ranks if rank != -1]
    of_rank = {
        "recall": lambda rank: float(1 <= rank <= 10),
        "dcg": lambda rank: 1 / np.log2(rank + 1) if 1 <= rank <= 10 else 0.0,
        "mrr": lambda rank: 1 / rank if rank else 0.0,
    }
    assert of_rank.keys() == STREAM_METRICS.keys()
    for name, value in of_rank.items():
        expected = [
            np.mean([value(rank) for rank in scored[max(0, end - window) : end]])
            for end in range(1, len(scored) + 1)
        ]
        moving = found.moving(name, window, 10)
        np.testing.assert_allclose(moving, expected, atol=1e-9)
        title = name if name == "mrr" else f"{name}@10"
        if scored:
            mean = np.mean([value(rank) for rank in scored])
            assert found.metrics(10)[title] == pytest.approx(mean)


def test_a_part_without_events_has_no_mean():
    found = Prequential(np.array([1], np.int32), np.array([True]))
    assert np.isnan(found.metrics()["new/recall@10"])
    with pytest.raises(ValueError, match="`name` must be one of recall, dcg, mrr"):
        found.moving("ndcg", 5)
    with pytest.raises(ValueError, match=r"`window` must be.*window=0"):
        found.moving("dcg", 0)
