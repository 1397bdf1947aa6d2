"""Keras's private names that the package depends on: each with its arguments."""

import inspect

import keras
import pytest

MODEL, OPTIMIZER = keras.Model, keras.optimizers.Optimizer


@pytest.mark.parametrize(
    ("owner", "name", "arguments"),
    [
        (MODEL, "_make_function", ["self", "step_function"]),
        (MODEL, "_symbolic_build", ["self", "iterator", "data_batch"]),
        (OPTIMIZER, "_clip_gradients", ["self", "grads"]),
        (OPTIMIZER, "_get_variable_index", ["self", "variable"]),
    ],
)
def test_a_private_method_is_there(owner, name, arguments):
    method = getattr(owner, name, None)
    assert method is not None, f"Keras {keras.__version__} renamed {owner}.{name}"
    assert list(inspect.signature(method).parameters) == arguments


def test_private_attributes_are_there():
    layer, optimizer = keras.layers.Embedding(2, 2), keras.optimizers.SGD()
    layer.build()
    optimizer.build([keras.Variable([1.0])])
    table = layer._embeddings
    for owner, name in (
        (layer, "_embeddings"),
        (table, "_value"),
        (optimizer, "_trainable_variables"),
    ):
        assert hasattr(owner, name), f"Keras {keras.__version__} renamed {name}"
