"""Learners of a stream: by hand, against slow ways, and what all of them must do."""

import numpy as np
import pytest

from tfrecs.streaming import (
    LEARNERS,
    EventLog,
    Forgetting,
    Isgd,
    ItemItem,
    Popular,
    RankingSgd,
    Ridge,
)

EVENTS = [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (2, 3), (1, 3), (3, 0)]


def taught(learner, events=EVENTS, forgetting=None, weight=1.0):
    """The learner and the log after some events, everyone known from the start."""
    log = EventLog(forgetting)
    log.grow(5, 5)
    learner.grow(log)
    for user, item in events:
        log.add(user, item, weight, 0.0)
        learner.learn(user, item, weight, log)
    return log


# All learners


# Learners that need a Keras model have files of their own.
@pytest.fixture(params=[x for x in LEARNERS if x not in ("one-step", "history")])
def make(request):
    return LEARNERS[request.param]


def test_scores_are_of_all_items_and_finite(make):
    learner = make()
    log = taught(learner)
    for user in range(5):  # the last has no event
        scores = learner.scores(user, log)
        assert scores.shape == (5,)
        assert np.isfinite(scores).all()


def test_users_and_items_that_come_later_change_nothing(make):
    learner = make()
    log = taught(learner)
    before = [np.array(learner.scores(user, log)) for user in range(4)]
    log.grow(50, 40)
    learner.grow(log)
    for user, scores in enumerate(before):
        found = learner.scores(user, log)
        assert found.shape == (40,)
        np.testing.assert_allclose(found[:5], scores, rtol=1e-5)


def test_a_learner_goes_on_from_its_state_to_the_bit(make):
    more = [(4, 2), (0, 3), (4, 0)]
    unbroken = make()
    taught(unbroken, EVENTS + more)

    first, second = make(), make()
    log = taught(first)
    resumed = EventLog()
    resumed.restore(log.state(), log.num_users, log.num_items)
    second.restore({name: part.copy() for name, part in first.state().items()}, resumed)
    for user, item in more:
        resumed.add(user, item, 1.0, 0.0)
        second.learn(user, item, 1.0, resumed)
    expected, found = unbroken.state(), second.state()
    assert expected.keys() == found.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])


# Popular


def test_popular_counts_all_events_or_the_latest():
    everything, latest = Popular(), Popular(window=3)
    events = [*EVENTS, (3, 0)]  # a repeated event counts
    log = taught(everything, events)
    np.testing.assert_array_equal(everything.scores(0, log), [4, 2, 2, 2, 0])
    log = taught(latest, events)  # the last three: items 3, 0, 0
    np.testing.assert_array_equal(latest.scores(0, log), [2, 0, 0, 1, 0])


# ItemItem


def test_item_item_by_hand():
    """User 0 had 0, 1, 2; user 1 had 0, 2, 3. What user 2, who has 0, is shown."""
    learner = ItemItem(most=2, decay=0.5, backward=0.25, power=1.0, shrink=1.0)
    log = taught(
        learner, [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (1, 3), (2, 4), (2, 0)]
    )
    # near(0, .): 1 by user 0; 2, once with one between, .5, and once right after, 1;
    # 3 with one between, .5; and 4 came before it, .25
    near = np.array([0, 1, 0.5 + 1, 0.5, 0.25])
    near += 0.5 * np.array([1, 0, 0, 0, 0])  # of 4, one item ago: 0 came after it
    counts = np.array([3, 1, 2, 1, 1])
    own = np.array([1 / 4] * 5)  # of item 0: n = 3
    own[0] = 1 / 2  # of item 4, the only one that is near item 0: n = 1
    expected = near * own / (counts + 1)
    np.testing.assert_allclose(learner.scores(2, log), expected, atol=2e-6)


def test_item_item_that_looks_one_item_back_is_a_markov_chain():
    learner = ItemItem(most=1, backward=0, power=0)
    log = taught(learner, [(0, 0), (0, 1), (1, 0), (1, 2), (2, 0), (2, 1), (3, 0)])
    np.testing.assert_allclose(learner.scores(3, log), [0, 2, 1, 0, 0], atol=2e-6)


