"""The learner that trains any model: it learns, grows, and goes on to the bit."""

import keras
import numpy as np
import pytest

from tfrecs import Interactions, build_mf, build_neumf
from tfrecs.streaming import (
    Event,
    IncrementalRecommender,
    OneStep,
    load,
    prequential,
    save,
)

SIZES = {"embedding_dim": 3, "mlp_embedding_dim": 4, "hidden_units": (4, 2)}
# Each user has a taste for its half of the items.
EVENTS = [Event(f"u{n % 4}", (n // 4 * 2 + n % 2) % 12) for n in range(28)]


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(3)
    return build_neumf(2, 3, init_std=0.3, **SIZES)


@pytest.fixture(scope="module")
def run(model, tmp_path_factory):
    """One that ran through, and one that was saved on the way; and their ranks."""
    path = tmp_path_factory.mktemp("one") / "step.npz"

    def made():
        optimizer = keras.optimizers.Adam(0.05)
        return IncrementalRecommender(
            OneStep.of(model, optimizer=optimizer, objective="hinge", num_negatives=3)
        )

    unbroken = made()
    ranks = prequential(unbroken, EVENTS).ranks
    first = made()
    before = prequential(first, EVENTS[:17]).ranks
    save(first, path)
    second = load(path)
    after = prequential(second, EVENTS[17:]).ranks
    return unbroken, second, ranks, np.concatenate([before, after])


def test_it_takes_in_users_and_items_and_goes_on_from_a_file_to_the_bit(run):
    unbroken, second, ranks, in_two_parts = run
    assert unbroken.users == ["u0", "u1", "u2", "u3"]
    assert len(unbroken.items) == 12
    assert (ranks > 0).any()
    assert len(unbroken.recommend("u1", 99)) == 12 - 6  # it had the odd ones
    assert len(unbroken.recommend("someone", 99)) == 12
    np.testing.assert_array_equal(in_two_parts, ranks)
    assert second.learner.objective == "hinge"
    for user in unbroken.users:
        assert second.recommend(user, 99) == unbroken.recommend(user, 99)


def test_an_event_raises_its_item_above_the_others(model):
    made = IncrementalRecommender(OneStep.of(model))
    for item in (7, 8, 9):
        made.partial_fit("other", item)

    def lead():
        scores = dict(made.recommend("ann", 9, exclude_seen=False))
        return scores[8] - (scores[7] + scores[9]) / 2

    made.partial_fit("ann", 8)
    before = lead()
    for _ in range(5):
        made.partial_fit("ann", 8)
    assert lead() > before


@pytest.fixture(scope="module")
def batch():
    return Interactions.from_arrays(["a", "a", "b"], ["x", "y", "z"])


def test_a_batch_goes_on_from_its_model(model, batch):
    made = IncrementalRecommender(OneStep.of(build_neumf(2, 3, **SIZES)))
    made.fit(batch, model)
    expected = model.score_users(np.array([1]))[0]
    found = dict(made.recommend("b", 9, exclude_seen=False))
    assert [found[film] for film in "xyz"] == expected.tolist()
    assert made.log.num_events == 3


def test_a_model_of_another_kind(batch):
    made = IncrementalRecommender(OneStep.of(build_neumf(2, 3, **SIZES)))
    with pytest.raises(ValueError, match=r"neumf of 2 users and 3 items. Received: mf"):
        made.fit(batch, build_mf(2, 3))


def test_someone_with_everything_teaches_nothing(model):
    made = IncrementalRecommender(OneStep.of(model))
    for item in range(3):
        made.partial_fit("ann", item)
    before = {name: part.copy() for name, part in made.learner.state().items()}
    made.partial_fit("ann", 1)
    for name, part in made.learner.state().items():
        np.testing.assert_array_equal(part, before[name])


def test_what_the_user_had_is_no_negative(model):
    """With one item left there is one negative, which alone is pushed down."""
    made = IncrementalRecommender(OneStep.of(model, num_negatives=4))
    for item in range(3):
        made.partial_fit("bob", item)
    for item in (0, 1):
        made.partial_fit("ann", item)
    table = made.learner._model.item_tower.get_layer("gmf_item").embeddings
    before = np.array(table)
    made.partial_fit("ann", 0)
    changed = (np.array(table) != before).any(axis=1)
    assert changed[:3].tolist() == [True, False, True]


def test_an_event_counts_by_its_weight(model):
    steps = {}
    for weight in (0.0, 1.0, 2.0):
        made = IncrementalRecommender(OneStep.of(model))
        for item in (0, 1, 2):
            made.partial_fit("bob", item)
        before = {name: part.copy() for name, part in made.learner.state().items()}
        made.partial_fit("ann", 0, weight=weight)
        after = made.learner.state()
        steps[weight] = max(
            np.abs(after[name] - before[name]).max()
            for name in after
            if after[name].dtype.kind == "f" and after[name].shape
        )
    assert steps[0.0] == 0
    assert steps[2.0] == pytest.approx(2 * steps[1.0], rel=1e-3)


def test_bad_settings(model):
    with pytest.raises(ValueError, match=r"`objective` must be one of bce.*softest"):
        OneStep.of(model, objective="softest")
    with pytest.raises(ValueError, match=r"`num_negatives` must be.*=0"):
        OneStep.of(model, num_negatives=0)
