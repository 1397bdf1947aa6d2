"""An index of items beside the exact ranking, with exclusions, and when it is stale."""

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tfrecs
from tfrecs.inference import item_index
from tfrecs.models import HISTORY_MODELS, MODELS

pytest.importorskip("usearch")

RNG = np.random.default_rng(7)
TRAIN = tfrecs.Interactions.from_matrix(
    RNG.random((8, 300)) < 0.1, items=[f"i{n:03}" for n in range(300)]
)
USERS = TRAIN.users.ids
ITEMS = TRAIN.items.ids


def with_random_weights(model, seed=1):
    rng = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        weight.assign(rng.normal(size=weight.shape))
    return model


def build(name="mf"):
    return with_random_weights(MODELS[name](8, 300, embedding_dim=6))


@pytest.fixture(scope="module")
def model():
    return build()


@pytest.fixture
def graph_alone(monkeypatch):
    """No items are scored one by one while the graph has candidates."""
    monkeypatch.setattr(item_index, "ITEMS_PER_CANDIDATE", 0)


def pair(model, expansion, train=TRAIN):
    """A recommender without an index, and one with it."""
    exact = tfrecs.Recommender(model, train)
    index = exact.index(expansion=expansion, threads=1)
    return exact, tfrecs.Recommender(model, train, index=index)


def check_same(found, expected):
    pd.testing.assert_frame_equal(found, expected, rtol=1e-4, atol=1e-5)


# Equal to the exact way


@pytest.mark.parametrize("ratio", [0, 128])
@pytest.mark.parametrize("name", ["mf", "gmf", "cosine"])
def test_all_candidates_give_the_exact_answers(ratio, name, monkeypatch):
    monkeypatch.setattr(item_index, "ITEMS_PER_CANDIDATE", ratio)
    exact, indexed = pair(build(name), expansion=299)
    for options in ({}, {"exclude_seen": False}, {"deny": ITEMS[::3]}):
        found = indexed.recommend(USERS, k=12, **options)
        check_same(found, exact.recommend(USERS, k=12, **options))
    assert indexed.item_index.recall == 1


def test_of_equal_scores_lower_items_come_first(graph_alone):
    model = build()
    for weight in model.item_tower.weights:
        rows = weight.numpy()
        rows[200:] = rows[100:200]  # each vector is there twice
        weight.assign(rows)
    exact, indexed = pair(model, expansion=299)
    found = indexed.recommend(USERS, k=20, exclude_seen=False)
    check_same(found, exact.recommend(USERS, k=20, exclude_seen=False))
    twins = found[found.duplicated(["user", "score"], keep=False)]
    assert len(twins) > 20


def test_histories_and_new_users_are_answered_by_the_index_too(graph_alone):
    name = next(iter(HISTORY_MODELS))
    model = HISTORY_MODELS[name](300, embedding_dim=6, max_length=4)
    exact, indexed = pair(with_random_weights(model), expansion=299)
    check_same(indexed.recommend(USERS, k=5), exact.recommend(USERS, k=5))
    given = [[*ITEMS[:3]], [ITEMS[9]]]
    found = indexed.recommend_for_history(given, k=5)
    check_same(found, exact.recommend_for_history(given, k=5))
    features = RNG.normal(size=(8, 3))
    hybrid = tfrecs.build_hybrid(8, 300, user_features=features)
    exact, indexed = pair(with_random_weights(hybrid), expansion=299)
    found = indexed.recommend_for_new_users(features[:2], k=5, deny=ITEMS[:9])
    expected = exact.recommend_for_new_users(features[:2], k=5, deny=ITEMS[:9])
    check_same(found, expected)


def test_unknown_users_get_what_is_popular(model, graph_alone):
    exact, indexed = pair(model, expansion=299)
    deny = {-7: ITEMS[:50], USERS[0]: ITEMS[50:]}
    options = {"k": 6, "unknown": "popular", "deny": deny}
    asked = [USERS[2], -7, USERS[0], -8]
    check_same(indexed.recommend(asked, **options), exact.recommend(asked, **options))