def test_what_came_again_is_what_came_last():
    learner = ItemItem(most=1, backward=0, power=0)
    log = taught(learner, [(0, 0), (0, 1), (1, 2), (1, 3), (2, 0), (2, 2), (2, 0)])
    # of user 2's items 0 came last, and twice; 1 and 2 came after it once each
    np.testing.assert_allclose(learner.scores(2, log), [0, 2, 2, 0, 0], atol=2e-6)


def test_equals_go_by_popularity():
    learner = ItemItem()
    log = taught(learner, [(0, 1), (1, 1), (2, 2)])
    scores = learner.scores(4, log)
    assert scores[1] > scores[2] > scores[0]


def test_item_item_is_the_cosine_of_items_users():
    learner = ItemItem(most=99, decay=1, backward=1, power=0.5, shrink=0)
    log = taught(learner)
    had = np.zeros((5, 5))
    had[tuple(np.array(EVENTS).T)] = 1
    lengths = np.sqrt(had.sum(axis=0).clip(min=1))
    cosine = had.T @ had / lengths / lengths[:, None]
    np.fill_diagonal(cosine, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        for user in range(4):
            found = learner.scores(user, log)[:4]
            np.testing.assert_allclose(found, (had @ cosine)[user][:4], atol=2e-6)


def test_item_item_counts_as_a_dictionary_does():
    """Many items, so that rows widen several times."""
    learner = ItemItem(most=5, decay=0.5, backward=0.25, power=0.5, shrink=1.0)
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, (60, 300), (3000, 2)).tolist()
    log = EventLog()
    log.grow(60, 300)
    learner.grow(log)
    near, past = np.zeros((300, 300)), [[] for _ in range(60)]
    times = np.zeros((60, 300))
    for user, item in pairs:
        times[user, item] += 1
        log.add(user, item, 1.0, 0.0)
        learner.learn(user, item, 1.0, log)
        before = [other for other in past[user] if other != item]
        for distance, other in enumerate(before[::-1][:5]):
            near[other, item] += 0.5**distance
            near[item, other] += 0.25 * 0.5**distance
        past[user] = [*before, item]
    damping = (log.item_counts + 1) ** -0.5
    for user in range(60):
        expected = np.zeros(300)
        for distance, item in enumerate(past[user][::-1][:5]):
            weight = 0.5**distance * times[user, item] * damping[item]
            expected += weight * near[item] * damping
        np.testing.assert_allclose(learner.scores(user, log), expected, atol=3e-6)


def test_an_item_keeps_its_most_frequent_neighbours():
    """With room for two: a third takes the smaller one's place and goes on from it."""
    learner = ItemItem(most=1, neighbours=2, backward=0, power=0)
    events = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 2), (3, 0), (3, 3), (4, 0)]
    log = taught(learner, events)
    # after item 0 came 1 twice, 2 once and then 3, in the place of 2, at 1 + 1
    np.testing.assert_allclose(learner.scores(4, log), [0, 2, 0, 2, 0], atol=2e-6)


