"""The category of an id: looked up, held in the file, and not trained."""

import keras
import numpy as np

from tfrecs.models.layers import Categories

CATEGORIES = np.array([2, 0, 5, 5, 1])
IDS = np.array([[4, 0, 2], [1, 3, 3]], dtype=np.int32)


def test_gives_the_category_of_each_id():
    found = Categories.over(CATEGORIES, name="mine")(IDS)
    assert found.dtype == "int32"
    assert found.numpy().tolist() == [[1, 2, 5], [0, 5, 5]]


def test_travels_inside_the_file_and_does_not_train(tmp_path):
    ids = keras.Input((3,), dtype="int32")
    model = keras.Model(ids, Categories.over(CATEGORIES, name="mine")(ids))
    assert model.trainable_weights == []
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded(IDS).numpy().tolist() == [[1, 2, 5], [0, 5, 5]]