# Exclusions


@pytest.fixture(scope="module")
def small_index(model):
    return pair(model, expansion=4)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_as_many_as_remain_are_found_and_none_that_is_excluded(
    small_index, graph_alone, data
):
    subsets = st.builds(
        lambda seed, size: np.random.default_rng(seed).permutation(ITEMS)[:size],
        st.integers(0, 99),
        st.sampled_from([0, 1, 30, 200, 290, 299]),
    )
    by_user = st.dictionaries(st.sampled_from(USERS.tolist()), subsets, min_size=1)
    choice = st.one_of(subsets, by_user)
    limits = {
        "exclude_seen": data.draw(st.booleans()),
        "allow": data.draw(st.one_of(st.none(), choice)),
        "deny": data.draw(st.one_of(st.none(), choice)),
    }
    k = data.draw(st.integers(1, 40))
    exact, indexed = small_index
    found = indexed.recommend(USERS, k=k, **limits)
    expected = exact.recommend(USERS, k=k, **limits)
    # As many for each user, with the scores that the model has, best first.
    assert found["user"].tolist() == expected["user"].tolist()
    assert found["rank"].tolist() == expected["rank"].tolist()
    possible = exact.recommend(USERS, k=300, **limits)
    both = found.merge(possible, on=["user", "item"], suffixes=("", "_of_model"))
    assert len(both) == len(found)
    np.testing.assert_allclose(
        both["score"], both["score_of_model"], rtol=1e-4, atol=1e-5
    )
    assert not found.duplicated(["user", "item"]).any()
    falls = found.groupby("user")["score"].diff().fillna(0) <= 0
    assert falls.all()


def test_the_graph_is_asked_for_more_until_k_remain(model, graph_alone, monkeypatch):
    exact, indexed = pair(model, expansion=4)
    best = exact.recommend(USERS[:1], k=20, exclude_seen=False)["item"]
    counts = []
    of_index = item_index.ItemIndex._candidates

    def counted(index, queries, count):
        counts.append(count)
        return of_index(index, queries, count)

    monkeypatch.setattr(item_index.ItemIndex, "_candidates", counted)
    found = indexed.recommend(USERS[:1], k=5, exclude_seen=False, deny=best)
    assert len(found) == 5 and not {*found["item"]} & {*best}
    assert counts == [5, 10, 20, 40]


@pytest.mark.parametrize(("num_allowed", "is_asked"), [(20, False), (21, True)])
def test_few_allowed_items_are_scored_one_by_one(
    model, num_allowed, is_asked, monkeypatch
):
    monkeypatch.setattr(item_index, "ITEMS_PER_CANDIDATE", 5)
    exact, indexed = pair(model, expansion=4)
    asked = []
    of_index = item_index.ItemIndex._candidates

    def counted(index, queries, count):
        asked.append(len(queries))
        return of_index(index, queries, count)

    monkeypatch.setattr(item_index.ItemIndex, "_candidates", counted)
    options = {"k": 4, "allow": ITEMS[:num_allowed], "exclude_seen": False}
    found = indexed.recommend(USERS[:1], **options)
    assert (sum(asked) > 0) == is_asked
    check_same(found, exact.recommend(USERS[:1], **options))


# The recall


