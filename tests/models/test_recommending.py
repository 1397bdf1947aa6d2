"""Every model recommends on raw ids, and comes back from a bundle to the bit."""

import numpy as np
import pandas as pd
import pytest

import tfrecs
from tfrecs import Interactions, Recommender
from tfrecs.models import MODELS

RNG = np.random.default_rng(2)
TRAIN = Interactions.from_matrix(
    RNG.random((7, 9)) < 0.3,
    users=list("abcdefg"),
    items=[("film", number) for number in range(9)],
)


@pytest.fixture(scope="module", params=MODELS)
def recommender(request, build, randomize):
    return Recommender(randomize(build(request.param), scale=0.4), TRAIN)


def answers(recommender):
    """What a recommender says to everything that any model can be asked."""
    users, items = TRAIN.users.ids, TRAIN.items.ids
    return [
        recommender.recommend(users, k=9),
        recommender.score(users, items[:7]),
        recommender.similar_items(items, k=3),
        recommender.similar_users(users, k=3),
        recommender.recommend_for_history(items[[2, 5]], k=4),
    ]


def test_a_bundle_answers_as_what_was_saved_to_the_bit(recommender, tmp_path):
    recommender.save(tmp_path / "bundle")
    (tmp_path / "bundle").rename(tmp_path / "moved")
    loaded = tfrecs.load(tmp_path / "moved")
    assert repr(loaded) == repr(recommender)
    for found, expected in zip(answers(loaded), answers(recommender), strict=True):
        pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_scores_are_the_models(recommender):
    table = recommender.recommend(["c", "a"], k=9, exclude_seen=False)
    rows = np.array([2, 0])
    scores = recommender.model.score_users(rows)
    assert len(table) == 18
    for place, user in enumerate("ca"):
        found = table[table["user"] == user]
        expected = pd.Series(scores[place], pd.Index(TRAIN.items.ids, tupleize_cols=0))
        assert found["score"].is_monotonic_decreasing
        np.testing.assert_array_equal(found["score"], expected[found["item"].tolist()])
    pairs = recommender.score(table["user"], table["item"])
    np.testing.assert_allclose(pairs["score"], table["score"], atol=1e-6)


def test_vectors_are_exact_where_there_is_no_hidden_part(recommender, tmp_path):
    model = recommender.model
    numbered = Recommender(model, Interactions.from_matrix(TRAIN.matrix))
    path = tmp_path / "vectors.npz"
    if "hidden" in model.item_parts():
        with pytest.raises(
            ValueError, match=r"must have no hidden part.*Received: my_"
        ):
            numbered.export_vectors(path)
        assert not path.exists()
        return
    numbered.export_vectors(path)
    with np.load(path, allow_pickle=False) as held:
        found = held["user_vectors"] @ held["item_vectors"].T
        assert held["user_ids"].tolist() == list(range(7))
        assert held["item_ids"].tolist() == list(range(9))
    expected = model.score_users(np.arange(7, dtype=np.int32))
    np.testing.assert_allclose(found, expected, atol=1e-5)
