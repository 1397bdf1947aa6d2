"""Answers in blocks: those of all rows at once, and none of no rows."""

import numpy as np
import pytest
import tensorflow as tf

import tfrecs
from tfrecs.inference.saved_model.blocks import in_blocks

pytestmark = pytest.mark.tensorflow

TYPES = {"sum": tf.float32, "name": tf.string}


def sums(given):
    names, numbers = given
    return {"sum": tf.reduce_sum(numbers, axis=1), "name": names}


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
def test_blocks_of_several_arrays_are_joined(count):
    names, numbers = ["a", "b", "c", "d", "e", "f", "g"], np.arange(14.0).reshape(7, 2)
    given = tf.constant(names)[:count], tf.constant(numbers, tf.float32)[:count]
    found = tf.function(lambda *x: in_blocks(sums, x, 3, TYPES))(*given)
    assert found["sum"].numpy().tolist() == [1, 5, 9, 13, 17, 21, 25][:count]
    assert [name.decode() for name in found["name"].numpy()] == names[:count]


def test_no_queries_have_no_answers(tmp_path):
    users, items = ["ann", "bob", "cy"], ["Alien", "Heat", "Tron"]
    data = tfrecs.Interactions.from_arrays(users, items)
    recommender = tfrecs.Recommender(tfrecs.build_mf(3, 3, embedding_dim=2), data)
    recommender.export(tmp_path / "exported")
    model = tf.saved_model.load(str(tmp_path / "exported"))
    nobody = tf.constant([], tf.string)
    found = model.recommend(user_id=nobody, k=2)
    assert found["item_id"].shape == (0, 2) and found["source"].shape == (0,)
    assert model.similar_items(item_id=nobody, k=1)["item_id"].shape == (0, 1)
    assert model.score(user_id=nobody, item_id=nobody)["score"].shape == (0,)
    of_nothing = model.recommend_for_history(items=nobody, k=2)  # is one history
    assert [x.decode() for x in of_nothing["source"].numpy()] == ["popularity"]
