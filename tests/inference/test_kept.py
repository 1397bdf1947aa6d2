"""Item vectors that a Recommender keeps, and drops when weights change."""

import keras
import numpy as np
import pandas as pd
import pytest

import tfrecs
from tfrecs.inference import kept, tower_ranking
from tfrecs.inference.similarity import MEASURES
from tfrecs.models import MODELS

RNG = np.random.default_rng(3)
TRAIN = tfrecs.Interactions.from_matrix(RNG.random((12, 20)) < 0.3)
USERS = TRAIN.users.ids[:5]


def build(name="mf"):
    keras.utils.set_random_seed(2)
    model = MODELS[name](TRAIN.num_users, TRAIN.num_items)
    for table in model.item_tower.weights:
        if len(table.shape) > 1:
            rows = RNG.normal(size=table.shape)
            rows[7] = rows[4]  # a tie for every user
            table.assign(rows)
    return model


def ask(recommender):
    """One answer of each method that uses item vectors."""
    return (
        recommender.recommend(USERS, k=6),
        recommender.score(USERS, [4, 7, 0, 1, 19]),
        *(recommender.similar_items([0, 4], k=4, measure=name) for name in MEASURES),
    )


def check_same(found, expected):
    for one, two in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize("name", ["mf", "neumf"])
def test_item_vectors_are_computed_once_for_the_same_answers(name, monkeypatch):
    model = build(name)
    expected = ask(tfrecs.Recommender(model, TRAIN))
    recommender = tfrecs.Recommender(model, TRAIN)
    check_same(ask(recommender), expected)
    found = recommender.score([0, 0], [4, 7])
    assert found["score"].nunique() == 1
    monkeypatch.setattr(type(model), "item_output", None)  # not called again
    monkeypatch.setattr(tower_ranking, "two_sides", None)
    check_same(ask(recommender), expected)


def assign_one_number(model):
    table = model.get_layer("item_tower").get_layer("item_factors").weights[0]
    rows = table.numpy()
    rows[19, 0] += 9
    table.assign(rows)


CHANGES = {
    "fit": lambda model: tfrecs.fit(model, TRAIN, epochs=1, seed=0),
    "a bias": lambda model: (
        model.get_layer("item_tower")
        .get_layer("item_bias")
        .weights[0]
        .assign(RNG.normal(size=(20, 1)))
    ),
    "one number": assign_one_number,
    "all weights": lambda model: model.set_weights(
        [w + 0.5 * RNG.normal(size=w.shape) for w in model.get_weights()]
    ),
}


@pytest.mark.parametrize("most", [2, 2**17])
@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_of_weights_they_are_computed_again(change, most, monkeypatch):
    monkeypatch.setattr(kept, "READ_WHOLE", most)  # tables are large or small
    model = build()
    recommender = tfrecs.Recommender(model, TRAIN)
    before = ask(recommender)
    CHANGES[change](model)
    after = ask(recommender)
    check_same(after, ask(tfrecs.Recommender(model, TRAIN)))
    assert not after[1].equals(before[1])


@pytest.mark.tensorflow
def test_rows_that_are_updated_in_place_are_seen_each_time(monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(kept, "READ_WHOLE", 2)
    model = build()
    recommender = tfrecs.Recommender(model, TRAIN)
    table = model.get_layer("item_tower").get_layer("item_factors").weights[0]
    for number in (2.0, 3.0, 4.0):
        before = ask(recommender)
        rows = tf.fill((2, table.shape[1]), number)
        table.value.scatter_update(tf.IndexedSlices(rows, tf.constant([3, 19])))
        after = ask(recommender)
        check_same(after, ask(tfrecs.Recommender(model, TRAIN)))
        assert not after[1].equals(before[1])


def test_a_view_of_towers_is_watched_too():
    model = build()
    recommender = tfrecs.Recommender(model.over_catalogue(), TRAIN)
    recommender.recommend(USERS)
    assign_one_number(model)
    expected = tfrecs.Recommender(model, TRAIN).recommend(USERS)
    check_same([recommender.recommend(USERS)], [expected])


def test_other_models_are_asked_each_time():
    scores = RNG.normal(size=(12, 20))
    recommender = tfrecs.Recommender(scores, TRAIN)
    before = recommender.score([0], [0])["score"][0]
    scores[0, 0] += 1
    assert recommender.score([0], [0])["score"][0] == before + 1
