"""A person's list: candidates, reasons, order, and people without one."""

import numpy as np
import pytest

import tfrecs
from tfrecs.app.models import Model, compared_models
from tfrecs.app.recommendations import (
    Person,
    find_candidates,
    known_person,
    most_like,
    order,
)
from tfrecs.inference.explanations import rests_on


@pytest.fixture(scope="module")
def models(bundles):
    loaded = {name: tfrecs.load(bundles / "run" / name) for name in ("one", "two")}
    return compared_models(loaded)[0]


def places(model, person, k=20, **weights):
    settings = {"popularity_weight": 0.0, "diversity_weight": 0.0, **weights}
    found = find_candidates(model, person, 20)
    return order(found, model.train.item_counts, k, **settings)


def test_without_weights_the_order_is_the_models(models):
    for model in models:
        person = known_person(model.train, "person 2")
        expected = model.recommender.recommend(["person 2"], 5)["item"]
        found = places(model, person, 5)
        assert [place.item for place in found] == expected.tolist()
        assert [place.before for place in found] == [1, 2, 3, 4, 5]


def test_seen_items_are_not_recommended(models):
    for model in models:
        known = known_person(model.train, "person 0")
        for person in (known, Person(None, (3, 0, 7))):
            found = [place.item for place in places(model, person)]
            assert len(found) == 20 - len(person.liked)
            assert not {*found} & {*person.liked}
        [user] = model.train.users.known(["person 0"])
        own = model.train.item_ids[model.train.user_ids == user]
        assert sorted(known.liked) == sorted(own)


def test_reasons_are_the_nearest_liked_items(models):
    model = models[0]
    person = Person(None, (3, 0, 7))
    unit = model.vectors / np.linalg.norm(model.vectors, axis=1, keepdims=True)
    for place in places(model, person):
        near = sorted(person.liked, key=lambda liked: -unit[liked] @ unit[place.item])
        near = [liked for liked in near[:2] if unit[liked] @ unit[place.item] > 0]
        assert [*place.reasons] == near


def test_reasons_of_a_model_of_histories_are_what_its_list_rests_on(models, randomize):
    train = models[0].train
    read = randomize(tfrecs.build_gru(20, embedding_dim=4, units=3, max_length=5))
    model = Model("gru", tfrecs.Recommender(read, train))
    known = known_person(train, "person 2")
    [user] = train.users.known(["person 2"])
    stored = train.sequences[int(user)]
    for person, history in (known, stored), (Person(None, (3, 0, 7)), [3, 0, 7]):
        found = places(model, person)
        items = [place.item for place in found]
        assert len(items) == 20 - len(person.liked)
        reasons, differences = rests_on(read, items, history)
        for place, own, strength in zip(found, reasons, differences, strict=True):
            assert [*place.reasons] == own[strength > 0].tolist()
    assert any(place.reasons for place in found)


def test_the_order_of_picks_is_their_history(models, randomize):
    read = randomize(tfrecs.build_gru(20, embedding_dim=4, units=3, max_length=5))
    model = Model("gru", tfrecs.Recommender(read, models[0].train))
    found = find_candidates(model, Person(None, (3, 0, 7)), 20)
    turned = find_candidates(model, Person(None, (7, 0, 3)), 20)
    assert found.scores.tolist() != turned.scores.tolist()


def test_weights_move_items_and_keep_their_first_ranks(models):
    model = models[-1]
    person = known_person(model.train, "person 1")
    plain = [place.item for place in places(model, person)]
    moved = places(model, person, popularity_weight=3.0)
    assert [place.item for place in moved] != plain
    assert [plain[place.before - 1] for place in moved] == [p.item for p in moved]
    counts = model.train.item_counts
    assert counts[moved[0].item] < counts[plain[0]]
    varied = places(model, person, diversity_weight=0.9)
    assert sorted(place.item for place in varied) == sorted(plain)


def test_picks_are_scored_by_the_model_and_ignored_by_popularity(models):
    first, second = Person(None, (0,)), Person(None, (1,))
    one, *_, popular = models
    assert [p.item for p in places(one, first, 5)] == [
        one.train.items.known([item])[0]
        for item in one.recommender.recommend_for_history([0], 5)["item"]
    ]
    mine, theirs = (
        [place.item for place in places(popular, person) if place.item > 1]
        for person in (first, second)
    )
    assert mine == theirs


def test_a_person_with_all_items_has_an_empty_list(models):
    for model in models:
        assert places(model, Person(None, tuple(range(20)))) == ()


def test_similar_titles_are_those_of_the_recommender(models):
    model = models[0]
    expected = model.recommender.similar_items([4], 6)
    found = most_like(model, 4, 6)
    assert [item for item, _ in found] == expected["item"].tolist()
    np.testing.assert_allclose([v for _, v in found], expected["score"], rtol=1e-5)
    assert len(most_like(models[-1], 4, 99)) == 19


def test_people_without_a_list_are_errors(models, from_pairs):
    with pytest.raises(ValueError, match="one does not know this person"):
        find_candidates(models[0], Person("stranger", ()), 5)
    plain = tfrecs.Recommender(np.eye(2), from_pairs([(0, 0), (1, 1)], 2, 2))
    with pytest.raises(ValueError, match="matrix cannot recommend to unseen users"):
        find_candidates(Model("matrix", plain), Person(None, (0,)), 2)
