"""Tables of embeddings and of biases."""

import keras
import numpy as np
import pytest

from tfrecs.models.layers import Dropout
from tfrecs.models.towers import Ids, embed, embed_bias, id_inputs


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_embed_gives_rows_of_a_table(dropout):
    _, ids = id_inputs(7, 50)
    rows = embed(ids, 40, std=0.2, dropout=dropout, name="my_table")
    model = keras.Model(ids.ids, rows)
    layers = {layer.name: layer for layer in model.layers}
    table = layers["my_table"].embeddings.numpy()
    assert table.shape == (50, 40)
    assert table.std() == pytest.approx(0.2, rel=0.05)
    some = np.array([[49, 0], [3, 3]])
    np.testing.assert_array_equal(model(some), table[some])
    assert ("my_table_dropout" in layers) == (dropout > 0)
    if dropout:
        assert isinstance(layers["my_table_dropout"], Dropout)
        assert layers["my_table_dropout"].rate == dropout


def test_embed_bias_gives_one_number_for_each_id():
    ids = Ids("my", 5, keras.Input((None,), dtype="int32"))
    model = keras.Model(ids.ids, embed_bias(ids))
    some = np.array([[4, 0, 1], [3, 3, 2]])
    np.testing.assert_array_equal(model(some), np.zeros((2, 3)))
    model.get_layer("my_bias").embeddings.assign(np.arange(5.0)[:, None])
    np.testing.assert_array_equal(model(some), some)