def test_memory_is_linear_in_the_items():
    learner, log = ItemItem(), EventLog()
    log.grow(200, 4_000)
    learner.grow(log)
    for item in range(4_000):
        log.add(item // 20, item, 1.0, 0.0)
        learner.learn(item // 20, item, 1.0, log)
    held = sum(array.nbytes for array in learner.state().values())
    assert held <= 4_000 * 32 * 8  # each has at most 10 before it and 10 after it


# Isgd


def test_isgd_by_hand():
    learner = Isgd(2, learning_rate=0.5, l2=0.1)
    log = EventLog()
    log.grow(1, 1)
    learner.start_from(np.array([[1.0, 2.0]]), np.array([[0.5, -0.5]]), log)
    learner.learn(0, 0, 1.0, log)
    error = 1 - (1 * 0.5 - 2 * 0.5)  # 1.5
    p = [1 + 0.5 * (error * 0.5 - 0.1), 2 + 0.5 * (-error * 0.5 - 0.2)]
    q = [0.5 + 0.5 * (error * p[0] - 0.05), -0.5 + 0.5 * (error * p[1] + 0.05)]
    np.testing.assert_allclose(learner.scores(0, log), [p[0] * q[0] + p[1] * q[1]])


# RankingSgd


@pytest.mark.parametrize("objective", ["bpr", "softmax"])
def test_ranking_sgd_takes_a_step_of_gradient_descent(objective):
    """Against differences of the loss in every number of the vectors."""
    learner = RankingSgd(
        objective, num_negatives=4, embedding_dim=3, learning_rate=1e-3, l2=0, seed=2
    )
    log = taught(learner, [(0, 1)])
    log.add(0, 2, 1.0, 0.0)
    state = {name: part.astype(float) for name, part in learner.state().items()}
    rng = np.random.default_rng((2, log.num_events))
    negatives = [n for n in rng.integers(5, size=4) if n not in (1, 2)]
    assert negatives  # else this shows nothing

    def loss(users, items):
        gaps = [users[0] @ items[2] - users[0] @ items[n] for n in negatives]
        if objective == "bpr":
            return np.mean([np.log(1 + np.exp(-gap)) for gap in gaps])
        return np.log(1 + sum(np.exp(-gap) for gap in gaps))

    learner.learn(0, 2, 1.0, log)
    for name, part in learner.state().items():
        change = np.zeros_like(state[name])
        for place in np.ndindex(*change.shape):
            ends = []
            for end in (1e-5, -1e-5):
                moved = {key: value.copy() for key, value in state.items()}
                moved[name][place] += end
                ends.append(loss(moved["users"], moved["items"]))
            change[place] = -1e-3 * (ends[0] - ends[1]) / 2e-5
        np.testing.assert_allclose(part - state[name], change, atol=2e-7)


@pytest.mark.parametrize(
    ("learner", "events", "weight"),
    [
        (Isgd(3, l2=0), [], 0.0),
        (RankingSgd(), [(0, item) for item in range(5)], 1.0),  # no negative is left
    ],
)
def test_an_event_that_teaches_nothing(learner, events, weight):
    log = taught(learner, events)
    before = np.array(learner.scores(0, log))
    learner.learn(0, 2, weight, log)
    np.testing.assert_array_equal(learner.scores(0, log), before)


# Ridge


def ridge_of(others, weights, unobserved_weight, l2):
    """The minimum, by least squares of rows stacked one above the other."""
    rows = [np.sqrt(unobserved_weight) * others["all"]]
    rows += [np.sqrt(weights)[:, None] * others["had"]]
    rows += [np.sqrt(l2) * np.eye(others["all"].shape[1])]
    target = [np.zeros(len(others["all"])), np.sqrt(weights), np.zeros(len(rows[2]))]
    return np.linalg.lstsq(np.concatenate(rows), np.concatenate(target), rcond=None)[0]


def test_ridge_solves_for_the_user_and_then_for_the_item():
    learner = Ridge(3, most=2, unobserved_weight=0.2, l2=0.7)
    log = taught(learner, [*EVENTS, (3, 1)])
    items = learner.state()["items"].astype(float)
    users = learner.state()["users"].astype(float)
    log.add(3, 2, 2.5, 0.0)
    learner.learn(3, 2, 2.5, log)
    had = {"all": items, "had": items[[1, 2]]}  # the latest two, of 0, 1 and 2
    user = ridge_of(had, np.array([1.0, 2.5]), 0.2, 0.7)
    np.testing.assert_allclose(learner.state()["users"][3], user, rtol=1e-4)
    users[3] = user
    had = {"all": users, "had": users[[0, 3]]}  # the latest two, of 1, 0 and 3
    item = ridge_of(had, np.array([1.0, 2.5]), 0.2, 0.7)
    np.testing.assert_allclose(learner.state()["items"][2], item, rtol=1e-4)


def test_ridge_starts_from_a_models_items():
    log = EventLog()
    log.grow(2, 3)
    log.add(0, 0, 1.0, 0.0)
    log.add(1, 1, 1.0, 0.0)
    items = np.array([[1.0, 0.5], [-0.5, 2.0], [9.0, 9.0]])
    learner = Ridge(unobserved_weight=0.2, l2=0.7)
    learner.start_from(np.zeros((2, 2)), items, log)
    found = learner.state()
    np.testing.assert_array_equal(found["items"][:2], items[:2])
    assert (np.abs(found["items"][2]) < 1).all()  # no one had it: it is as if new
    every = {"all": found["items"].astype(float), "had": items[:1]}
    user = ridge_of(every, np.ones(1), 0.2, 0.7)
    np.testing.assert_allclose(found["users"][0], user, rtol=1e-4)


def test_newcomers_are_shown_what_is_popular():
    learner = Ridge()
    log = taught(learner)
    np.testing.assert_array_equal(learner.scores(4, log), [3, 2, 2, 2, 0])


# The log


def test_the_log_keeps_pairs_once_with_their_weights():
    log = EventLog()
    log.grow(2, 3)
    for user, item, weight in [(0, 2, 1.0), (0, 1, 2.0), (0, 2, 4.0), (1, 2, 8.0)]:
        log.add(user, item, weight, 0.0)
    assert log.num_events == 4
    np.testing.assert_array_equal(log.items_of(0), [1, 2])  # as they last came
    np.testing.assert_array_equal(log.of_user(0, 9).weights, [2, 5])
    np.testing.assert_array_equal(log.of_item(2, 9).ids, [0, 1])
    np.testing.assert_array_equal(log.of_item(2, 9).weights, [5, 8])
    np.testing.assert_array_equal(log.item_counts, [0, 1, 2])
    assert log.has(0, 1)
    assert not log.has(1, 1)


def test_forgetting_by_event():
    log = EventLog(Forgetting(half_life=2, window=5))
    log.grow(1, 9)
    for item in range(7):
        log.add(0, item, 1.0, 99.0 - item)
    past = log.of_user(0, 9)  # ages 6 to 0, of which those from 5 on are forgotten
    np.testing.assert_array_equal(past.ids, [2, 3, 4, 5, 6])
    expected = [2**-2, 2**-1.5, 2**-1, 2**-0.5, 1]
    np.testing.assert_allclose(past.weights, expected, rtol=1e-6)
    np.testing.assert_array_equal(log.items_of(0), range(7))


def test_forgetting_by_time_takes_late_events_as_they_are():
    log = EventLog(Forgetting(by="time", half_life=10))
    log.grow(1, 3)
    for item, time in [(0, 100.0), (1, 130.0), (2, 110.0)]:  # the last came late
        log.add(0, item, 1.0, time)
    expected = [2**-3, 1, 2**-2]
    np.testing.assert_allclose(log.of_user(0, 9).weights, expected, rtol=1e-6)


# Bad settings


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Ridge(0), "`embedding_dim` must be.*embedding_dim=0"),
        (lambda: Ridge(l2=0), "`l2` must be above 0, and finite. Received: l2=0"),
        (lambda: Ridge(unobserved_weight=-1), "`unobserved_weight` must be above 0"),
        (lambda: Isgd(learning_rate=0), "`learning_rate` must be above 0"),
        (
            lambda: Isgd(l2=-0.5),
            "`l2` must be at least 0, and finite. Received: l2=-0.5",
        ),
        (lambda: RankingSgd("hinge"), "`objective` must be one of bpr, softmax.*hinge"),
        (lambda: RankingSgd(num_negatives=0), "`num_negatives` must be.*=0"),
        (lambda: ItemItem(decay=1.5), "`decay` must be above 0 and at most 1.*1.5"),
        (lambda: ItemItem(power=-1), "`power` must be at least 0.*power=-1"),
        (lambda: ItemItem(neighbours=9), "`neighbours` must be at least `most`, 10.*9"),
        (lambda: ItemItem(most=0), "`most` must be.*most=0"),
        (lambda: Popular(window=0), "`window` must be.*window=0"),
        (lambda: Forgetting(by="day"), "`by` must be one of event, time.*day"),
        (lambda: Forgetting(half_life=0), "`half_life` must be above 0.*half_life=0"),
        (
            lambda: Forgetting(window=-1),
            "`window` must be above 0, and finite. Received: window=-1",
        ),
    ],
)
def test_bad_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make()
