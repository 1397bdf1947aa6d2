"""Embedding: its rows, its penalty by hand, and what a look-up leaves alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfrecs.models.layers.embedding as module
from tfrecs.models.layers import Embedding

TABLE = np.array([[1.0, -2.0], [0.5, 3.0], [0.0, 0.25], [9.0, 9.0], [-4.0, 1.0]])
IDS = np.array([[4, 1, 1], [0, 1, 2]], dtype=np.int32)  # row 1 three times, 3 never


def embedding(**options):
    layer = Embedding(5, 2, **options)
    layer.build(())
    layer.embeddings.assign(TABLE)
    return layer


@pytest.mark.parametrize("ids", [IDS, IDS[0], IDS[:, :1], np.int32(4)])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_look_up_gives_rows_of_the_table(ids, jit_compile):
    call = tf.function(embedding(), jit_compile=jit_compile)
    np.testing.assert_array_equal(call(tf.constant(ids)), TABLE[ids])


def test_ids_may_be_of_other_integers():
    for kind in (np.int64, np.uint8, np.float32):
        np.testing.assert_array_equal(embedding()(IDS.astype(kind)), TABLE[IDS])


def test_it_is_an_embedding_of_keras():
    layer = embedding()
    assert isinstance(layer, keras.layers.Embedding)
    stock = keras.layers.Embedding(5, 2, weights=[TABLE])
    np.testing.assert_array_equal(layer(IDS), stock(IDS))
    assert layer.path == layer.name
    assert layer.embeddings.path.endswith("/embeddings")


# The penalty


def test_the_penalty_by_hand():
    layer = embedding(l2=0.1)
    layer(IDS)
    squares = {4: 16 + 1, 1: 0.25 + 9, 0: 1 + 4, 2: 0.0625}
    first, second = squares[4] + 2 * squares[1], squares[0] + squares[1] + squares[2]
    [penalty] = layer.losses
    assert float(penalty) == pytest.approx(0.1 * (first + second) / 2)


def test_the_penalty_does_not_depend_on_how_often_a_batch_is_repeated():
    once, twice = embedding(l2=0.1), embedding(l2=0.1)
    once(IDS), twice(np.concatenate([IDS, IDS]))
    assert float(once.losses[0]) == pytest.approx(float(twice.losses[0]))


def test_without_a_penalty_nothing_is_added():
    layer = embedding()
    layer(IDS)
    assert layer.losses == []


@pytest.mark.parametrize(
    "of",
    [
        lambda rows, penalties: penalties[0],
        lambda rows, penalties: tf.reduce_sum(rows),
        lambda rows, penalties: tf.reduce_sum(rows) + penalties[0],
    ],
    ids=["penalty", "rows", "both"],
)
def test_gradients_are_of_the_rows_looked_up(of):
    with tf.GradientTape() as tape:
        layer = embedding(l2=0.1)
        value = of(layer(tf.constant(IDS)), layer.losses)
    gradient = tape.gradient(value, layer.embeddings.value)
    assert isinstance(gradient, tf.IndexedSlices)
    assert set(gradient.indices.numpy()) == {0, 1, 2, 4}


def nothing(labels, scores):
    return 0.0 * scores


def test_training_counts_the_penalty(tmp_path):
    """SGD with no other loss shrinks the rows of the batch, and no others."""
    ids = keras.Input((3,), dtype="int32")
    layer = embedding(l2=0.5)
    model = keras.Model(ids, keras.ops.sum(layer(ids), axis=-1))
    model.compile(keras.optimizers.SGD(0.2), nothing)
    logged = model.train_on_batch(IDS, np.zeros((2, 3)))
    assert logged == pytest.approx(0.5 * (17 + 2 * 9.25 + 5 + 9.25 + 0.0625) / 2)
    times = np.array([1, 3, 1, 0, 1])
    expected = TABLE * (1 - 0.2 * 0.5 * times[:, None])
    np.testing.assert_allclose(layer.embeddings.numpy(), expected, rtol=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_array_equal(again(IDS), model(IDS))
    assert again.layers[1].l2 == 0.5
    assert type(again.layers[1]) is Embedding


# Under Keras


def test_the_configuration_makes_the_same_layer():
    options = {"l2": 0.3, "mask_zero": True, "trainable": False, "name": "mine"}
    named = {"embeddings_initializer": "ones", "embeddings_constraint": "non_neg"}
    layer = Embedding(5, 2, **options, **named)
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert type(again) is Embedding
    assert again.get_config() == layer.get_config()
    assert (again.input_dim, again.output_dim) == (5, 2)
    assert {name: getattr(again, name) for name in options} == options
    assert isinstance(again.embeddings_initializer, keras.initializers.Ones)
    assert isinstance(again.embeddings_constraint, keras.constraints.NonNeg)


def test_mixed_precision_gives_float16_rows_of_a_float32_table():
    layer = embedding(l2=0.1, dtype="mixed_float16")
    rows = layer(IDS)
    assert rows.dtype == "float16"
    assert layer.embeddings.dtype == "float32"
    np.testing.assert_array_equal(rows, TABLE[IDS])
    assert layer.losses[0].dtype == "float32"  # 400^2 is too much for float16
    layer.embeddings.assign(np.full((5, 2), 400.0))
    layer(IDS)
    assert float(layer.losses[-1]) == pytest.approx(0.1 * 3 * 2 * 400**2)


def test_a_negative_penalty_is_refused():
    with pytest.raises(ValueError, match=r"`l2` must be at least 0.*l2=-1e-06"):
        Embedding(5, 2, l2=-1e-6)


def test_a_regularizer_of_the_whole_table_is_refused():
    with pytest.raises(
        ValueError, match=r"visits every row.*Received: 'l2'\. Use `l2`"
    ):
        Embedding(5, 2, embeddings_regularizer="l2")


# A large table is initialized in blocks


def table_in_blocks(initializer, monkeypatch, rows=1000):
    monkeypatch.setattr(module, "WHOLE", 4 * 64)  # blocks of 64 rows
    layer = Embedding(rows, 4, embeddings_initializer=initializer)
    layer.build()
    return np.array(layer.embeddings)


def test_blocks_are_drawn_from_the_same_distribution_and_differ(monkeypatch):
    normal = keras.initializers.RandomNormal(mean=2.0, stddev=0.5, seed=7)
    table = table_in_blocks(normal, monkeypatch)
    assert table.mean() == pytest.approx(2, abs=4 * 0.5 / np.sqrt(4000))
    assert table.std() == pytest.approx(0.5, rel=0.05)
    assert len(np.unique(table, axis=0)) == 1000
    again = table_in_blocks(keras.initializers.RandomNormal(2.0, 0.5, 7), monkeypatch)
    assert np.array_equal(table, again)


def test_initializers_that_see_the_shape_are_left_whole(monkeypatch):
    glorot = keras.initializers.GlorotUniform(seed=1)
    table = table_in_blocks(glorot, monkeypatch)
    np.testing.assert_array_equal(table, np.array(glorot((1000, 4))))


def test_the_configuration_keeps_the_initializer_of_a_large_table(monkeypatch):
    monkeypatch.setattr(module, "WHOLE", 16)
    layer = Embedding(10, 4, embeddings_initializer="random_normal")
    layer.build()
    config = layer.get_config()["embeddings_initializer"]
    assert config["class_name"] == "RandomNormal"