def test_the_recall_is_measured_logged_and_shown(graph_alone, caplog, monkeypatch):
    model = build()
    recommender = tfrecs.Recommender(model, TRAIN)
    best = recommender.recommend(USERS, k=10)
    of_index = item_index.ItemIndex._candidates
    # A graph that does not have the best item of anyone: 9 of 10 are found.
    first = TRAIN.items.known(best.loc[best["rank"] == 1, "item"])

    def without_the_best(index, queries, count):
        found = of_index(index, queries, count)
        return [x[~np.isin(x, first)] for x in found]

    monkeypatch.setattr(item_index.ItemIndex, "_candidates", without_the_best)
    with caplog.at_level(logging.INFO, "tfrecs"):
        index = recommender.index(expansion=299, threads=1)
    taken_out = np.isin(TRAIN.items.known(best["item"]), first).mean()
    assert index.recall == pytest.approx(1 - taken_out)
    assert taken_out >= 0.1
    text = (
        f"<ItemIndex: 300 items, expansion 299, recall@10 {1 - taken_out:.3f} against"
    )
    assert repr(index).startswith(text)
    [record] = caplog.records
    assert record.levelname == "WARNING" and text in record.message
    assert ", of 8 users; made in" in record.message
    monkeypatch.undo()
    with caplog.at_level(logging.INFO, "tfrecs"):
        recommender.index(expansion=299, threads=1)
    assert caplog.records[-1].levelname == "INFO"


def test_one_thread_makes_the_same_graph_each_time(model, graph_alone):
    answers = [
        pair(model, expansion=3)[1].recommend(USERS, k=3, exclude_seen=False)
        for _ in range(2)
    ]
    check_same(*answers)


# Refusals


def test_changed_item_weights_make_it_stale_and_changed_users_do_not(graph_alone):
    model = build()
    exact, indexed = pair(model, expansion=299)
    users = model.user_tower.trainable_variables[0]
    users.assign(-users.numpy())
    check_same(indexed.recommend(USERS, k=5), exact.recommend(USERS, k=5))
    items = model.item_tower.trainable_variables[0]
    items.assign(items + 1.0)
    with pytest.raises(RuntimeError, match=r"weights have changed.*recommender.index"):
        indexed.recommend(USERS, k=5)
    indexed.item_index = indexed.index(expansion=299)
    check_same(indexed.recommend(USERS, k=5), exact.recommend(USERS, k=5))


@pytest.mark.parametrize("name", ["neumf", "mlp"])
def test_models_without_inner_products_are_refused(name):
    model = MODELS[name](8, 300)
    with pytest.raises(TypeError, match=f"inner products.* Received: {name}"):
        tfrecs.Recommender(model, TRAIN).index()


def test_models_without_towers_or_with_a_range_are_refused():
    with pytest.raises(TypeError, match="two towers"):
        tfrecs.Recommender(np.zeros((8, 300)), TRAIN).index()
    stars = MODELS["mf"](8, 300, y_range=(1, 5))
    with pytest.raises(TypeError, match=r"`y_range`. Received: mf"):
        tfrecs.Recommender(stars, TRAIN).index()


def test_an_index_of_another_model_and_bad_numbers_are_refused(model):
    other = build()
    index = tfrecs.Recommender(other, TRAIN).index()
    recommender = tfrecs.Recommender(model, TRAIN, index=index)
    with pytest.raises(ValueError, match=r"this recommender's model. Received.* mf"):
        recommender.recommend(USERS)
    recommender = tfrecs.Recommender(other, TRAIN, index=index)
    with pytest.raises(ValueError, match=r"at most 300.*k=301"):
        recommender.recommend(USERS, k=301)
    with pytest.raises(ValueError, match="expansion=0"):
        recommender.index(expansion=0)
    with pytest.raises(ValueError, match="threads=-1"):
        recommender.index(threads=-1)


def test_without_usearch_it_says_what_to_install(model, monkeypatch):
    monkeypatch.setattr(item_index, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'tfrecs\[ann\]'"):
        tfrecs.Recommender(model, TRAIN).index()


def test_places_without_an_item_are_not_found_ones(model):
    """A user who has seen all items but 3, of which both ways recommend all."""
    seen = TRAIN.matrix.toarray() > 0
    seen[0] = np.arange(300) >= 3
    train = tfrecs.Interactions.from_matrix(seen, items=ITEMS)
    made = tfrecs.Recommender(model, train).index(expansion=300)
    assert made.recall == 1
