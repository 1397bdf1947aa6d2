"""The learner with a model of histories: exact scores, steps, growth, and files."""

import keras
import numpy as np
import pytest

from tfrecs import Interactions, build_mf
from tfrecs.losses.multinomial import negative_log_likelihood
from tfrecs.models import HISTORY_MODELS
from tfrecs.optimizers import LazyAdam
from tfrecs.streaming import (
    Event,
    HistoryScorer,
    IncrementalRecommender,
    load,
    prequential,
    save,
)

FILMS = [*"abcdef"]
BATCH = Interactions.from_arrays(
    ["ann", "ann", "ann", "bob", "bob", "cy"],
    ["a", "b", "c", "d", "e", "f"],
    timestamps=[2, 1, 3, 1, 2, 1],
)
# Each user goes on three letters at a time.
EVENTS = [Event(f"u{n % 3}", "abcdefgh"[n // 3 * 3 % 8]) for n in range(24)]


@pytest.fixture(scope="module", params=HISTORY_MODELS)
def model(request, randomize):
    keras.utils.set_random_seed(3)
    build = HISTORY_MODELS[request.param]
    return randomize(build(6, embedding_dim=3, max_length=4, dropout=0.2, cosine=False))


def started(model, **settings):
    return IncrementalRecommender(HistoryScorer(**settings)).fit(BATCH, model)


def scores_of(model, *films):
    """The model's own scores after these films, by film."""
    row = [-1] * (4 - len(films)) + [FILMS.index(film) for film in films]
    return dict(zip(FILMS, model.score_users(np.array([row]))[0], strict=True))


def found(recommender, user):
    return dict(recommender.recommend(user, 99, exclude_seen=False))


def same(left, right):
    assert left.keys() == right.keys()
    for film in left:
        assert left[film] == pytest.approx(right[film], abs=1e-5)


def test_scores_are_the_models_for_the_history_of_now(model):
    made = started(model, learning_rate=0)
    same(found(made, "ann"), scores_of(model, "b", "a", "c"))
    made.partial_fit("ann", "f")
    same(found(made, "ann"), scores_of(model, "b", "a", "c", "f"))
    made.partial_fit("ann", "e")  # the oldest is no longer read
    same(found(made, "ann"), scores_of(model, "a", "c", "f", "e"))
    made.partial_fit("dee", "e")  # new
    same(found(made, "dee"), scores_of(model, "e"))
    made.partial_fit("bob", "d")  # again: it is the latest
    same(found(made, "bob"), scores_of(model, "e", "d"))
    [best, *_] = made.recommend("bob", 1)
    assert best[0] not in "ed"


def test_users_without_an_event_get_what_is_popular(model):
    made = started(model, learning_rate=0)
    made.partial_fit("dee", "f")
    assert made.recommend("eve", 1) == [("f", 2.0)]


def test_a_frozen_model_does_not_change(model):
    made = started(model, learning_rate=0, every=4)
    before = [np.array(x) for x in made.learner._model.weights]
    prequential(made, [event for event in EVENTS if event.item in FILMS])
    for old, new in zip(before, made.learner._model.weights, strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_step_is_that_of_the_softmax_over_the_pending_events(model, randomize):
    """By hand: each event after the items before it, alone in a row."""
    build = HISTORY_MODELS[model.name]
    model = randomize(
        build(6, embedding_dim=3, max_length=4, dropout=0.0, cosine=False)
    )
    made = started(model, learning_rate=0.1, every=3, num_negatives=5, seed=7)
    made.partial_fit("ann", "d", weight=2.0)
    made.partial_fit("bob", "a")
    before = [np.array(x) for x in made.learner._model.weights]
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    copy = type(model).from_config(model.get_config())
    for new, old in zip(copy.variables, model.variables, strict=True):
        new.assign(old)
    made.partial_fit("ann", "e")

    no = -1
    rows = [[no, 1, 0, 2], [no, no, 3, 4], [1, 0, 2, 3]]
    view = copy.over_shared_softmax()
    view.compile(LazyAdam(0.1), loss=negative_log_likelihood)
    next_items = np.zeros((3, 4), np.int32)
    next_items[:, -1] = [3, 0, 4]
    weights = np.zeros((3, 4), np.float32)
    weights[:, -1] = [2, 1, 1]
    negatives = np.random.default_rng((7, 9)).integers(0, 6, 5, np.int32)
    view.train_on_batch(
        {
            "history": np.array(rows, np.int32),
            "item_id": next_items.reshape(-1),
            "negative_id": negatives,
        },
        np.ones((12, 1), np.int8),
        sample_weight=weights.reshape(-1) * 12 / 3,  # the mean of three events
    )
    # The moments of Adam, which are the gradients: its step is of their signs.
    expected, got = (
        [np.array(v) for v in trained.optimizer.variables if "moment" in v.path]
        for trained in (view, made.learner._view)
    )
    assert len(expected) == 2 * len(model.trainable_variables)
    for one, two in zip(expected, got, strict=True):
        np.testing.assert_allclose(two, one, atol=1e-5)
    assert max(np.abs(moment).max() for moment in expected) > 1e-3


def test_learning_raises_the_next_item(model):
    slow = started(model, learning_rate=0.05, every=6, num_negatives=8)
    frozen = started(model, learning_rate=0)
    events = [Event(f"u{n // 2}", "ab"[n % 2]) for n in range(120)]
    for made in (slow, frozen):
        for event in events:
            made.partial_fit(*event)
        made.partial_fit("new", "a")

    def lead(made):
        scores = found(made, "new")
        return scores["b"] - np.mean([scores[film] for film in "cdef"])

    assert lead(slow) > lead(frozen) + 1


def test_new_items_start_at_the_mean_and_are_read(model):
    made = started(model, learning_rate=0)
    made.partial_fit("dee", "new film")
    scores = found(made, "ann")
    table = model.item_output()
    mean = {name: part.mean(axis=0) for name, part in table.items()}
    user = model.user_output(np.array([[-1, 1, 0, 2]]))["factors"][0]
    expected = user @ mean["factors"] + mean["bias"]
    assert scores["new film"] == pytest.approx(expected, abs=1e-5)
    assert set(found(made, "dee")) == {*FILMS, "new film"}
    known = {film: scores[film] for film in FILMS}
    same(known, scores_of(model, "b", "a", "c"))


def test_it_goes_on_from_a_file_to_the_bit(model, tmp_path):
    settings = {"learning_rate": 0.05, "every": 5, "num_negatives": 4, "seed": 2}
    unbroken = started(model, **settings)
    ranks = prequential(unbroken, EVENTS).ranks
    first = started(model, **settings)
    before = prequential(first, EVENTS[:13]).ranks
    save(first, tmp_path / "s.npz")
    second = load(tmp_path / "s.npz")
    after = prequential(second, EVENTS[13:]).ranks
    np.testing.assert_array_equal(np.concatenate([before, after]), ranks)
    assert (ranks > 0).sum() > 10
    assert len(second.items) == 8
    for user in ("ann", "u1"):
        assert second.recommend(user, 99) == unbroken.recommend(user, 99)
    assert second.learner.every == 5


def test_it_needs_a_model_of_histories(tmp_path):
    made = IncrementalRecommender(HistoryScorer())
    assert made.recommend("ann") == []
    save(made, tmp_path / "empty.npz")
    with pytest.raises(ValueError, match=r"needs a trained model.*fit\(train, model\)"):
        load(tmp_path / "empty.npz").fit(BATCH)
    with pytest.raises(ValueError, match=r"must read histories.*Received: mf"):
        IncrementalRecommender(HistoryScorer()).fit(BATCH, build_mf(3, 6))
    other = HISTORY_MODELS["gru"](5)
    with pytest.raises(ValueError, match=r"6 items of `train`. Received: a model of"):
        IncrementalRecommender(HistoryScorer()).fit(BATCH, other)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"learning_rate": -1}, "`learning_rate` must be at least 0.*=-1"),
        ({"every": 0}, "`every` must be .* at least 1.*=0"),
        ({"num_negatives": 0}, "`num_negatives` must be .* at least 1.*=0"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        HistoryScorer(**settings)
